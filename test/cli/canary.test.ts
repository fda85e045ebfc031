// Secrets that are planted wherever a secret may come from are found in nothing that the built command writes.
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canariesIn, canary, canaryBasic, canaryConfig } from '../support/canary.ts'
import { serverPair } from '../support/certificates.ts'
import { inFolder, pullable, startServing } from '../support/command.ts'
import { post, reviewOf } from '../support/review.ts'
import { startScriptedRegistry } from '../support/scripted-registry.ts'
import type { Answer, ScriptedRegistry } from '../support/scripted-registry.ts'

describe('the detector', () => {
  const dockerConfig = canaryConfig('registry.example')
  it.each<[string, string, readonly string[]]>([
    ['the password in a log line', `{"level":"info","password":"${canary.password}"}`, ['password']],
    ['the token in a header', `Authorization: Bearer ${canary.token}`, ['token']],
    ['the user in capitals', canary.username.toUpperCase(), ['username']],
    ['Basic', `Basic ${canaryBasic}`, ['username', 'password']],
    ['Basic for URLs, unpadded', Buffer.from(canaryBasic, 'base64').toString('base64url'), ['username', 'password']],
    ['a password alone, in base64', Buffer.from(canary.password).toString('base64'), ['password']],
    ['a form', new URLSearchParams({ password: canary.password }).toString(), ['password']],
    ['a URL', `https://${encodeURIComponent(canary.username)}@host/`, ['username']],
    ['JSON in ASCII', JSON.stringify(canary.password).replace('ü', '\\u00fc'), ['password']],
    ['a whole docker configuration', dockerConfig, ['username', 'password']],
    ['the same in base64', Buffer.from(dockerConfig).toString('base64'), ['username', 'password']],
    ['the same, a character further', Buffer.from(` ${dockerConfig}`).toString('base64'), ['username', 'password']],
    ['the same, two characters further', Buffer.from(`  ${dockerConfig}`).toString('base64'), ['username', 'password']],
    ['nothing of the kind', 'pull secret "regcred", canary-user, Basic Y2FuYXJ5', []],
  ])('sees %s', (_name, text, found) => {
    expect(canariesIn(text)).toEqual(found)
  })
})

let registry: ScriptedRegistry

/** An answer that tells all secrets, in its headers and its body. */
function telling(status: number): Answer {
  const said = `${canary.username} ${canary.token} ${canaryBasic}`
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'x-debug': said,
      'set-cookie': `session=${canary.token}`,
      'www-authenticate': `Basic realm="${said}"`,
      'ratelimit-limit': said,
      'docker-content-digest': canary.token,
    },
    body: { errors: [{ code: said, message: canary.password, detail: said }], token: canary.token },
  }
}

beforeAll(async () => {
  const { token } = canary
  const secretive = `user=${encodeURIComponent(canary.username)}&secret=${token}`
  const repository = (name: string, answer: Answer) => ({ path: `/v2/${name}/*`, answer })
  const challenge = (realm: string): Answer => ({
    status: 401,
    headers: { 'www-authenticate': `Bearer realm="${realm}",service="${token}",scope="${token}",error="${token}"` },
    body: telling(401).body,
  })
  registry = await startScriptedRegistry({
    images: { 'basic/app:v1': {} },
    auth: { kind: 'basic', users: { [canary.username]: canary.password } },
    routes: [
      ...[400, 401, 403, 404, 412, 429, 451, 500, 503].map((status) =>
        repository(`s${String(status)}`, telling(status)),
      ),
      { path: '/v2/bearer/*', authorized: true, answer: { ...telling(403), headers: {} } },
      { path: '/v2/bearer/*', answer: challenge(`$ORIGIN/token?${secretive}`) },
      {
        path: '/v2/lost/*',
        answer: challenge(`http://${encodeURIComponent(canary.username)}:x@169.254.169.254/?${secretive}`),
      },
      { path: '/v2/odd/*', answer: challenge(`/${token}`) },
      { path: '/v2/refusing/*', answer: challenge(`$ORIGIN/refusing?${secretive}`) },
      { path: '/refusing', answer: telling(401) },
      {
        path: '/token',
        answer: { headers: { 'content-type': 'application/json' }, body: { token, access_token: token } },
      },
      repository('away', { status: 307, headers: { location: `$ORIGIN/away?token=${token}` } }),
      { path: '/away', answer: telling(403) },
      repository('down', {
        status: 307,
        headers: { location: `http://${encodeURIComponent(canary.username)}:x@127.0.0.1:1/${token}` },
      }),
      repository('scheme', { status: 307, headers: { location: `ftp://files.example/${token}` } }),
      repository('page', { headers: { 'content-type': 'text/html' }, body: `<p>${token}</p>` }),
      repository('cut', {
        headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
        body: `{"${token}`,
      }),
      repository('reset', { reset: true }),
    ],
  })
})

