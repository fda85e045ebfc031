import { setTimeout as sleep } from 'node:timers/promises'
import { afterLook, needsEvents, notYet } from '../../engine/forecast/index.ts'
import type { Followed, Forecast, ForecastUse, PodView, PullEvent, Result } from '../../engine/forecast/index.ts'

export interface FollowOptions {
  /** Never throws. */
  readonly readPod: (namespace: string, name: string, signal: AbortSignal) => Promise<PodView | 'gone' | 'unread'>
  /** What the kubelet said of a pod's images; undefined: it cannot be read. Never throws. */
  readonly readEvents: (
    namespace: string,
    uid: string,
    signal: AbortSignal,
  ) => Promise<readonly PullEvent[] | undefined>
  /** Called once for each forecast that was given. */
  readonly onSettled: (settled: Settled) => void
  /** Milliseconds; only differences matter. */
  readonly now?: () => number
  readonly limits?: Partial<FollowLimits>
}

export interface Settled {
  readonly forecast: Forecast
  readonly uses: readonly {
    readonly use: ForecastUse
    readonly result: Result
    /** What the kubelet showed: `ImagePullBackOff`, `started`; empty where nothing was seen. */
    readonly saw: string
  }[]
}

export interface FollowLimits {
  /** Followed at the same time; what comes on top is `unknown`. */
  readonly most: number
  /** Of those, of one namespace, so that none takes the room of all. */
  readonly mostOfNamespace: number
  /** Milliseconds from the review to each look; with the last one it is over. */
  readonly looks: readonly number[]
  /** Between two looks at whatever pods: at most ten requests a second. */
  readonly gapMs: number
  readonly requestMs: number
}

const SECOND = 1_000
const MINUTE = 60 * SECOND

const defaultLimits: FollowLimits = {
  most: 1_000,
  mostOfNamespace: 100,
  // A failure is seen at the first or second, and believed at the next; a large image, or a node that is yet to come, takes longer.
  looks: [10 * SECOND, 40 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 60 * MINUTE],
  gapMs: 200,
  requestMs: 10 * SECOND,
}

export interface Follower {
  /** Returns at once; nothing of it waits for the API server. */
  follow(forecast: Forecast): void
  /** How many are followed now. */
  pending(): number
  /** What is still open is `unknown`. */
  close(): Promise<void>
}

interface Entry {
  readonly forecast: Forecast
  readonly since: number
  looks: number
  known: readonly Followed[]
}

/** Looks at pods, by name and some few times each, until it is seen whether they start. */
export function followForecasts(options: FollowOptions): Follower {
  const { readPod, readEvents, onSettled, now = () => performance.now() } = options
  const limits = { ...defaultLimits, ...options.limits }
  const ending = new AbortController()
  const entries = new Map<string, Entry>()
  let working: Promise<void> | undefined

  function settle({ forecast, known }: Pick<Entry, 'forecast' | 'known'>): void {
    const uses = forecast.uses.map((use, at) => {
      const { result = 'unknown', saw } = known[at] ?? notYet
      return { use, result, saw }
    })
    onSettled({ forecast, uses })
  }

  function follow(forecast: Forecast): void {
    const key = keyOf(forecast)
    // An API server may ask twice about the same pod.
    if (entries.has(key)) return
    const ofNamespace = [...entries.values()].filter((entry) => entry.forecast.namespace === forecast.namespace).length
    if (ending.signal.aborted || entries.size >= limits.most || ofNamespace >= limits.mostOfNamespace) {
      settle({ forecast, known: [] })
      return
    }
    entries.set(key, { forecast, since: now(), looks: 0, known: forecast.uses.map(() => notYet) })
    working ??= work().finally(() => {
      working = undefined
    })
  }

  const dueAt = ({ since, looks }: Entry): number => since + (limits.looks[looks] ?? 0)

  /** Goes on while there is something to follow. */
  async function work(): Promise<void> {
    while (entries.size > 0 && !ending.signal.aborted) {
      let next: [string, Entry] | undefined
      for (const each of entries) if (next === undefined || dueAt(each[1]) < dueAt(next[1])) next = each
      if (next === undefined) return
      // Whatever comes meanwhile is due no sooner than the first look after it.
      const wait = Math.min(dueAt(next[1]) - now(), limits.looks[0] ?? 0)
      if (wait > 0) await pause(wait)
      else await look(...next)
    }
  }

  async function look(key: string, entry: Entry): Promise<void> {
    const { forecast, known } = entry
    const { namespace, name, uid } = forecast
    const read = await readPod(namespace, name, within())
    // Another of its name.
    const pod = typeof read === 'object' && read.uid !== uid ? 'gone' : read
    const seen = { pod, last: entry.looks + 1 >= limits.looks.length }
    const events = needsEvents(forecast, known, seen) ? await readEvents(namespace, uid, within()) : undefined
    if (ending.signal.aborted) return
    entry.known = afterLook(forecast, known, seen, events)
    entry.looks += 1
    if (seen.last || entry.known.every(({ result }) => result !== undefined)) {
      entries.delete(key)
      settle(entry)
    }
    await pause(limits.gapMs)
  }

  const within = (): AbortSignal => AbortSignal.any([ending.signal, AbortSignal.timeout(limits.requestMs)])
  const pause = (ms: number): Promise<void> =>
    sleep(ms, undefined, { signal: ending.signal, ref: false }).catch(() => undefined)

  return {
    follow,
    pending: () => entries.size,
    async close() {
      ending.abort()
      await working
      for (const entry of entries.values()) settle(entry)
      entries.clear()
    },
  }
}

function keyOf({ uid, uses }: Forecast): string {
  return [uid, ...uses.map(({ role, name }) => `${role}/${name}`)].join(' ')
}
