/** How long a review may take, in milliseconds from the request's first byte. */
export interface TimeBudget {
  /** When its signal fires: what is not known by then stays unknown. */
  readonly deadline: number
  /** When the server stops waiting, and answers by itself. */
  readonly lastCall: number
}

/** The answer must be written, sent and read before the API server gives up: it counts from before the request was sent. */
const MAX_MARGIN = 500

/** The share of a short timeout that is kept back. */
const MARGIN_SHARE = 0.1

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 36e5,
}

const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y

/** Longer than any duration that Go prints. */
const MAX_DURATION_TEXT = 32

/**
 * What the API server leaves us, by the `timeout` of its query (`10s`, `1m30s`, Go's form), and never more than `most` milliseconds. A
 * timeout that is absent, not above zero, or none counts as `most`.
 */
export function timeBudget(timeout: unknown, most: number): TimeBudget {
  const asked = typeof timeout === 'string' ? goDuration(timeout) : undefined
  const whole = asked === undefined || asked <= 0 ? most : Math.min(asked, most)
  const margin = Math.min(MAX_MARGIN, whole * MARGIN_SHARE)
  return { deadline: whole - margin, lastCall: whole - margin / 2 }
}

/** Milliseconds, or undefined where Go's `time.ParseDuration` would not read it, or it is negative. */
function goDuration(text: string): number | undefined {
  if (text === '' || text.length > MAX_DURATION_TEXT) return undefined
  let total = 0
  PART.lastIndex = 0
  while (PART.lastIndex < text.length) {
    const part = PART.exec(text)
    if (part === null) return undefined
    total += Number(part[1]) * (UNITS[part[2] ?? ''] ?? Number.NaN)
  }
  return total
}
