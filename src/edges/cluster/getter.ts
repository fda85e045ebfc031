import { LRUCache } from 'lru-cache'
import type { Read, Reading } from '../../engine/review/index.ts'
import type { ClusterLimits } from './options.ts'

/** Objects by key, each read when it is asked for. Never throws. */
export interface Getter<T> {
  get(key: string, reading: Reading): Promise<Read<T>>
  /** Ends what is on its way. */
  close(): void
}

interface GetterParts<T> {
  readonly read: (key: string, signal: AbortSignal) => Promise<Read<T>>
  /** Bytes, roughly. */
  readonly weigh: (value: T) => number
  readonly limits: ClusterLimits
  readonly now: () => number
}

interface Flight<T> {
  readonly began: number
  readonly answer: Promise<Read<T>>
  readonly controller: AbortController
  waiting: number
}

const away = { kind: 'unreadable', detail: 'unreachable' } as const

/** Keeps for seconds what was found, never that something is absent; a question on its way is shared by all who may know its answer. */
export function createGetter<T extends object>({ read, weigh, limits, now }: GetterParts<T>): Getter<T> {
  const kept = new LRUCache<string, T>({
    maxSize: limits.keptBytes,
    sizeCalculation: (value, key) => 200 + key.length * 2 + weigh(value),
    ttl: limits.keptMs,
    ttlResolution: 0,
    perf: { now },
  })
  /** The newest for each key; `all` has those, too, that a fresh question overtook. */
  const flights = new Map<string, Flight<T>>()
  const all = new Set<Flight<T>>()
  let closed = false
  // Orders questions and flights, where the clock is too coarse.
  let turn = 0

  function start(key: string): Flight<T> {
    const controller = new AbortController()
    const deadline = setTimeout(() => {
      controller.abort()
    }, limits.flightMs)
    // Nothing in it throws; if it does, nobody must die of it.
    const reading = read(key, controller.signal).catch(() => away)
    const answer = reading.then((found) => {
      clearTimeout(deadline)
      all.delete(flight)
      // What a later flight learns is newer.
      if (flights.get(key) !== flight) return found
      flights.delete(key)
      if (found.kind === 'found') kept.set(key, found.value)
      else if (found.kind === 'absent') kept.delete(key)
      return found
    })
    const flight: Flight<T> = { began: (turn += 1), answer, controller, waiting: 0 }
    flights.set(key, flight)
    all.add(flight)
    return flight
  }

  return {
    async get(key, { signal, fresh }) {
      if (closed || signal.aborted) return away
      const asked = (turn += 1)
      const old = fresh ? undefined : kept.get(key)
      if (old !== undefined) return { kind: 'found', value: old, aged: true }
      let flight = flights.get(key)
      if (fresh || flight === undefined) flight = start(key)
      let answer = await join(key, flight, signal)
      // It had begun before it was asked for: the object may have been made in between.
      if (flight.began < asked && answer.kind === 'absent') {
        const next = flights.get(key)
        flight = next !== undefined && next.began > asked ? next : start(key)
        answer = await join(key, flight, signal)
      }
      return flight.began < asked && answer.kind === 'found' ? { ...answer, aged: true } : answer
    },
    close() {
      closed = true
      for (const { controller } of all) controller.abort()
      kept.clear()
    },
  }

  function join(key: string, flight: Flight<T>, signal: AbortSignal): Promise<Read<T>> {
    flight.waiting += 1
    return new Promise((resolve) => {
      let left = false
      const leave = (answer: Read<T>): void => {
        if (left) return
        left = true
        signal.removeEventListener('abort', stop)
        flight.waiting -= 1
        resolve(answer)
      }
      const stop = (): void => {
        leave(away)
        if (flight.waiting > 0) return
        flight.controller.abort()
        if (flights.get(key) === flight) flights.delete(key)
      }
      signal.addEventListener('abort', stop, { once: true })
      void flight.answer.then(leave)
    })
  }
}
