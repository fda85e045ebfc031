import { Agent, request } from 'node:https'
import type { IncomingHttpHeaders } from 'node:http'
import type { AgentOptions, RequestOptions } from 'node:https'

import { Secret } from '../../src/base/secret.ts'
import { createLogger, createMetrics } from '../../src/base/telemetry/index.ts'
import { makeCertificates } from '../../src/edges/certificates/index.ts'
import type { MadeCertificates } from '../../src/edges/certificates/index.ts'
import { startServer } from '../../src/edges/server/index.ts'
import type { Review, RunningServer, ServerOptions, ServingCertificate } from '../../src/edges/server/index.ts'

export const DAY = 24 * 60 * 60 * 1000

export function makePair(commonName = 'pullable', days = 2): Promise<MadeCertificates> {
  return makeCertificates({ commonName, dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], days })
}

export function serving({ cert, key }: MadeCertificates, notAfter = new Date(Date.now() + DAY)): ServingCertificate {
  return { cert, key: new Secret(key), notAfter }
}

/** Answers as if everything could be pulled. */
export const allowAll: Review = (body) => Promise.resolve({ kind: 'answered', response: allowed(uidIn(body)) })

export function uidIn(body: unknown): string {
  return (body as { request: { uid: string } }).request.uid
}

export function allowed(uid: string): object {
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, allowed: true } }
}

export interface Started {
  readonly server: RunningServer
  readonly lines: readonly Record<string, unknown>[]
  readonly pair: MadeCertificates
}

const running: RunningServer[] = []

/** A server on free ports of the loopback, that `stopAll` ends. */
export async function start(options: Partial<ServerOptions> & { pair?: MadeCertificates } = {}): Promise<Started> {
  const pair = options.pair ?? (await makePair())
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) }
  const server = await startServer({
    port: 0,
    metricsPort: 0,
    host: '127.0.0.1',
    certificate: serving(pair),
    timeoutMs: 10_000,
    review: allowAll,
    metrics: createMetrics({ version: 'test' }),
    log: createLogger({ level: 'debug', stream }),
    ...options,
  })
  running.push(server)
  return { server, lines, pair }
}

export async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map((server) => server.close({ graceMs: 0 })))
}

export function reviewBody(uid = 'uid-1', object: unknown = { kind: 'Pod' }): string {
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid, operation: 'CREATE', kind: { group: '', version: 'v1', kind: 'Pod' }, namespace: 'shop', object },
  })
}

export function agent(ca: string, options: AgentOptions = {}): Agent {
  return new Agent({ ca, keepAlive: true, ALPNProtocols: ['http/1.1'], ...options })
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

/** One request, with the whole answer, JSON if it is JSON. */
export function send(
  port: number,
  options: RequestOptions & { readonly agent: Agent; readonly body?: string | Buffer },
): Promise<Answer> {
  const { body, ...rest } = options
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, method: 'POST', path: '/validate?timeout=10s', ...rest },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: parsed(text) })
        })
      },
    )
    outgoing.on('error', reject)
    if (outgoing.getHeader('content-type') === undefined) outgoing.setHeader('content-type', 'application/json')
    if (body !== undefined) outgoing.setHeader('content-length', Buffer.byteLength(body))
    outgoing.end(body)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

export async function get(port: number, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  return { status: response.status, text: await response.text() }
}
