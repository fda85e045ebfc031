import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import type { Dispatcher } from 'undici'
import type { Access, AccessKeeper } from './access.ts'
import { MAX_ERROR } from './options.ts'
import type { ClusterExchange, ClusterLimits, ClusterOptions } from './options.ts'
import type { Pools } from './pools.ts'
import { isReset, NoCredentials, whyLost } from './why.ts'
import { within } from './within.ts'

export interface Ask {
  readonly resource: ClusterExchange['resource']
  readonly verb: ClusterExchange['verb']
  /** With its query: `/api/v1/nodes?limit=100`. */
  readonly path: string
  /** What is sent, where something is: a PUT, or a PATCH. It may be sent twice. */
  readonly content?: { readonly method: 'PUT' | 'PATCH'; readonly type: string; readonly body: string }
  /** Bytes of a good answer's body. */
  readonly limit: number
}

/** No answer came; `why` is fit to print. */
export interface Lost {
  readonly kind: 'lost'
  readonly why: string
}

export interface Reply {
  readonly kind: 'reply'
  readonly status: number
  /** What it is in JSON; undefined where it is none. */
  readonly body: unknown
  /** What the server asks to wait. */
  readonly retryAfterMs: number | undefined
}

export interface Opened {
  readonly kind: 'opened'
  readonly body: AsyncIterable<unknown>
}

export interface Api {
  /** One answer, read whole. Never throws. */
  ask(ask: Ask, signal: AbortSignal): Promise<Reply | Lost | { readonly kind: 'too-large' }>
  /** An answer that goes on; anything but a 200 is a reply. Never throws, but the body may. */
  open(ask: Ask, signal: AbortSignal): Promise<Opened | Reply | Lost>
}

interface ApiParts {
  readonly keeper: AccessKeeper
  readonly pools: Pools
  readonly limits: ClusterLimits
  readonly userAgent: string
  readonly now: () => number
  readonly observe: NonNullable<ClusterOptions['observe']>
}

type Response = Dispatcher.ResponseData

/** Requests to the API server: with the credentials of the moment, and once more with fresh ones after a 401. */
export function createApi({ keeper, pools, limits, userAgent, now, observe }: ApiParts): Api {
  async function send(ask: Ask, signal: AbortSignal): Promise<Response> {
    // Files and plugins know of no signal.
    const access = await within(keeper.current(), signal).catch((error: unknown) => {
      throw new NoCredentials('no credentials', { cause: error })
    })
    const response = await once(ask, access, signal)
    if (response.statusCode !== 401) return response
    const fresh = await within(keeper.renew(access), signal).catch(() => access)
    if (fresh === access) return response
    await response.body.dump({ limit: MAX_ERROR, signal })
    return once(ask, fresh, signal)
  }

  async function once({ resource, verb, path, content }: Ask, access: Access, signal: AbortSignal): Promise<Response> {
    const began = now()
    let status = 0
    try {
      const response = await request(`${access.server}${path}`, {
        dispatcher: pools.get(access),
        signal,
        ...(content !== undefined && { method: content.method, body: content.body }),
        // Of a watch, what comes between two pieces is silence; of all else, slowness.
        ...(verb === 'watch' && { bodyTimeout: limits.silentMs }),
        headers: {
          'user-agent': userAgent,
          accept: 'application/json',
          'accept-encoding': 'identity',
          ...(content !== undefined && { 'content-type': content.type }),
          ...access.impersonation,
          ...(access.authorization !== undefined && { authorization: access.authorization.reveal() }),
        },
      })
      status = response.statusCode
      return response
    } finally {
      observe({ resource, verb, status, ms: now() - began })
    }
  }

  /** A server that stops resets the connections that it keeps: that alone is no answer. */
  async function unlessReset<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T | Lost> {
    try {
      return await attempt()
    } catch (error) {
      if (!isReset(error) || signal.aborted) return lost(error, signal)
    }
    try {
      return await attempt()
    } catch (error) {
      return lost(error, signal)
    }
  }

  async function read(ask: Ask, signal: AbortSignal): Promise<Reply | { readonly kind: 'too-large' }> {
    const response = await send(ask, signal)
    const body = await readBody(response, ask.limit)
    return body === 'too-large' ? { kind: 'too-large' } : replyOf(response, body)
  }

  return {
    async ask(ask, signal) {
      const reply = await unlessReset(() => read(ask, signal), signal)
      const wait = reply.kind === 'reply' && reply.status === 429 ? reply.retryAfterMs : undefined
      if (wait === undefined || wait > limits.retryAfterMs) return reply
      const waited = await sleep(wait, true, { signal }).catch(() => false)
      return waited ? unlessReset(() => read(ask, signal), signal) : reply
    },
    open: (ask, signal) =>
      unlessReset(async () => {
        const response = await send(ask, signal)
        if (response.statusCode === 200) return { kind: 'opened', body: response.body } as const
        const body = await readBody(response, MAX_ERROR)
        return replyOf(response, body === 'too-large' ? undefined : body)
      }, signal),
  }
}

function lost(error: unknown, signal: AbortSignal): Lost {
  return { kind: 'lost', why: signal.aborted ? 'no answer in time' : whyLost(error) }
}

async function readBody({ statusCode, body }: Response, most: number): Promise<Buffer | 'too-large'> {
  const good = statusCode >= 200 && statusCode < 300
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of body) {
    if (!Buffer.isBuffer(piece)) continue
    length += piece.length
    // Leaving the loop ends the body, and the connection with it.
    if (length > (good ? most : MAX_ERROR)) return good ? 'too-large' : Buffer.alloc(0)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

function replyOf({ statusCode, headers }: Response, body: Buffer | undefined): Reply {
  const after = headers['retry-after']
  const seconds = typeof after === 'string' && /^\d{1,5}$/.test(after) ? Number(after) : undefined
  return {
    kind: 'reply',
    status: statusCode,
    body: body === undefined ? undefined : parsed(body),
    retryAfterMs: seconds === undefined ? undefined : seconds * 1_000,
  }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
