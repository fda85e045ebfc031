import { X509Certificate } from 'node:crypto'
import type { AddressInfo, Server as NetServer, Socket } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Secret } from '../../base/secret.ts'
import type { Logger, Metrics } from '../../base/telemetry/index.ts'
import type { Review } from './answer-review.ts'
import { createHealthApp } from './health-app.ts'
import { ServerError } from './server-error.ts'
import { createWebhookApp } from './webhook-app.ts'

/** PEM texts that fit each other. */
export interface ServingCertificate {
  readonly cert: string
  readonly key: Secret
  readonly notAfter: Date
}

export interface ServerOptions {
  /** 0: any free one; so for `metricsPort`. */
  readonly port: number
  readonly metricsPort: number
  /** The address to listen on; else all. */
  readonly host?: string
  /** Undefined: not ready, and no handshake succeeds, until there is one. */
  readonly certificate: ServingCertificate | undefined
  /** PEM. Then only clients with a certificate of it are served. */
  readonly clientCa?: string
  /** The longest time for one review, in milliseconds. */
  readonly timeoutMs: number
  /** Reviews at once; more are sent away to come again. */
  readonly maxInFlight?: number
  readonly review: Review
  /** Further reasons not to be ready, in words for whoever reads the probe. */
  readonly whyNotReady?: () => string | undefined
  /** What the readiness probe says besides, while it is ready. */
  readonly remark?: () => string | undefined
  readonly metrics: Pick<
    Metrics,
    'unreadable' | 'unanswered' | 'inFlight' | 'certificateExpiry' | 'contentType' | 'render'
  >
  readonly log: Logger
}

export interface RunningServer {
  readonly port: number
  readonly metricsPort: number
  /** For handshakes from now on; connections that are open go on. Throws, and keeps the old one, where TLS does not take it. */
  setCertificate(certificate: ServingCertificate): void
  /**
   * Not ready from now on; serves for `delayMs` more, while it is taken out of rotation; then takes no connection, answers what is in
   * flight for `graceMs` at most, and ends.
   */
  close(options?: { readonly delayMs?: number; readonly graceMs?: number }): Promise<void>
}

/** An API server under load has some hundreds of reviews open. */
const MAX_IN_FLIGHT = 1000

const GRACE = 10_000

/** For a request that was on its way when the doors closed. */
const SETTLE = 200
const SWEEP = 50

/** Starts both ports. Rejects with a ServerError where it cannot. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { log, metrics, clientCa } = options
  let state: 'starting' | 'serving' | 'draining' = 'starting'
  let { certificate } = options
  let closing: Promise<void> | undefined

  if (clientCa !== undefined) checkClientCa(clientCa)
  const webhook = createWebhookApp({
    ...options,
    secureContext: secureContext(certificate),
    clientCertificates: clientCa !== undefined,
    maxInFlight: options.maxInFlight ?? MAX_IN_FLIGHT,
    isDraining: () => state === 'draining',
  })
  const health = createHealthApp({ metrics, whyNotReady, remark: () => options.remark?.() })
  const connections = trackConnections(webhook.server)

  function secureContext(pair: ServingCertificate | undefined): SecureContextOptions {
    const own = pair === undefined ? {} : { cert: pair.cert, key: pair.key.reveal() }
    return { ...own, minVersion: 'TLSv1.2', ...(clientCa === undefined ? {} : { ca: clientCa }) }
  }

  function whyNotReady(): string | undefined {
    if (state !== 'serving') return state
    const reason = options.whyNotReady?.()
    if (certificate === undefined) return reason ?? 'no certificate yet'
    return certificate.notAfter.getTime() <= Date.now() ? 'certificate expired' : reason
  }

  async function shutDown(delayMs: number, graceMs: number): Promise<void> {
    state = 'draining'
    log.info({ delayMs }, 'draining')
    await sleep(delayMs)
    const doorsClosed = performance.now()
    const closed = webhook.close()
    const sweep = setInterval(() => {
      const since = performance.now() - doorsClosed
      if (since >= graceMs || (since >= SETTLE && connections.inFlight() === 0)) connections.destroy()
    }, SWEEP)
    await closed
    clearInterval(sweep)
    await health.close()
    log.info({}, 'closed')
  }

  try {
    await listen(health, options.metricsPort, options.host, 'metricsPort')
    await listen(webhook, options.port, options.host, 'port')
  } catch (error) {
    await Promise.all([health.close(), webhook.close()])
    throw error
  }
  state = 'serving'
  if (certificate !== undefined) metrics.certificateExpiry(certificate.notAfter)
  const ports = { port: portOf(webhook.server), metricsPort: portOf(health.server) }
  log.info({ ...ports, notAfter: certificate?.notAfter.toISOString() }, 'serving')
  return {
    ...ports,
    setCertificate(next) {
      webhook.server.setSecureContext(secureContext(next))
      certificate = next
      metrics.certificateExpiry(next.notAfter)
    },
    close({ delayMs = 0, graceMs = GRACE } = {}) {
      closing ??= shutDown(delayMs, graceMs)
      return closing
    },
  }
}

/** Connections that say nothing, or have not finished their handshake, are no business of the HTTP server's, but keep it from closing. */
function trackConnections(server: NetServer): { inFlight(): number; destroy(): void } {
  const sockets = new Set<Socket>()
  let requests = 0
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('request', (_request, response: NodeJS.EventEmitter) => {
    requests++
    response.once('close', () => requests--)
  })
  return {
    inFlight: () => requests,
    destroy() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

function checkClientCa(pem: string): void {
  try {
    new X509Certificate(pem)
  } catch {
    throw new ServerError('CLIENT_CA_INVALID', 'clientCa', 'the client CA file holds no PEM certificate')
  }
}

interface Listening {
  listen(options: { port: number; host: string }): Promise<string>
}

async function listen(
  app: Listening,
  port: number,
  host: string | undefined,
  field: 'port' | 'metricsPort',
): Promise<void> {
  try {
    await listenAt(app, port, host)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    if (code === 'EADDRINUSE') throw new ServerError('PORT_IN_USE', field, `port ${port} is in use`, { cause })
    if (code === 'EACCES') {
      throw new ServerError('PORT_FORBIDDEN', field, `port ${port} may not be used by this user`, { cause })
    }
    throw new ServerError('ADDRESS_UNUSABLE', field, `cannot listen on port ${port}: ${code}`, { cause })
  }
}

async function listenAt(app: Listening, port: number, host: string | undefined): Promise<void> {
  if (host !== undefined) {
    await app.listen({ port, host })
    return
  }
  try {
    await app.listen({ port, host: '::' })
  } catch (error) {
    // A machine without IPv6.
    if (!(error instanceof Error && 'code' in error && error.code === 'EAFNOSUPPORT')) throw error
    await app.listen({ port, host: '0.0.0.0' })
  }
}

function portOf(server: NetServer): number {
  return (server.address() as AddressInfo).port
}
