import { join } from 'node:path'
import { stringify } from 'yaml'
import { describe, expect, it } from 'vitest'
import { createLogger } from '../../../src/base/telemetry/index.ts'
import { ClusterError, connectCluster, inCluster } from '../../../src/edges/cluster/index.ts'
import type { ClusterOptions } from '../../../src/edges/cluster/index.ts'
import { canariesIn, canary } from '../../support/canary.ts'
import { folder, patient, serve } from './connecting.ts'

const log = createLogger({ level: 'silent' })

async function tryOut(source: ClusterOptions['source'], env: ClusterOptions['env'] = {}): Promise<unknown> {
  try {
    await (await connectCluster({ source, env, watch: false, log })).close()
    return 'connected'
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error
    const { code, field, message } = error
    return { code, field, message }
  }
}

interface Parts {
  readonly cluster?: object
  readonly user?: object
  readonly context?: object
  readonly rest?: object
}

function file({ cluster = {}, user = {}, context = {}, rest = {} }: Parts): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'one',
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'one', context: { cluster: 'c', user: 'u', ...context } }],
    ...rest,
  })
}

const UNREADABLE = { code: 'KUBECONFIG_UNREADABLE', field: 'kubeconfig' }
const INVALID = { code: 'KUBECONFIG_INVALID', field: 'kubeconfig' }
const UNKNOWN = { code: 'CONTEXT_UNKNOWN', field: 'context' }

/** `DIR` stands for the folder of the file. */
const rows: readonly [string, string, object | 'connected', string?][] = [
  ['whole, with nobody at the other end', file({}), 'connected'],
  [
    'with null for what is empty',
    file({ cluster: { 'proxy-url': null }, user: { token: null }, rest: { users: [{ name: 'u', user: null }] } }),
    'connected',
  ],
  [
    'with what nobody knows',
    file({ cluster: { extensions: [1] }, rest: { preferences: {}, extensions: [] } }),
    'connected',
  ],
  ['empty', '', { ...UNKNOWN, message: 'DIR/config has no current context; it has none' }],
  ['no YAML', `a: b: [${canary.password}`, { ...INVALID, message: 'DIR/config is not valid YAML' }],
  ['a list', '[]', { ...INVALID, message: 'DIR/config is no kubeconfig' }],
  ['a text', 'hello', { ...INVALID, message: 'DIR/config is no kubeconfig' }],
  [
    'of odd types',
    file({ rest: { clusters: 'none' } }),
    { ...INVALID, message: 'DIR/config is no kubeconfig: clusters is missing or wrong' },
  ],
  [
    'without a server',
    file({ rest: { clusters: [{ name: 'c', cluster: {} }] } }),
    { ...INVALID, message: 'DIR/config is no kubeconfig: clusters.0.cluster.server is missing or wrong' },
  ],
  [
    'with a server that is none',
    file({ cluster: { server: 'ftp://x' } }),
    { ...INVALID, message: "DIR/config: the cluster's server is no HTTP URL" },
  ],
  [
    'with a password in the URL',
    file({ cluster: { server: 'https://a:b@x' } }),
    { ...INVALID, message: "DIR/config: the cluster's server is no HTTP URL" },
  ],
  [
    'with a proxy that is none',
    file({ cluster: { 'proxy-url': 'socks4://x' } }),
    { ...INVALID, message: "DIR/config: the cluster's proxy-url is no URL of HTTP, HTTPS or SOCKS 5" },
  ],
  [
    'without a context',
    file({ rest: { 'current-context': '' } }),
    { ...UNKNOWN, message: 'DIR/config has no current context; it has "one"' },
  ],
  [
    'with a context of another name',
    file({}),
    { ...UNKNOWN, message: 'no context "two" in DIR/config; it has "one"' },
    'two',
  ],
  [
    'with a context that is a trap',
    file({}),
    { ...UNKNOWN, message: 'no context "__proto__" in DIR/config; it has "one"' },
    '__proto__',
  ],
  [
    'with a context that has control characters',
    file({}),
    { ...UNKNOWN, message: 'no context "a b" in DIR/config; it has "one"' },
    'a\u001b\nb',
  ],
  [
    'without its cluster',
    file({ context: { cluster: 'd' } }),
    { ...INVALID, message: 'context "one" of DIR/config names the cluster "d", which is not there' },
  ],
  [
    'without its user',
    file({ context: { user: 'v' } }),
    { ...INVALID, message: 'context "one" of DIR/config names the user "v", which is not there' },
  ],
  [
    'with a CA that is not there',
    file({ cluster: { 'certificate-authority': 'ca.pem' } }),
    { ...UNREADABLE, message: 'cannot read DIR/ca.pem: no such file or directory' },
  ],
  [
    'with a token that is not there',
    file({ user: { tokenFile: '/none' } }),
    { ...UNREADABLE, message: 'cannot read /none: no such file or directory' },
  ],
  [
    'with a CA that is none',
    file({ cluster: { 'certificate-authority': 'config' } }),
    { ...INVALID, message: 'the certificates or the key for the cluster are no PEM, or do not match' },
  ],
  [
    'with a key that is none',
    file({ user: { 'client-certificate-data': 'eA==', 'client-key-data': 'eA==' } }),
    { ...INVALID, message: 'the certificates or the key for the cluster are no PEM, or do not match' },
  ],
  ['too large', `# ${'x'.repeat(5 * 1024 * 1024)}`, { ...INVALID, message: 'DIR/config is larger than 4 MiB' }],
]

