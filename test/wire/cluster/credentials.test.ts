import { chmod, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Secret } from '../../../src/base/secret.ts'
import { canariesIn, canary } from '../../support/canary.ts'
import { startProxy } from '../../support/scripted-proxy.ts'
import { startScriptedApi } from '../../support/scripted-api-server.ts'
import { connect, folder, kubeconfig, nodeOf, patient, secretOf, serve, until } from './connecting.ts'

const fresh = () => ({ signal: patient(), fresh: true })

const basic = `Basic ${Buffer.from('ann:pass').toString('base64')}`

describe('a user', () => {
  it.each([
    ['with a token', { token: 'one\n' }, { authorization: 'Bearer one' }],
    ['with a password', { username: 'ann', password: 'pass' }, { authorization: basic }],
    ['of no kind', {}, {}],
    [
      'who stands for another',
      { token: 'one', as: 'bob', 'as-uid': '7', 'as-groups': ['a', 'b'] },
      {
        authorization: 'Bearer one',
        'impersonate-user': 'bob',
        'impersonate-uid': '7',
        'impersonate-group': 'a, b',
      },
    ],
  ])('%s', async (_, user, expected) => {
    const served = await serve()
    const { cluster } = await connect(served, { user, userAgent: 'pullable/1.2.3' })
    await cluster.view.secret('shop', 'x', fresh())
    const { headers } = served.api.log[0] ?? {}
    const always = {
      host: `127.0.0.1:${served.api.port}`,
      connection: 'keep-alive',
      'user-agent': 'pullable/1.2.3',
      accept: 'application/json',
      'accept-encoding': 'identity',
    }
    expect(headers).toEqual({ ...always, ...expected })
  })

  it('tells nobody who he is over plain HTTP', async () => {
    const api = await startScriptedApi()
    onTestFinished(() => api.stop())
    const { cluster } = await connect({ api, ca: '' }, { user: { token: 'one', as: 'bob' } })
    expect(await cluster.view.secret('shop', 'x', fresh())).toEqual({ kind: 'absent' })
    expect(Object.keys(api.log[0]?.headers ?? {})).toEqual(
      expect.not.arrayContaining(['authorization', 'impersonate-user']),
    )
  })

  it('whose token in a file was replaced goes on with the new one', async () => {
    const served = await serve()
    const directory = await folder({ token: 'old\n' })
    served.api.allow(['old'])
    served.api.set('nodes', nodeOf('a'))
    const { cluster, exchanges } = await connect(served, { user: { tokenFile: join(directory, 'token') }, watch: true })
    await until('ready', () => cluster.whyNotReady() === undefined)
    await until('watched', () => served.api.watches('nodes') === 1)
    await writeFile(join(directory, 'token'), 'new\n')
    served.api.allow(['new'])
    expect(await cluster.view.secret('shop', 'x', fresh())).toEqual({ kind: 'absent' })
    const statuses = exchanges.filter(({ resource }) => resource === 'secrets').map(({ status }) => status)
    expect(statuses).toEqual([401, 404])

    // A watch too, and without a new list.
    await writeFile(join(directory, 'token'), 'newest\n')
    served.api.allow(['newest'])
    served.api.endWatches('reset')
    await until('watched again', () => served.api.watches('nodes') === 1)
    expect(exchanges.filter(({ resource, verb }) => resource === 'nodes' && verb === 'list')).toHaveLength(1)
  })

  it('whose token stays refused is not asked for by everybody', async () => {
    const served = await serve()
    const directory = await folder({})
    const log = join(directory, 'log')
    const plugin = await executable(directory, `echo ran >> ${log}; echo '${credential({ token: 'bad' })}'`)
    served.api.allow(['good'])
    const { cluster, told } = await connect(served, { user: exec(plugin) })
    for (let round = 0; round < 3; round += 1) {
      const reads = Array.from({ length: 10 }, (_, n) => cluster.view.secret('shop', `x${n}`, fresh()))
      for (const read of await Promise.all(reads)) expect(read).toEqual({ kind: 'unreadable', detail: 'unreachable' })
    }
    const { readFile } = await import('node:fs/promises')
    expect((await readFile(log, 'utf8')).split('\n').length - 1).toBeLessThanOrEqual(3)
    const line = { level: 'warn', resource: 'secrets', verb: 'get', why: 'it refuses the credentials' }
    expect(told()).toEqual([{ ...line, message: 'the cluster cannot be read' }])
  })

  it('whose token file is gone is told so, and goes on when it is back', async () => {
    const served = await serve()
    const directory = await folder({ token: 'one' })
    const path = join(directory, 'token')
    const { cluster, told } = await connect(served, { user: { tokenFile: path }, limits: { accessMs: 0 } })
    await rm(path)
    expect(await cluster.view.secret('shop', 'x', fresh())).toEqual({ kind: 'unreadable', detail: 'unreachable' })
    await writeFile(path, 'one')
    expect(await cluster.view.secret('shop', 'x', fresh())).toEqual({ kind: 'absent' })
    expect(told()).toMatchObject([{ why: 'the credentials for it cannot be read' }, { level: 'info' }])
  })
})

