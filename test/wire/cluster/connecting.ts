import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { createLogger } from '../../../src/base/telemetry/index.ts'
import { connectCluster } from '../../../src/edges/cluster/index.ts'
import type { Cluster, ClusterExchange, ClusterOptions } from '../../../src/edges/cluster/index.ts'
import { serverPair } from '../../support/certificates.ts'
import type { ServerPair } from '../../support/certificates.ts'
import { startScriptedApi } from '../../support/scripted-api-server.ts'
import type { ScriptedApi } from '../../support/scripted-api-server.ts'

let pair: Promise<ServerPair> | undefined

export interface Served {
  readonly api: ScriptedApi
  /** PEM. */
  readonly ca: string
}

/** An API server behind TLS, gone when the test is. */
export async function serve(): Promise<Served> {
  const { ca, cert, key } = await (pair ??= serverPair(['localhost']))
  const api = await startScriptedApi({ cert, key })
  onTestFinished(() => api.stop().catch(() => undefined))
  return { api, ca }
}

export async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'pullable-cluster-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
  return directory
}

/** One cluster, one user, one context. JSON is YAML. */
export function kubeconfig({ api, ca }: Served, user: object = {}): string {
  return JSON.stringify({
    'current-context': 'test',
    clusters: [
      {
        name: 'test',
        cluster: { server: api.origin, 'certificate-authority-data': Buffer.from(ca).toString('base64') },
      },
    ],
    users: [{ name: 'ann', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'ann' } }],
  })
}

export interface Connected {
  readonly cluster: Cluster
  readonly exchanges: readonly ClusterExchange[]
  /** Log lines, without their time. */
  readonly told: () => readonly object[]
  readonly raw: readonly string[]
}

/** Bounds that a test can wait for. */
const quick = { backOffMs: 20, mostBackOffMs: 100, answerMs: 1_000, keptMs: 300, dialMs: 1_000 }

export async function connect(
  served: Served,
  options: Partial<ClusterOptions> & { readonly user?: object } = {},
): Promise<Connected> {
  const directory = await folder({ config: kubeconfig(served, options.user) })
  const raw: string[] = []
  const exchanges: ClusterExchange[] = []
  const cluster = await connectCluster({
    source: { kind: 'kubeconfig', path: join(directory, 'config') },
    env: {},
    watch: false,
    log: createLogger({ level: 'debug', stream: { write: (line) => raw.push(line) } }),
    observe: (exchange) => exchanges.push(exchange),
    ...options,
    limits: { ...quick, ...options.limits },
  })
  onTestFinished(() => cluster.close())
  return { cluster, exchanges, raw, told: () => raw.map(untimed) }
}

function untimed(line: string): object {
  const fields = Object.entries(JSON.parse(line) as object)
  return Object.fromEntries(fields.filter(([name]) => name !== 'time'))
}

/** Waits for what should come true soon; says what it is where it does not. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, most = 5_000): Promise<void> {
  const end = performance.now() + most
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`in vain for ${most} ms: ${what}`)
    await sleep(5)
  }
}

export const patient = (): AbortSignal => AbortSignal.timeout(10_000)

export const secretOf = (name: string, data: Readonly<Record<string, string>> = {}, namespace = 'shop') => ({
  metadata: { name, namespace },
  type: 'kubernetes.io/dockerconfigjson',
  data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
})

export const nodeOf = (name: string, architecture = 'amd64') => ({
  metadata: { name, labels: { zone: 'a' } },
  status: { nodeInfo: { operatingSystem: 'linux', architecture, containerRuntimeVersion: 'containerd://2.1.0' } },
})

export const namespaceOf = (name: string, labels: Readonly<Record<string, string>> = {}) => ({
  metadata: { name, labels },
})
