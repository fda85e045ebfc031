// What the API server itself counted of the product's webhooks.
import type { Admin } from './admin.ts'

export interface Counters {
  /** Requests to the webhooks, answered or not. */
  readonly asked: number
  /** Calls that got no proper answer: all but `no_error` of `apiserver_admission_webhook_rejection_count`. */
  readonly failed: number
  /** Calls that got no proper answer and were admitted, since `failurePolicy` is `Ignore`. */
  readonly failedOpen: number
  /** Denials: `no_error` there. */
  readonly denied: number
}

export const NONE: Counters = { asked: 0, failed: 0, failedOpen: 0, denied: 0 }

/** Since the API server started. */
export async function readCounters(admin: Admin): Promise<Counters> {
  const { status, body } = await admin.ask('GET', '/metrics')
  if (status !== 200) throw new Error(`no metrics: ${String(status)} ${body}`)
  const counts = { ...NONE }
  for (const line of body.split('\n')) {
    const [, metric, labels = '', count] = /^apiserver_admission_webhook_(\w+)\{(.*)\} (\S+)$/.exec(line) ?? []
    if (!/name="\w+\.pullable\.dev"/.test(labels)) continue
    if (metric === 'request_total') counts.asked += Number(count)
    if (metric === 'fail_open_count') counts.failedOpen += Number(count)
    if (metric === 'rejection_count')
      counts[labels.includes('error_type="no_error"') ? 'denied' : 'failed'] += Number(count)
  }
  return counts
}

export function since(before: Counters, after: Counters): Counters {
  return {
    asked: after.asked - before.asked,
    failed: after.failed - before.failed,
    failedOpen: after.failedOpen - before.failedOpen,
    denied: after.denied - before.denied,
  }
}
