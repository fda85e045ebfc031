import { request } from 'node:http'
import type { LookupFunction, Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { buildConnector } from 'undici'
import { withoutBrackets } from './addresses.ts'
import { ProxyFailed } from './network-errors.ts'
import type { Proxy } from './options.ts'

/** A target as undici names it: an IPv6 address without brackets, no port where it is the scheme's own. */
export type Target = Pick<buildConnector.Options, 'hostname' | 'port' | 'protocol'>

export interface TunnelOptions {
  readonly lookup: LookupFunction
  readonly secureContext: () => SecureContext
  readonly userAgent: string
  /** For the way to the proxy, and again for its answer. */
  readonly timeoutMs: number
}

/**
 * A connection to the proxy for a target: as it is for HTTP, where requests name the whole URL (RFC 9112, 3.2.2), and for HTTPS once the
 * proxy has led it through to the target (CONNECT; RFC 9110, 9.3.6). Rejects with `ProxyFailed` alone.
 */
export async function reachProxy(proxy: Proxy, target: Target, options: TunnelOptions): Promise<Socket> {
  try {
    const socket = await dial(proxy, options)
    if (target.protocol !== 'https:') return socket
    const status = await connect(socket, proxy, target, options)
    if (status === 200) return socket
    socket.destroy()
    throw new ProxyFailed(proxy.url.host, status)
  } catch (error) {
    throw error instanceof ProxyFailed ? error : new ProxyFailed(proxy.url.host, error)
  }
}

/** The proxy is the operator's own word: its address is not judged, and it may be on this machine. */
function dial({ url }: Proxy, { lookup, secureContext, timeoutMs }: TunnelOptions): Promise<Socket> {
  const secure = url.protocol === 'https:'
  const connector = buildConnector({
    lookup,
    timeout: timeoutMs,
    allowH2: false,
    ...(secure ? { secureContext: secureContext() } : {}),
  })
  const { host, port, protocol } = url
  return new Promise((resolve, reject) => {
    connector({ hostname: withoutBrackets(url.hostname), host, port, protocol }, (error, socket) => {
      if (error === null) resolve(socket)
      else reject(error)
    })
  })
}

/** The status of the proxy's answer. */
function connect(
  socket: Socket,
  { authorization }: Proxy,
  { hostname, port }: Target,
  { userAgent, timeoutMs }: TunnelOptions,
): Promise<number> {
  const authority = `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port === '' ? '443' : port}`
  return new Promise((resolve, reject) => {
    const asked = request({
      method: 'CONNECT',
      path: authority,
      headers: {
        host: authority,
        'user-agent': userAgent,
        ...(authorization === undefined ? {} : { 'proxy-authorization': authorization.reveal() }),
      },
      // None but these: a proxy could take `connection: close` at its word.
      setDefaultHeaders: false,
      createConnection: () => socket,
    })
    const late = setTimeout(() => {
      asked.destroy(Object.assign(new Error('no answer to CONNECT'), { code: 'ETIMEDOUT' }))
    }, timeoutMs)
    asked.on('connect', ({ statusCode = 0 }, _, head) => {
      clearTimeout(late)
      if (head.length > 0) socket.unshift(head)
      resolve(statusCode)
    })
    asked.on('error', (error) => {
      clearTimeout(late)
      reject(error)
    })
    asked.end()
  })
}