describe('a kubeconfig', () => {
  it.each(rows)('%s', async (_, text, expected, context) => {
    const directory = await folder({ config: text })
    const outcome = await tryOut({ kind: 'kubeconfig', path: join(directory, 'config'), context })
    expect(canariesIn(JSON.stringify(outcome))).toEqual([])
    expect(JSON.parse(JSON.stringify(outcome).replaceAll(directory, 'DIR'))).toEqual(expected)
  })

  it.each([
    ['is not there', {}, { ...UNREADABLE, message: 'cannot read DIR/config: no such file or directory' }],
    ['is a directory', { 'config/x': '' }, { ...UNREADABLE, message: 'cannot read DIR/config: it is a directory' }],
  ])('that %s', async (_, files, expected) => {
    const directory = await folder({})
    if ('config/x' in files) await (await import('node:fs/promises')).mkdir(join(directory, 'config'))
    const outcome = await tryOut({ kind: 'kubeconfig', path: join(directory, 'config') })
    expect(JSON.parse(JSON.stringify(outcome).replaceAll(directory, 'DIR'))).toEqual(expected)
  })

  it('is looked for where kubectl looks: the list of KUBECONFIG, then the home directory', async () => {
    const directory = await folder({})
    const { mkdir, writeFile } = await import('node:fs/promises')
    await mkdir(join(directory, '.kube'))
    const source = { kind: 'kubeconfig' } as const
    const env = { HOME: directory }
    expect(await tryOut(source, {})).toMatchObject({
      message: 'no kubeconfig is named, and there is no home directory to look for one',
    })
    expect(await tryOut(source, env)).toMatchObject({
      ...UNREADABLE,
      message: `cannot read ${directory}/.kube/config: no such file or directory`,
    })
    await writeFile(join(directory, '.kube', 'config'), file({}))
    expect(await tryOut(source, env)).toBe('connected')
    expect(await tryOut(source, { ...env, KUBECONFIG: '/none:/nothing' })).toMatchObject({
      ...UNREADABLE,
      message: 'cannot read /none:/nothing: no such file or directory',
    })
    expect(await tryOut(source, { ...env, KUBECONFIG: `/none::${directory}/.kube/config` })).toBe('connected')
  })

  it('of several files: the first that has a name counts, and paths start at their own file', async () => {
    const served = await serve()
    const server = served.api.origin
    const first = await folder({
      token: 'first',
      config: stringify({ 'current-context': 'one', users: [{ name: 'u', user: { tokenFile: 'token' } }] }),
    })
    const second = await folder({
      'ca.pem': served.ca,
      config: file({
        cluster: { server: `${server}/path/`, 'certificate-authority': 'ca.pem' },
        user: { token: 'second' },
        rest: { 'current-context': 'none' },
      }),
    })
    const env = { KUBECONFIG: `${first}/config:${second}/config` }
    const cluster = await connectCluster({ source: { kind: 'kubeconfig' }, env, watch: false, log })
    await cluster.view.secret('shop', 'x', { signal: patient(), fresh: true })
    await cluster.close()
    expect(served.api.lines()).toEqual(['GET /path/api/v1/namespaces/shop/secrets/x 404'])
    expect(served.api.log[0]?.headers.authorization).toBe('Bearer first')
  })
})

describe('in a cluster', () => {
  it.each([
    [{ KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' }, true],
    [{ KUBERNETES_SERVICE_HOST: '10.0.0.1' }, false],
    [{ KUBERNETES_SERVICE_HOST: '', KUBERNETES_SERVICE_PORT: '' }, false],
    [{}, false],
  ])('%j: %s', (env, expected) => {
    expect(inCluster(env)).toBe(expected)
  })

  it('without a mounted service account', async () => {
    const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' }
    expect(await tryOut({ kind: 'in-cluster', directory: '/none' }, env)).toEqual({
      ...UNREADABLE,
      message: 'cannot read /none/ca.crt: no such file or directory',
    })
  })
})
