import type { Forecast, Result } from './forecast.ts'
import type { PullEvent } from './pod-events.ts'
import type { PodView } from './pod-state.ts'
import { proofOf, seeUse } from './settle.ts'

/** What is known of one image after the looks so far. */
export interface Followed {
  readonly result: Result | undefined
  /** What the kubelet showed: `ImagePullBackOff`, `started`. */
  readonly saw: string
  /** Seen failing once: the first failure alone may pass (a pull that overtakes its own secret is mended by the next). */
  readonly failed: boolean
  /** Seen running once. */
  readonly ran: boolean
}

export const notYet: Followed = { result: undefined, saw: '', failed: false, ran: false }

/** One look. `gone`: the pod is there no more, or another has its name; `unread`: it could not be read. */
export interface Look {
  readonly pod: PodView | 'gone' | 'unread'
  /** After this one there is none. */
  readonly last: boolean
}

/** Whether the kubelet's events are needed to settle what this look shows. */
export function needsEvents({ uses }: Forecast, known: readonly Followed[], { pod, last }: Look): boolean {
  if (typeof pod === 'string') return false
  return uses.some((use, at) => {
    const before = known[at] ?? notYet
    const sight = seeUse(use, pod)
    return before.result === undefined && sight.kind === 'started' && (sight.steady || before.ran || last)
  })
}

/** What is known with this look; `events` are undefined where they were not needed, or could not be read. */
export function afterLook(
  { uses }: Forecast,
  known: readonly Followed[],
  { pod, last }: Look,
  events: readonly PullEvent[] | undefined,
): readonly Followed[] {
  return uses.map((use, at): Followed => {
    const before = known[at] ?? notYet
    if (before.result !== undefined) return before
    if (pod === 'unread') return last ? ended(before) : before
    if (pod === 'gone') return ended(before)
    const sight = seeUse(use, pod)
    switch (sight.kind) {
      case 'lost':
        return ended(before)
      case 'open':
        return last ? ended(before) : before
      case 'failing': {
        const { saw, sure } = sight
        const right = sure || before.failed || last
        return { ...before, failed: true, saw, result: right ? 'right' : undefined }
      }
      case 'started': {
        if (!sight.steady && !before.ran && !last) return { ...before, ran: true, saw: 'running' }
        // It failed before our eyes, and was mended. Events may come late, or not at all.
        const result = before.failed ? 'unproved' : (proofOf(use, events) ?? (last ? 'unproved' : undefined))
        return { ...before, ran: true, saw: 'started', result }
      }
    }
  })
}

/** Somebody took it away while it failed, or nothing was ever seen of it. */
function ended(before: Followed): Followed {
  return { ...before, result: before.failed ? 'right' : 'unknown' }
}
