import type { Logger, Metrics } from '../../base/telemetry/index.ts'
import { readAdmissionReview, respond } from '../../engine/admission/index.ts'
import type { TimeBudget } from './time-budget.ts'

/** Judges one parsed body. `deadline` fires when the time to find out is over; the answer is due at once then. */
export type Review = (
  body: unknown,
  context: { readonly deadline: AbortSignal },
) => Promise<
  { readonly kind: 'answered'; readonly response: object } | { readonly kind: 'unreadable'; readonly problem: string }
>

export interface Reviewing {
  readonly review: Review
  readonly metrics: Pick<Metrics, 'unreadable' | 'unanswered'>
  readonly log: Logger
}

export interface Timing extends TimeBudget {
  /** Milliseconds since the request's first byte. */
  readonly elapsed: () => number
  /** Calls back if the client goes away before it is answered. */
  readonly onGone: (stop: () => void) => void
}

export interface HttpAnswer {
  readonly status: number
  readonly json: string
}

/** Time for a review to say that it had none. */
const LEAST_WAIT = 20

const LATE = Symbol('late')

/** Why the deadline fires. Without one, each review would make an error with a stack of its own, for nobody to read. */
const OVER = new Error('the review is over')

/**
 * An answer in any case and in time. A review that throws, or does not come back, is our fault and not the pod's: it is admitted,
 * with a warning that says so.
 */
export async function answerReview(body: unknown, timing: Timing, reviewing: Reviewing): Promise<HttpAnswer> {
  const { review, metrics, log } = reviewing
  const controller = new AbortController()
  let answered = false
  const stop = (): void => {
    if (!answered) controller.abort(OVER)
  }
  timing.onGone(stop)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<typeof LATE>((resolve) => {
    const lastCall = (): void => {
      stop()
      timer = setTimeout(() => resolve(LATE), Math.max(LEAST_WAIT, timing.lastCall - timing.elapsed()))
    }
    timer = setTimeout(lastCall, Math.max(0, timing.deadline - timing.elapsed()))
  })
  try {
    const outcome = await Promise.race([review(body, { deadline: controller.signal }), late])
    if (outcome === LATE) {
      metrics.unanswered('deadline')
      log.error({ uid: uidOf(body) }, 'review did not come back in time')
      return unjudged(body, 'out of time', reviewing)
    }
    if (outcome.kind === 'unreadable') return unreadable(outcome.problem, reviewing)
    return { status: 200, json: JSON.stringify(outcome.response) }
  } catch (thrown) {
    stop()
    const error = thrown instanceof Error ? thrown : new Error('not an error', { cause: thrown })
    metrics.unanswered('error')
    log.error({ uid: uidOf(body), error }, 'review failed')
    return unjudged(body, 'internal error', reviewing)
  } finally {
    clearTimeout(timer)
    answered = true
  }
}

/** HTTP 400, since there is no review to answer: the API server goes by the webhook's failurePolicy. */
export function unreadable(problem: string, { metrics, log }: Pick<Reviewing, 'metrics' | 'log'>): HttpAnswer {
  metrics.unreadable()
  log.debug({ problem }, 'request is no review')
  return { status: 400, json: JSON.stringify({ error: 'unreadable', problem }) }
}

function unjudged(body: unknown, why: string, reviewing: Reviewing): HttpAnswer {
  const reading = readAdmissionReview(body)
  if (reading.kind === 'unreadable') return unreadable(reading.problem, reviewing)
  const warnings = [`pullable could not judge this: ${why}`]
  return { status: 200, json: JSON.stringify(respond(reading.request, { warnings, annotations: { error: why } })) }
}

function uidOf(body: unknown): string | undefined {
  const reading = readAdmissionReview(body)
  return reading.kind === 'request' ? reading.request.uid : undefined
}
