import { fastify } from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'
import type { Server } from 'node:https'
import type { SecureContextOptions } from 'node:tls'

import type { Metrics } from '../../base/telemetry/index.ts'
import { answerReview, unreadable } from './answer-review.ts'
import type { HttpAnswer, Reviewing } from './answer-review.ts'
import { createBodyReader, MAX_BODY, parseBody } from './body.ts'
import type { Body } from './body.ts'
import { timeBudget } from './time-budget.ts'

export interface WebhookOptions extends Reviewing {
  readonly metrics: Pick<Metrics, 'unreadable' | 'unanswered' | 'inFlight'>
  readonly secureContext: SecureContextOptions
  /** Only clients with a certificate of `secureContext.ca` get through the handshake. */
  readonly clientCertificates: boolean
  /** The longest time for a review, in milliseconds, whatever the API server would give. */
  readonly timeoutMs: number
  readonly maxInFlight: number
  /** True once the server is going away: each answer is then the last of its connection. */
  readonly isDraining: () => boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    /** When its head had arrived, by `performance.now()`. */
    startedAt: number
  }
}

export type WebhookApp = FastifyInstance<Server>

/** An API server keeps idle connections for 90 s; who closes first must be the one that sends, or a review is lost. */
const KEEP_ALIVE = 120_000

/** So that connections spread over new replicas in time. */
const MAX_REQUESTS_PER_SOCKET = 1000

/**
 * For the first request of a connection to arrive, counted from when it was opened: Node answers 408 then. An API server opens more
 * connections than it needs at once and keeps them for later, and takes a 408 that meets its first review for our answer.
 */
const FIRST_REQUEST = KEEP_ALIVE
const HANDSHAKE_TIMEOUT = 10_000

/** A few API servers keep 25 connections each, and open more under load. */
const MAX_CONNECTIONS = 4096

/** client-go sends the review again after this many seconds, up to ten times within its timeout. */
const RETRY_AFTER = '1'

const NOT_JSON = 'the content type is not application/json'

const OVERLOAD: HttpAnswer = {
  status: 429,
  json: JSON.stringify({ error: 'overload', problem: 'too many reviews at once' }),
}

/** HTTPS, HTTP/1.1 only (an API server speaks nothing else to a webhook), one route. Not yet listening. */
export function createWebhookApp(options: WebhookOptions): WebhookApp {
  const bodies = createBodyReader()
  let inFlight = 0

  const app = fastify({
    https: {
      ...options.secureContext,
      ALPNProtocols: ['http/1.1'],
      requestCert: options.clientCertificates,
      rejectUnauthorized: options.clientCertificates,
      handshakeTimeout: HANDSHAKE_TIMEOUT,
      headersTimeout: FIRST_REQUEST,
      connectionsCheckingInterval: 1000,
    },
    keepAliveTimeout: KEEP_ALIVE,
    requestTimeout: FIRST_REQUEST,
    maxRequestsPerSocket: MAX_REQUESTS_PER_SOCKET,
    bodyLimit: MAX_BODY,
    return503OnClosing: false,
    exposeHeadRoutes: false,
  })
  app.server.maxConnections = MAX_CONNECTIONS
  app.server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    options.log.debug({ code: error.code }, 'handshake failed')
  })

  // Every body comes to us as it is. What Fastify would refuse (a type, a size, a key) would be refused without a review.
  app.removeAllContentTypeParsers()
  // The first is named because it is found faster.
  app.addContentTypeParser(['application/json', '*'], (_request: FastifyRequest, payload: IncomingMessage) =>
    bodies.read(payload),
  )
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (options.isDraining()) void reply.header('connection', 'close')
    done()
  })
  app.setNotFoundHandler((request, reply) => {
    bodies.release(bodyOf(request))
    if (pathOf(request) !== '/validate') return send(reply, { status: 404, json: '{"error":"not found"}' })
    void reply.header('allow', 'POST')
    return send(reply, { status: 405, json: '{"error":"method not allowed"}' })
  })
  app.setErrorHandler((error: NodeJS.ErrnoException, _request, reply) => {
    // The one thing that Fastify refuses before it asks us: a content type that is none.
    if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return send(reply, unreadable(NOT_JSON, options))
    options.log.debug({ error }, 'request failed')
    return send(reply, unreadable('the request could not be read', options))
  })

  app.decorateRequest('startedAt', 0)
  app.addHook('onRequest', (request, _reply, done) => {
    request.startedAt = performance.now()
    done()
  })
  app.post('/validate', async (request, reply) => {
    const body = bodyOf(request)
    if (body.kind === 'no-room' || inFlight >= options.maxInFlight) {
      bodies.release(body)
      options.metrics.unanswered('overload')
      void reply.header('retry-after', RETRY_AFTER)
      return send(reply, OVERLOAD)
    }
    inFlight++
    options.metrics.inFlight(1)
    let answered: HttpAnswer
    try {
      answered = await answer(body, request, reply)
    } finally {
      inFlight--
      options.metrics.inFlight(-1)
      bodies.release(body)
    }
    return send(reply, answered)
  })

  async function answer(body: Body, request: FastifyRequest, reply: FastifyReply): Promise<HttpAnswer> {
    if (body.kind !== 'bytes') return unreadable(`the body is larger than ${MAX_BODY} bytes`, options)
    if (!isJson(request.headers['content-type'])) return unreadable(NOT_JSON, options)
    const parsed = parseBody(body.bytes)
    if (parsed.kind === 'unreadable') return unreadable(parsed.problem, options)
    const budget = timeBudget((request.query as Record<string, unknown>)['timeout'], options.timeoutMs)
    const timing = {
      ...budget,
      elapsed: () => performance.now() - request.startedAt,
      onGone: (stop: () => void) => reply.raw.once('close', stop),
    }
    return answerReview(parsed.body, timing, options)
  }

  return app
}

function bodyOf(request: FastifyRequest): Body {
  return (request.body as Body | undefined) ?? { kind: 'bytes', bytes: Buffer.alloc(0) }
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? ''
}

/** With parameters (`; charset=utf-8`) too. */
function isJson(contentType: string | undefined): boolean {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() === 'application/json'
}

function send(reply: FastifyReply, { status, json }: HttpAnswer): FastifyReply {
  return reply.code(status).type('application/json').send(json)
}