afterAll(async () => {
  await registry.close()
})

const REPOSITORIES = [
  ...['basic/app', 's400', 's401', 's403', 's404', 's412', 's429', 's451', 's500', 's503'],
  ...['bearer', 'lost', 'odd', 'refusing', 'away', 'down', 'scheme', 'page', 'cut', 'reset'],
]

/** A pod that asks for all of them. */
function podOf(name: string, secrets: readonly string[]): object {
  const containers = REPOSITORIES.map((repository, at) => ({
    name: `c${String(at)}`,
    image: `${registry.host}/${repository}:v1`,
    env: [{ name: 'PASSWORD', value: canary.password }],
  }))
  const imagePullSecrets = secrets.map((each) => ({ name: each }))
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop' },
    spec: { containers, imagePullSecrets },
  }
}

function secret(name: string, content: string, type = 'kubernetes.io/dockerconfigjson'): object {
  const data = { [type.endsWith('json') ? '.dockerconfigjson' : '.dockercfg']: Buffer.from(content).toString('base64') }
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'shop' }, type, data }
}

/** The secrets: one that matches, and several that are wrong in ways that messages speak of. */
function secrets(): readonly object[] {
  const { username, password, token } = canary
  const nearly = {
    [`https://${username}:${password}@${registry.host}`]: { auth: canaryBasic },
    [`${registry.host}1`]: { auth: canaryBasic },
  }
  return [
    secret('good', canaryConfig(registry.host)),
    secret('near', JSON.stringify({ auths: nearly })),
    secret('tokens', JSON.stringify({ auths: { [registry.host]: { identitytoken: token, registrytoken: token } } })),
    secret('ignored', canaryConfig(registry.host), 'Opaque'),
    secret('cut', canaryConfig(registry.host).slice(0, -20)),
    secret('odd', `${password}${token}`),
    secret('not-base64', JSON.stringify({ auths: { [registry.host]: { auth: `${token}:${password}` } } })),
    secret('wrong-type', JSON.stringify({ auths: { [registry.host]: { username: [username], password: { token } } } })),
    secret('old', `{"${username}":"${password}"}`, 'kubernetes.io/dockercfg'),
  ]
}

const SECRETS = ['good', 'near', 'tokens', 'ignored', 'cut', 'odd', 'not-base64', 'wrong-type', 'old']

/** A pod for each secret, and one without. */
function pods(): readonly object[] {
  return [podOf('none', []), podOf('absent', ['absent']), ...SECRETS.map((name) => podOf(`with-${name}`, [name]))]
}

function stream(objects: readonly object[]): string {
  return objects.map((each) => JSON.stringify(each)).join('\n---\n')
}

function silent(ran: { readonly stdout: string; readonly stderr: string }): void {
  expect(canariesIn(ran.stdout)).toEqual([])
  expect(canariesIn(ran.stderr)).toEqual([])
}

