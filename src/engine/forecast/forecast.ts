import type { ImageUse } from '../workload/index.ts'
import type { Cause } from '../verdict/index.ts'

/** One image of an admitted pod that was said not to start, and would have been denied for it. */
export interface ForecastUse {
  readonly role: ImageUse['role']
  /** The container's or the volume's name. */
  readonly name: string
  readonly image: string
  readonly outcome: 'failing' | 'undetermined'
  readonly cause: Cause
  /** The registry's; empty where the image is no reference. */
  readonly host: string
  /** What was found, in a line, fit to print. */
  readonly believed: string
}

/** What was said of a pod that was admitted all the same. */
export interface Forecast {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly uses: readonly ForecastUse[]
}

/**
 * What became of it. `right`: it failed as was said. `wrong`: the kubelet pulled the image and it started, so nodes know more than we
 * do. `unproved`: it started, but from an image that the node had, or the kubelet does not say how it got it. `unknown`: never seen.
 */
export const results = ['right', 'wrong', 'unproved', 'unknown'] as const
export type Result = (typeof results)[number]

/** Of a pod: one image that fails keeps the whole pod from starting, so one that was right makes the denial right. */
export function resultOfPod(uses: readonly Result[]): Result {
  return (['right', 'wrong', 'unproved'] as const).find((result) => uses.includes(result)) ?? 'unknown'
}
