import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from './api.ts'
import { linesOf, LineTooLong } from './lines.ts'
import { EXPIRED, listAll, setbackOf } from './list.ts'
import type { Setback, Watchable } from './list.ts'
import { MAX_EVENT } from './options.ts'
import type { ClusterLimits } from './options.ts'
import { readEvent, readVersion, statusCode } from './read-objects.ts'
import type { Store } from './store.ts'
import type { Troubles } from './troubles.ts'
import { isTimeout, whyLost } from './why.ts'

export interface FollowParts {
  readonly resource: Watchable
  readonly api: Api
  readonly store: Store<unknown>
  readonly limits: ClusterLimits
  readonly now: () => number
  readonly troubles: Troubles
}

/** Where the following of a resource stands. */
export interface Following {
  /** Seconds since what is kept was known to be current; undefined before it was read for the first time. */
  readonly age: () => number | undefined
  /** The last setback, while nothing has gone well since. */
  readonly setback: () => Setback | undefined
  /** It is forbidden, and not only because the server has just started: then it forbids everything, until it has read its own rules. */
  readonly barred: () => boolean
}

/** A watch that ends sooner is no success: what ended it may go on doing so. */
const SHORT_MS = 1_000

/**
 * Lists a resource and watches it, until the signal fires (API Concepts, "Efficient detection of changes"). Goes on whatever happens:
 * from where it was, if the connection broke or the server was away; with a new list, if the server says that the version is
 * too old, says nothing for too long, or says what makes no sense.
 */
export function follow(parts: FollowParts, signal: AbortSignal): Following & { readonly ended: Promise<void> } {
  const { resource, api, store, limits, now, troubles } = parts
  /** When what is kept was last known to be current; `watched`: it still is. */
  let currentAt: number | undefined
  let watched = false
  let setback: Setback | undefined
  let fails = 0
  let forbiddenAt: number | undefined
  /** Where it was last listed. */
  let path = ''

  async function run(): Promise<void> {
    let version: string | undefined
    while (!signal.aborted) {
      try {
        version = version === undefined ? await list() : await watch(version)
      } catch {
        // Nothing above throws; if it does, the view must not be the one to die of it.
        watched = false
        version = undefined
        await fail('watch', { kind: 'lost', why: 'a fault of ours', anew: true })
      }
    }
  }

  async function list(): Promise<string | undefined> {
    const began = now()
    const next = store.replacing()
    const listed = await listAll(resource, next.add, api, limits, signal)
    if (listed.kind !== 'listed' && listed.kind !== 'unserved') {
      await fail('list', listed)
      return undefined
    }
    next.done()
    currentAt = began
    setback = undefined
    troubles.worked({ resource, verb: 'list' })
    if (listed.kind === 'listed') {
      path = listed.path
      return listed.version
    }
    watched = true
    await sleep(limits.unservedMs, undefined, { signal }).catch(() => undefined)
    watched = false
    currentAt = now()
    return undefined
  }

  /** The version to go on from, undefined where a new list is needed. */
  async function watch(from: string): Promise<string | undefined> {
    const seconds = Math.ceil((limits.watchMs / 1_000) * (1 + Math.random()))
    const query = new URLSearchParams({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: from,
      timeoutSeconds: String(seconds),
    })
    const ask = { resource, verb: 'watch', path: `${path}?${query.toString()}`, limit: MAX_EVENT } as const
    const opened = await api.open(ask, signal)
    if (opened.kind !== 'opened') {
      const why = setbackOf(opened)
      await fail('watch', why)
      return why.kind === 'lost' && !why.anew ? from : undefined
    }
    const began = now()
    watched = true
    currentAt = began
    setback = undefined
    forbiddenAt = undefined
    troubles.worked({ resource, verb: 'watch' })
    const { version, why } = await listen(opened.body, from)
    watched = false
    if (signal.aborted) return undefined
    const lived = now() - began
    if (lived >= SHORT_MS) fails = 0
    if (why !== undefined) await fail('watch', why)
    else if (lived < SHORT_MS) await pause(undefined)
    return why === undefined || (why.kind === 'lost' && !why.anew) ? version : undefined
  }

  /** Takes events in until the watch ends; `why` is undefined where the server ended it in peace. */
  async function listen(body: AsyncIterable<unknown>, from: string): Promise<{ version: string; why?: Setback }> {
    let version = from
    const heard = (): void => {
      currentAt = now()
    }
    try {
      for await (const line of linesOf(heardFrom(body, heard), MAX_EVENT)) {
        const event = readEvent(line)
        if (event === undefined) return { version, why: { kind: 'lost', why: 'an event that is none', anew: true } }
        if (event.type === 'ERROR') return { version, why: failedEvent(event.object) }
        if (event.type === 'ADDED' || event.type === 'MODIFIED') store.set(event.object)
        else if (event.type === 'DELETED') store.delete(event.object)
        version = readVersion(event.object) ?? version
      }
      heard()
      return { version }
    } catch (error) {
      if (signal.aborted) return { version }
      const silent = isTimeout(error)
      // A connection that broke was good until now; of one that fell silent nobody knows since when.
      if (!silent) heard()
      const anew = silent || error instanceof LineTooLong
      return { version, why: { kind: 'lost', why: silent ? 'it fell silent' : whyLost(error), anew } }
    }
  }

  async function fail(verb: 'list' | 'watch', why: Setback): Promise<void> {
    if (signal.aborted) return
    setback = why
    forbiddenAt = why.kind === 'forbidden' ? (forbiddenAt ?? now()) : undefined
    if (why.kind === 'forbidden') troubles.forbidden({ resource, verb })
    else if (why.kind === 'too-large') troubles.lost({ resource, verb }, 'its answer is too large')
    else if (why.kind === 'lost') troubles.lost({ resource, verb }, why.why)
    await pause(why)
  }

  async function pause(why: Setback | undefined): Promise<void> {
    const asked = why?.kind === 'lost' ? Math.min(why.retryAfterMs ?? 0, limits.mostBackOffMs) : 0
    const own = Math.min(limits.backOffMs * 2 ** fails, limits.mostBackOffMs)
    fails = Math.min(fails + 1, 20)
    const most = barred() || why?.kind === 'too-large' ? limits.forbiddenMs : Math.max(asked, own)
    // Many of us wait for the same server: each between half and all of it.
    await sleep(Math.max(asked, most * (0.5 + Math.random() / 2)), undefined, { signal }).catch(() => undefined)
  }

  function barred(): boolean {
    return forbiddenAt !== undefined && now() - forbiddenAt >= limits.settleMs
  }

  return {
    barred,
    age: () => (currentAt === undefined ? undefined : watched ? 0 : (now() - currentAt) / 1_000),
    setback: () => setback,
    ended: run(),
  }
}

async function* heardFrom(body: AsyncIterable<unknown>, heard: () => void): AsyncGenerator {
  for await (const piece of body) {
    heard()
    yield piece
  }
}

function failedEvent(status: unknown): Setback {
  const code = statusCode(status)
  return code === EXPIRED ? { kind: 'expired' } : { kind: 'lost', why: `an error event (${code})`, anew: true }
}