describe('check', () => {
  it.each(['text', 'json'])(
    'tells nothing, as %s, of secrets in the input and in what registries say',
    async (format) => {
      const stdin = stream([...secrets(), ...pods()])
      const before = registry.log.length
      const ran = await inFolder((cwd) => pullable(['check', `-o=${format}`, '-'], { cwd, stdin }))
      expect([ran.code, ran.stdout.length > 10_000]).toEqual([1, true])
      silent(ran)
      // They were there to be told.
      const sent = registry.log
        .slice(before)
        .map(({ url, headers, body }) => `${url} ${headers.authorization ?? ''} ${body}`)
      expect(new Set(sent.flatMap(canariesIn))).toEqual(new Set(['username', 'password', 'token']))
    },
  )

  it('tells nothing of the user’s own login, nor of what a helper says', async () => {
    const files = {
      'plain.json': canaryConfig(registry.host),
      'cut.json': canaryConfig(registry.host).slice(0, -9),
      'helped.json': JSON.stringify({ credHelpers: { [registry.host]: 'canary' } }),
      'failing.json': JSON.stringify({
        credHelpers: { [registry.host]: 'failing' },
        auths: { [`${canary.token}@x`]: { auth: 7 } },
      }),
      'docker-credential-canary': `#!/bin/sh\ncat >/dev/null\necho '${JSON.stringify({ Username: canary.username, Secret: canary.password })}'\n`,
      'docker-credential-failing': `#!/bin/sh\necho '${canary.password}'\necho '${canary.token}' >&2\nexit 1\n`,
    }
    await inFolder(async (cwd) => {
      await place(cwd, files)
      for (const name of ['docker-credential-canary', 'docker-credential-failing']) await chmod(join(cwd, name), 0o755)
      const env = { PATH: `${cwd}:${process.env['PATH'] ?? ''}` }
      for (const config of ['plain.json', 'cut.json', 'helped.json', 'failing.json']) {
        const args = ['check', '-o=json', `--docker-config=${join(cwd, config)}`, '-']
        const before = registry.log.length
        const ran = await pullable(args, { cwd, env, stdin: stream([podOf('own', ['absent'])]) })
        expect(ran.code).not.toBe(null)
        silent(ran)
        const used = registry.log.slice(before).some(({ headers }) => headers.authorization === `Basic ${canaryBasic}`)
        expect([config, used]).toEqual([config, config === 'plain.json' || config === 'helped.json'])
      }
    })
  })

  // Each is one that people write: a password that is not quoted, in a place where YAML has other plans for its first characters.
  it.each([
    ['an alias', `password: *${canary.token}`],
    ['a tag', `password: !${canary.token} x`],
    ['a tag handle', `password: !c!${canary.token} x`],
    ['an open quote', `password: "${canary.password}`],
    ['an open flow', `password: {${canary.token}`],
    ['a reserved character', `password: @${canary.token}`],
    ['a backtick', `password: \`${canary.token}`],
    ['a directive', `x: y\n%${canary.token}`],
    ['an escape', `password: "${canary.token}\\q"`],
    ['a merge', `<<: ${canary.token}`],
    ['a key of several lines', `? ${canary.token}\n  x ${canary.token}: y`],
    ['a tab', `password:\n\t- ${canary.token}`],
    ['a block header', `password: |${canary.token}`],
    ['a template', `password: {{ ${canary.token} }}`],
    ['a number', `password: !!int ${canary.token}`],
  ])('tells nothing of broken YAML: %s', async (_name, line) => {
    const stdin = `apiVersion: v1\nkind: Secret\nmetadata: { name: regcred }\nstringData:\n  ${line}\n`
    silent(await inFolder((cwd) => pullable(['check', '-'], { cwd, stdin })))
    silent(
      await inFolder((cwd) => pullable(['check', '-'], { cwd, stdin: `{"stringData": {"${canary.token}": ${line}}` })),
    )
  })
})

async function place(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}

describe('serve', () => {
  it('tells nothing in its log, its metrics and its answers', async () => {
    const pair = await serverPair()
    await inFolder(async (cwd) => {
      await place(cwd, { 'tls.crt': pair.cert, 'tls.key': pair.key, 'view/secrets.json': stream(secrets()) })
      const server = await startServing(['--tls-cert-file=tls.crt', '--tls-private-key-file=tls.key', '--view=view'], {
        cwd,
      })
      const heard: string[] = []
      const headers = { authorization: `Bearer ${canary.token}`, cookie: canaryBasic }
      const say = async (body: string, path = '/validate?timeout=20s'): Promise<void> => {
        heard.push((await post(server.port, pair.ca, body, { path, headers })).text)
      }
      const extra = { 'authentication.kubernetes.io/credential-id': [canary.token] }
      const userInfo = { username: 'someone', groups: [], extra }
      for (const object of [...pods(), ...secrets()]) await say(JSON.stringify(reviewOf(object, { userInfo })))
      expect(heard.filter((each) => each.includes('"allowed":false')).length).toBeGreaterThan(5)
      await say(`{"${canary.token}`, `/validate?token=${canary.token}`)
      await say(JSON.stringify({ kind: canary.token }), `/validate?timeout=${canary.token}`)
      await say(canary.password, `/${canary.token}`)
      for (const path of ['metrics', 'readyz', 'healthz', canary.token])
        heard.push(await (await fetch(`http://127.0.0.1:${String(server.metricsPort)}/${path}`)).text())
      expect(await server.stop()).toBe(0)
      expect(server.log().match(/"message":"reviewed"/g)?.length).toBe(pods().length + secrets().length)
      silent({ stdout: heard.join('\n'), stderr: server.output() })
    })
  }, 60_000)

  it('tells nothing of a key that cannot be read', async () => {
    const { cert } = await serverPair()
    const key = `-----BEGIN PRIVATE KEY-----\n${canaryBasic}\n${canary.token}\n-----END PRIVATE KEY-----\n`
    await inFolder(async (cwd) => {
      await place(cwd, { 'tls.crt': cert, 'tls.key': key })
      const ran = await pullable(['serve', '--tls-cert-file=tls.crt', '--tls-private-key-file=tls.key'], { cwd })
      expect(ran.code).toBe(2)
      silent(ran)
    })
  })
})