const credential = (status: object) =>
  JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status })

const exec = (command: string) => ({
  exec: { apiVersion: 'client.authentication.k8s.io/v1', command, args: [], env: [{ name: 'WHO', value: 'ann' }] },
})

async function executable(directory: string, script: string): Promise<string> {
  const path = join(directory, 'plugin')
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return path
}

describe('a plugin', () => {
  it('gives a token, is told what it wants to know, and is asked again when that is refused', async () => {
    const served = await serve()
    const directory = await folder({})
    const plugin = await executable(
      directory,
      `n=$(cat ${directory}/n 2>/dev/null || echo 0); echo $((n+1)) > ${directory}/n
       echo "$WHO $KUBERNETES_EXEC_INFO" > ${directory}/told
       echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"token-'$n'"}}'`,
    )
    const { cluster } = await connect(served, { user: exec(plugin) })
    served.api.allow(['token-0'])
    expect(await cluster.view.secret('shop', 'x', fresh())).toEqual({ kind: 'absent' })
    expect(await cluster.view.secret('shop', 'x', fresh())).toEqual({ kind: 'absent' })
    served.api.allow(['token-1'])
    expect(await cluster.view.secret('shop', 'x', fresh())).toEqual({ kind: 'absent' })
    expect(served.api.lines().map((line) => line.slice(-3))).toEqual(['404', '404', '401', '404'])
    const { readFile } = await import('node:fs/promises')
    const info = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}}'
    expect(await readFile(join(directory, 'told'), 'utf8')).toBe(`ann ${info}\n`)
  })

  it.each([
    ['that fails', `echo ${canary.token} >&2; exit 1`],
    ['that says what is none', `echo ${canary.token}`],
    ['that says nothing of use', 'echo {}'],
    ['that hangs', 'exec sleep 2'],
  ])('%s leaves the cluster unread, and what it said in no log', async (_, script) => {
    const served = await serve()
    const plugin = await executable(await folder({}), script)
    const { cluster, raw } = await connect(served, { user: exec(plugin) })
    const read = await cluster.view.secret('shop', 'x', { signal: AbortSignal.timeout(1_500), fresh: true })
    expect(read).toEqual({ kind: 'unreadable', detail: 'unreachable' })
    expect(served.api.lines()).toEqual([])
    expect(canariesIn(raw.join(''))).toEqual([])
  })
})

describe('in a cluster', () => {
  it('the service account mounted into the pod is used', async () => {
    const served = await serve()
    served.api.allow(['mounted'])
    served.api.set('secrets', secretOf('x'))
    const directory = await folder({ 'ca.crt': served.ca, token: 'mounted' })
    const { cluster } = await connect(served, {
      source: { kind: 'in-cluster', directory },
      env: { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(served.api.port) },
    })
    expect(await cluster.view.secret('shop', 'x', fresh())).toMatchObject({ kind: 'found' })
  })
})

