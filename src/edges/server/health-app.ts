import { fastify } from 'fastify'
import type { FastifyInstance } from 'fastify'

import type { Metrics } from '../../base/telemetry/index.ts'

export interface HealthOptions {
  readonly metrics: Pick<Metrics, 'contentType' | 'render'>
  /** Why no review should be sent here now; undefined where there is no reason. */
  readonly whyNotReady: () => string | undefined
  /** What is wrong all the same, and keeps nobody from serving. */
  readonly remark: () => string | undefined
}

const REQUEST_TIMEOUT = 10_000
const MAX_CONNECTIONS = 256

/** Plain HTTP, on a port of its own, so that whoever may reach it cannot send reviews. Not yet listening. */
export function createHealthApp({ metrics, whyNotReady, remark }: HealthOptions): FastifyInstance {
  const app = fastify({ requestTimeout: REQUEST_TIMEOUT, bodyLimit: 1024, return503OnClosing: false })
  app.server.maxConnections = MAX_CONNECTIONS
  app.get('/healthz', () => ({ alive: true }))
  app.get('/readyz', (_request, reply) => {
    const reason = whyNotReady()
    const said = remark()
    const fine = { ready: true, ...(said !== undefined && { remark: said }) }
    return reason === undefined ? fine : reply.code(503).send({ ready: false, reason })
  })
  app.get('/metrics', async (_request, reply) => {
    void reply.type(metrics.contentType)
    return metrics.render()
  })
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'not found' }))
  app.setErrorHandler((_error, _request, reply) => reply.code(400).send({ error: 'bad request' }))
  return app
}
