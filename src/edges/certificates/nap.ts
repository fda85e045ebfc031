import { setTimeout as sleep } from 'node:timers/promises'

/** A sleep that can be cut short. */
export interface Nap {
  /** Ends after so many milliseconds, with the signal, or when it is cut; at once where it was cut since the last one ended. */
  take(ms: number, signal: AbortSignal): Promise<void>
  readonly cut: () => void
}

/** Naps that may be cut one after the other; each is then followed by two requests. */
const MOST_CUTS = 5

/** Where one after the other is cut, they last `least` milliseconds. */
export function createNap(least: number): Nap {
  let isCut = false
  let cuts = 0
  let wake: (() => void) | undefined

  return {
    async take(ms, signal) {
      const sure = cuts < MOST_CUTS ? 0 : Math.min(ms, least)
      if (sure > 0) await slept(sure, signal)
      if (!isCut) {
        const waking = new AbortController()
        wake = () => waking.abort()
        await slept(ms - sure, AbortSignal.any([signal, waking.signal]))
        wake = undefined
      }
      cuts = isCut ? cuts + 1 : 0
      isCut = false
    },
    cut() {
      isCut = true
      wake?.()
    },
  }
}

function slept(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal, ref: false }).catch(() => undefined)
}