describe('a proxy', () => {
  const named = 'http://ann:pa%20ss@'
  const rows: readonly (readonly [string, (host: string) => string | undefined, boolean, readonly string[]])[] = [
    ['of the kubeconfig is gone through', (host) => `${named}${host}`, false, ['ann:pa ss']],
    ['of the environment, where the kubeconfig names none', () => undefined, true, ['bob:secret']],
    ['of the kubeconfig before that of the environment', (host) => `${named}${host}`, true, ['ann:pa ss']],
    ['is not needed', () => undefined, false, []],
  ]
  it.each(rows)('%s', async (_, inFile, inEnvironment, logins) => {
    const served = await serve()
    const proxy = await startProxy()
    onTestFinished(() => proxy.close())
    const url = inFile(proxy.host)
    const text = kubeconfig(served).replace(
      '"server"',
      url === undefined ? '"server"' : `"proxy-url":"${url}","server"`,
    )
    const directory = await folder({ config: text })
    const authorization = new Secret(`Basic ${Buffer.from('bob:secret').toString('base64')}`)
    const { cluster } = await connect(served, {
      source: { kind: 'kubeconfig', path: join(directory, 'config') },
      ...(inEnvironment && { proxyFor: () => ({ url: new URL(proxy.url), authorization }) }),
    })
    expect(await cluster.view.secret('shop', 'x', fresh())).toEqual({ kind: 'absent' })
    expect(proxy.log).toEqual(logins.map((login) => `CONNECT 127.0.0.1:${served.api.port} as ${login}`))
  })

  it.each([
    [{ answer: 403 }, 'the proxy on the way to it does not let us through'],
    [{ login: 'ann:pass' }, 'the proxy on the way to it does not let us through'],
    [{ answer: 'reset' }, 'the proxy on the way to it breaks off the connection'],
    [{ answer: 'silence' }, 'no answer in time'],
  ] as const)('that fails is named: %j', async (script, why) => {
    const served = await serve()
    const proxy = await startProxy(script)
    onTestFinished(() => proxy.close())
    const { cluster, told } = await connect(served, { proxyFor: () => ({ url: new URL(proxy.url) }) })
    expect(await cluster.view.secret('shop', 'x', fresh())).toEqual({ kind: 'unreadable', detail: 'unreachable' })
    expect(told()).toMatchObject([{ why }])
  })

  it('is nothing to a pod, which is beside the API server', async () => {
    const served = await serve()
    const directory = await folder({ token: 'one', 'ca.crt': served.ca })
    const { cluster } = await connect(served, {
      source: { kind: 'in-cluster', directory },
      env: { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(served.api.port) },
      proxyFor: () => ({ url: new URL('http://127.0.0.1:9') }),
    })
    expect(await cluster.view.secret('shop', 'x', fresh())).toEqual({ kind: 'absent' })
  })
})

describe('a certificate', () => {
  it('of an authority that the kubeconfig does not name is not trusted', async () => {
    const served = await serve()
    const text = kubeconfig(served).replace(/,"certificate-authority-data":"[^"]*"/, '')
    const directory = await folder({ config: text })
    const source = { kind: 'kubeconfig', path: join(directory, 'config') } as const
    const { cluster, told } = await connect(served, { source })
    expect(await cluster.view.secret('shop', 'x', fresh())).toEqual({ kind: 'unreadable', detail: 'unreachable' })
    expect(told()).toMatchObject([{ why: 'its certificate is of an unknown authority' }])
  })

  it('is not looked at where the kubeconfig says so', async () => {
    const served = await serve()
    const text = kubeconfig(served).replace(/"certificate-authority-data":"[^"]*"/, '"insecure-skip-tls-verify":true')
    const directory = await folder({ config: text })
    const { cluster } = await connect(served, { source: { kind: 'kubeconfig', path: join(directory, 'config') } })
    expect(await cluster.view.secret('shop', 'x', fresh())).toEqual({ kind: 'absent' })
  })
})
