import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { demoContents } from './contents.ts'
import type { Contents } from './contents.ts'
import { createProtocol } from './protocol.ts'

/** A form to the token endpoint is a few hundred bytes; more is no login. */
const MAX_FORM = 16 * 1024
/** The log is for counting the requests of a minute, not for keeping. */
const MAX_LOG = 10_000

/** One line of the registry's log. The path only: a query may name an account. */
export interface LoggedRequest {
  readonly method: string
  readonly path: string
  readonly status: number
}

export interface RunningRegistry {
  /** `127.0.0.1:41237`: what to put before a repository's name, over plain HTTP. */
  readonly host: string
  /** `http://127.0.0.1:41237` */
  readonly url: string
  /** What was asked since the start, or since `reset`, in the order of the answers. */
  requests(): readonly LoggedRequest[]
  reset(): void
  close(): Promise<void>
}

/**
 * Starts the embedded registry on loopback, over plain HTTP. Port 0, the default, takes a free one.
 * Rejects with the system's error where the port is in use.
 */
export async function startRegistry(options: {
  readonly contents?: Contents
  readonly port?: number
}): Promise<RunningRegistry> {
  const log: LoggedRequest[] = []
  const server = createServer()
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const url = `http://${host}`
  const answer = createProtocol(options.contents ?? demoContents(), `${url}/token`)

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: target = '/' } = request
    const body = await readForm(request)
    const { authorization } = request.headers
    const answered = answer({ method, target, authorization, body })
    log.push({ method, path: target.split('?', 1)[0] ?? '', status: answered.status })
    if (log.length > MAX_LOG) log.shift()
    response.writeHead(answered.status, { ...answered.headers, 'content-length': answered.body.length })
    response.end(method === 'HEAD' ? undefined : answered.body)
  }

  server.on('request', (request, response) => {
    handle(request, response).catch(() => request.destroy()) // the client went away
  })

  return {
    host,
    url,
    requests: () => [...log],
    reset: () => {
      log.length = 0
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

// Read to the end, so that the connection can go on; what is over the bound is not kept.
async function readForm(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= MAX_FORM) chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
