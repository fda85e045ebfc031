import { parseDuration } from '../../base/duration.ts'

/** How long a review may take, in milliseconds from the request's first byte. */
export interface TimeBudget {
  /** When its signal fires: what is not known by then stays unknown. */
  readonly deadline: number
  /** When the server stops waiting, and answers by itself. */
  readonly lastCall: number
}

/**
 * The answer must be written, sent and read before the API server gives up: it counts from before the request was sent, and on a node
 * whose processors have more to do than they can, each of these takes some hundred milliseconds.
 */
const MAX_MARGIN = 1_500

/** The share of a shorter timeout that is kept back. */
const MARGIN_SHARE = 0.15

/**
 * What the API server leaves us, by the `timeout` of its query (`10s`, `1m30s`, Go's form), and never more than `most` milliseconds. A
 * timeout that is absent, not above zero, or none counts as `most`.
 */
export function timeBudget(timeout: unknown, most: number): TimeBudget {
  const asked = typeof timeout === 'string' ? parseDuration(timeout) : undefined
  const whole = asked === undefined || asked <= 0 ? most : Math.min(asked, most)
  const margin = Math.min(MAX_MARGIN, whole * MARGIN_SHARE)
  return { deadline: whole - margin, lastCall: whole - margin / 2 }
}
