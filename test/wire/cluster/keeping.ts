import { X509Certificate } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { openSource } from '../../../src/commands/certificate-source.ts'
import type { CertificateSource } from '../../../src/commands/certificate-source.ts'
import { createLogger, createMetrics } from '../../../src/base/telemetry/index.ts'
import { loadConfig } from '../../../src/edges/config/index.ts'
import type { KeepTimes } from '../../../src/edges/certificates/index.ts'
import type { ApiObject, ScriptedApi } from '../../support/scripted-api-server.ts'
import { connect } from './connecting.ts'
import type { Served } from './connecting.ts'

export const NAMESPACE = 'system'
export const SECRET = '/api/v1/namespaces/system/secrets/pullable-tls'
export const CONFIGURATION = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/pullable'

/** What the chart makes: an empty Secret, and webhooks without a caBundle; one of them is somebody else's. */
export function install(api: ScriptedApi): void {
  api.set('secrets', { metadata: { name: 'pullable-tls', namespace: NAMESPACE, labels: { app: 'x' } }, type: 'Opaque' })
  const service = { name: 'pullable', namespace: NAMESPACE, path: '/validate', port: 443 }
  api.set('validatingwebhookconfigurations', {
    metadata: { name: 'pullable' },
    webhooks: [
      { name: 'pods.pullable.dev', clientConfig: { service }, failurePolicy: 'Ignore' },
      { name: 'workloads.pullable.dev', clientConfig: { service }, failurePolicy: 'Ignore' },
      { name: 'other.example', clientConfig: { service: { ...service, name: 'other' }, caBundle: 'b3RoZXI=' } },
    ],
  })
}

export interface Keeper {
  readonly source: CertificateSource
  /** Names of the certificates put into service: their serial numbers. */
  readonly served: readonly string[]
  /** Log lines, without their time. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
}

/** Waits that a test can wait for; lives are as in earnest. */
const times = { poll: 100, soon: 20, settle: 150 }

/** A replica, gone when the test is. */
export async function keep(served: Served, other: Partial<KeepTimes> = {}): Promise<Keeper> {
  const { cluster } = await connect(served)
  const reading = await loadConfig({
    command: 'serve',
    argv: ['--config=c.yaml'],
    env: {},
    readFile: () => Promise.resolve('serve: { certificates: { mode: self } }'),
  })
  if (reading.kind !== 'config') throw new Error(JSON.stringify(reading))
  const lines: Record<string, unknown>[] = []
  const stream = {
    write(line: string) {
      const fields = Object.entries(JSON.parse(line) as object)
      lines.push(Object.fromEntries(fields.filter(([name]) => name !== 'time')))
    },
  }
  const serials: string[] = []
  const source = await openSource(reading.config, {
    objects: cluster.objects,
    namespace: NAMESPACE,
    onChange: ({ cert }) => serials.push(new X509Certificate(cert).serialNumber),
    log: createLogger({ level: 'debug', stream }),
    metrics: createMetrics({ version: 'test' }),
    times: { ...times, ...other },
  })
  onTestFinished(() => source.close())
  return { source, served: serials, lines }
}

export function secretOf(api: ScriptedApi): Readonly<Record<string, string>> {
  const data = (api.get('secrets', 'pullable-tls', NAMESPACE)?.['data'] ?? {}) as Readonly<Record<string, string>>
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()] as const),
  )
}

export function setSecret(api: ScriptedApi, data: Readonly<Record<string, string>>): void {
  const old = api.get('secrets', 'pullable-tls', NAMESPACE) as ApiObject
  const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')] as const)
  api.set('secrets', { ...old, data: Object.fromEntries(encoded) })
}

/** The caBundle of each webhook, by its name. */
export function bundlesOf(api: ScriptedApi): Readonly<Record<string, string>> {
  const object = api.get('validatingwebhookconfigurations', 'pullable')
  const webhooks = (object?.['webhooks'] ?? []) as readonly { name: string; clientConfig: { caBundle?: string } }[]
  return Object.fromEntries(
    webhooks.map(({ name, clientConfig }) => [name, Buffer.from(clientConfig.caBundle ?? '', 'base64').toString()]),
  )
}

export function setBundle(api: ScriptedApi, webhook: string, text: string): void {
  const object = api.get('validatingwebhookconfigurations', 'pullable') as ApiObject
  const webhooks = (object['webhooks'] as readonly { name: string; clientConfig: object }[]).map((each) =>
    each.name === webhook
      ? { ...each, clientConfig: { ...each.clientConfig, caBundle: Buffer.from(text).toString('base64') } }
      : each,
  )
  api.set('validatingwebhookconfigurations', { ...object, webhooks })
}

/** Both of our webhooks trust what the Secret says, and nothing else. */
export function isPublished(api: ScriptedApi): boolean {
  const ca = secretOf(api)['ca.crt'] ?? ''
  const { 'other.example': other, ...ours } = bundlesOf(api)
  return other === 'other' && ca !== '' && Object.values(ours).every((bundle) => bundle === ca)
}
