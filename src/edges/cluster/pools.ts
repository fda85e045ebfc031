import { X509Certificate } from 'node:crypto'
import { createSecureContext, getCACertificates } from 'node:tls'
import type { SecureContext } from 'node:tls'
import { Agent, Pool, ProxyAgent, Socks5ProxyAgent } from 'undici'
import type { Dispatcher } from 'undici'
import type { Access } from './access.ts'
import type { ClusterLimits } from './options.ts'

export interface Pools {
  get(access: Access): Dispatcher
  close(): Promise<void>
}

/** TCP looks after a peer that has vanished without a word, well before a watch is taken for silent. */
const KEEP_ALIVE_MS = 15_000

/** Pools of kept-alive HTTP/1.1 connections, one for each set of credentials that TLS sees. */
export function createPools(limits: ClusterLimits): Pools {
  const open = new Set<Dispatcher>()
  let newest: { readonly pool: string; readonly dispatcher: Dispatcher } | undefined
  return {
    get(access) {
      if (newest?.pool === access.pool) return newest.dispatcher
      const old = newest?.dispatcher
      const dispatcher = createPool(access, limits)
      newest = { pool: access.pool, dispatcher }
      open.add(dispatcher)
      // What is on its way over the old one may end there.
      if (old !== undefined) void old.close().then(() => open.delete(old))
      return dispatcher
    },
    async close() {
      await Promise.all([...open].map((dispatcher) => dispatcher.destroy()))
    },
  }
}

function createPool(access: Access, limits: ClusterLimits): Dispatcher {
  const tls = {
    ...(access.server.startsWith('https:') && { secureContext: secureContextOf(access) }),
    rejectUnauthorized: !access.skipVerify,
    ...(access.serverName !== undefined && { servername: access.serverName }),
    timeout: limits.dialMs,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    allowH2: false,
  }
  const options = {
    connections: limits.connections,
    headersTimeout: limits.answerMs,
    bodyTimeout: limits.answerMs,
    keepAliveTimeout: 30_000,
    allowH2: false,
  }
  if (access.proxy === undefined) return new Agent({ ...options, connect: tls })
  const { url, authorization } = access.proxy
  if (url.protocol === 'socks5:') return new Socks5ProxyAgent(url.href, { ...options, requestTls: tls })
  return new ProxyAgent({
    ...options,
    ...(authorization !== undefined && { token: authorization.reveal() }),
    uri: url.href,
    connectTimeout: limits.dialMs,
    requestTls: tls,
    // A request that waits for its connection knows of no signal, and undici waits five minutes for the answer to CONNECT.
    clientFactory: (origin, given) => new Pool(origin, { ...given, headersTimeout: limits.dialMs }),
  })
}

/** Throws where what should be PEM is none. */
export function secureContextOf({ ca, client, skipVerify }: Access): SecureContext {
  // What is no certificate, OpenSSL would pass over in silence.
  if (ca !== undefined) new X509Certificate(ca)
  return createSecureContext({
    ...(!skipVerify && { ca: ca ?? [...new Set([...getCACertificates('default'), ...getCACertificates('system')])] }),
    ...(client !== undefined && { cert: client.cert, key: client.key.reveal() }),
  })
}
