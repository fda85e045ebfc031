import { createServer, request as ask } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface ProxyScript {
  /** `user:password`: without it, 407. */
  readonly login?: string
  /** What it answers instead of leading anybody anywhere: a status, nothing at all, the end of the connection, or what is no HTTP. */
  readonly answer?: number | 'silence' | 'reset' | 'banner'
}

export interface ScriptedProxy {
  /** `127.0.0.1:34567` */
  readonly host: string
  /** As a client's environment names it, without a login. */
  readonly url: string
  /** `CONNECT registry.test:5000`, `GET http://registry.test:5000/v2/`, with the login that was shown: `as user:password`. */
  readonly log: readonly string[]
  /** How many connections it has. */
  readonly open: () => number
  /** The headers of each. */
  readonly headers: readonly IncomingMessage['headers'][]
  close(): Promise<void>
}

/** A forward proxy as they come: CONNECT for HTTPS, whole URLs for HTTP. Every name is this machine to it. */
export async function startProxy(
  script: ProxyScript = {},
  tls?: { readonly cert: string; readonly key: string },
): Promise<ScriptedProxy> {
  const log: string[] = []
  const seen: IncomingMessage['headers'][] = []
  const sockets = new Set<Socket>()

  /** The status to refuse with, or undefined to go on. */
  function refusal({ method = '', url = '', headers }: IncomingMessage): ProxyScript['answer'] {
    const [, encoded = ''] = /^Basic (.+)$/.exec(headers['proxy-authorization'] ?? '') ?? []
    const login = Buffer.from(encoded, 'base64').toString('utf8')
    log.push(`${method} ${url}${login === '' ? '' : ` as ${login}`}`)
    seen.push(headers)
    return script.login !== undefined && script.login !== login ? 407 : script.answer
  }

  const server: Server = tls === undefined ? createServer() : createTlsServer(tls)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)))
  })
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => undefined)
    const answer = refusal(request)
    if (answer === 'silence') return
    if (answer === 'reset') socket.destroy()
    else if (answer === 'banner') socket.end('SSH-2.0-OpenSSH_9.6\r\n')
    else if (answer !== undefined) socket.end(`HTTP/1.1 ${String(answer)} No\r\ncontent-length: 3\r\n\r\nno\n`)
    else {
      const upstream = connect(Number(new URL(`http://${request.url ?? ''}`).port), '127.0.0.1')
      upstream.on('error', () => socket.destroy()).on('close', () => socket.destroy())
      socket.on('close', () => upstream.destroy())
      upstream.on('connect', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        socket.pipe(upstream).pipe(socket)
      })
    }
  })
  server.on('request', (request, response) => {
    const answer = refusal(request)
    if (answer === 'silence') return
    if (typeof answer === 'number') response.writeHead(answer, { 'content-type': 'text/html' }).end('<html>no')
    else if (answer !== undefined) request.socket.destroy()
    else {
      const { hostname, port, pathname, search } = new URL(request.url ?? '')
      const headers = { ...request.headers }
      delete headers['proxy-authorization']
      const onward = { host: '127.0.0.1', port, path: pathname + search, method: request.method, headers }
      if (headers.host !== `${hostname}:${port}`) response.writeHead(400).end()
      else
        request.pipe(
          ask(onward, (from) => {
            response.writeHead(from.statusCode ?? 0, from.headers)
            from.pipe(response)
          }),
        )
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`
  return {
    host,
    url: `${tls === undefined ? 'http' : 'https'}://${host}`,
    log,
    headers: seen,
    open: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
