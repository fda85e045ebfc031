import type { Faulty, Unfollowed, Unreachable } from '../../engine/verdict/index.ts'
import { isLoopbackName } from './addresses.ts'
import type { Agents, TlsSettings } from './agents.ts'
import { headerValue } from './json.ts'
import { networkFailure, ProxyFailed } from './network-errors.ts'
import { MAX_ERROR } from './options.ts'
import type { Exchange, Limits, RegistryOptions } from './options.ts'
import { followRule } from './safety.ts'
import type { Trust } from './safety.ts'

/** Where nothing can be read from: the connection, our safety rules, or a redirect that leads nowhere. */
export type TransportFailure = Unreachable | Unfollowed | Faulty

export interface Ask {
  readonly method: 'HEAD' | 'GET' | 'POST'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** Headers for the URL's own origin alone: they carry credentials. */
  readonly own: Readonly<Record<string, string>>
  readonly form?: string | undefined
  /** Bytes of body that are read; what is beyond them sets `over`. */
  readonly limit: number
  readonly tls: TlsSettings
  readonly trust: Trust
}

export interface Reply {
  readonly status: number
  /** By lower-case name; a list where the server repeated it. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
  readonly over: boolean
  /** Where the answer came from, redirects followed. */
  readonly url: URL
  /** True once a redirect has led to another origin, which was asked without credentials. */
  readonly strayed: boolean
}

export interface Transport {
  readonly agents: Agents
  readonly proxyFor: RegistryOptions['proxyFor']
  readonly limits: Limits
  readonly userAgent: string
  readonly now: () => number
  readonly observe: (exchange: Exchange) => void
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

/** One request, redirects followed by hand: the method stays, and credentials go to no other origin. */
export async function exchange(transport: Transport, ask: Ask, signal: AbortSignal): Promise<Reply | TransportFailure> {
  let hop = ask
  for (let redirects = 0; redirects <= transport.limits.redirects; redirects += 1) {
    const strayed = hop.url.origin !== ask.url.origin
    const reply = await retried(transport, strayed ? { ...hop, own: {} } : hop, signal)
    if ('kind' in reply) return reply
    const location = headerValue(reply.headers['location'])
    if (!REDIRECTS.includes(reply.status) || location === undefined) return { ...reply, strayed }
    const next = URL.parse(location, hop.url.href)
    if (next === null) return lost(reply.status, hop.url)
    const unfollowed = followRule(next, ask.url, ask.trust)
    if (unfollowed !== undefined) return unfollowed
    // The form of a token request holds the password: Go would send it on, we do not.
    if (ask.form !== undefined && next.origin !== ask.url.origin) return lost(reply.status, hop.url)
    hop = { ...redirected(hop, reply.status), url: withoutUser(next) }
  }
  return lost(0, ask.url)
}

function lost(status: number, url: URL): Faulty {
  return { kind: 'faulty', detail: 'redirects', status, host: url.host }
}

/** A POST becomes a GET unless the status says that it stays one (RFC 9110, 15.4). */
function redirected(ask: Ask, status: number): Ask {
  if (ask.method !== 'POST' || status === 307 || status === 308) return ask
  return { ...ask, method: 'GET', form: undefined }
}

function withoutUser(url: URL): URL {
  const clean = new URL(url)
  clean.username = ''
  clean.password = ''
  clean.hash = ''
  return clean
}

/** A kept-alive connection may be closed under us, and the node retries an EOF too: one more try. */
async function retried(transport: Transport, ask: Ask, signal: AbortSignal): Promise<RawReply | TransportFailure> {
  const first = await once(transport, ask, signal)
  const reset = 'kind' in first && first.kind === 'unreachable' && first.detail === 'reset'
  return reset && !signal.aborted ? once(transport, ask, signal) : first
}

type RawReply = Omit<Reply, 'strayed'>

async function once(transport: Transport, ask: Ask, signal: AbortSignal): Promise<RawReply | TransportFailure> {
  const { method, url, headers, own, form, limit, tls, trust } = ask
  const began = transport.now()
  const seen = (status: number): void => {
    transport.observe({ method, host: url.host, status, ms: transport.now() - began })
  }
  // To this machine a registry may be, but not lead; by its name, since what a name resolves to can change in between.
  const mayLoop =
    trust.loopback && (url.hostname === trust.registry.hostname || isLoopbackName(trust.registry.hostname))
  // HTTPS is led through the proxy, which sees none of it.
  const proxy = url.protocol === 'http:' ? transport.proxyFor?.(url) : undefined
  const { authorization } = proxy ?? {}
  const path = url.pathname + url.search
  try {
    const reply = await transport.agents.get(tls, mayLoop).request({
      origin: url.origin,
      path: proxy === undefined ? path : url.origin + path,
      method,
      signal,
      headers: {
        'user-agent': transport.userAgent,
        'accept-encoding': 'identity',
        ...headers,
        ...own,
        ...(authorization === undefined ? {} : { 'proxy-authorization': authorization.reveal() }),
      },
      body: form ?? null,
    })
    if (proxy !== undefined && reply.statusCode === 407) {
      reply.body.destroy()
      throw new ProxyFailed(proxy.url.host, 407)
    }
    const good = reply.statusCode >= 200 && reply.statusCode < 300
    const read = await readBody(reply.body, good ? limit : Math.min(limit, MAX_ERROR))
    seen(reply.statusCode)
    return { status: reply.statusCode, headers: reply.headers, url, ...read }
  } catch (error) {
    seen(0)
    return networkFailure(signal.aborted ? signal.reason : error, url.host)
  }
}

async function readBody(
  stream: AsyncIterable<unknown> & { destroy(): unknown },
  limit: number,
): Promise<{ readonly body: Buffer; readonly over: boolean }> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of stream) {
    if (!Buffer.isBuffer(piece)) continue
    length += piece.length
    if (length > limit) {
      stream.destroy()
      return { body: Buffer.concat(pieces), over: true }
    }
    pieces.push(piece)
  }
  return { body: Buffer.concat(pieces), over: false }
}
