import { adviceOf, answerOf, deniedIn } from '../forecast/index.ts'
import type { Advice, Answer, ByResult, ForecastRow, Totals } from '../forecast/index.ts'
import type { Style } from './text.ts'

/** Judged pods below which nothing is called safe, where nobody says otherwise. */
export const LEAST_JUDGED = 100

/** What `audit -o json` prints; stable within `pullable.dev/v1`. */
export interface AuditReport {
  readonly apiVersion: 'pullable.dev/v1'
  readonly kind: 'AuditReport'
  readonly answer: Answer
  /** RFC 3339; null where nothing was counted yet. */
  readonly from: string | null
  readonly to: string | null
  readonly pods: { readonly judged: number; readonly wouldBeDenied: number } & ByResult
  readonly configureFirst: readonly Advice[]
  readonly images: readonly ForecastRow[]
}

export function auditReport(totals: Totals, least: number): AuditReport {
  return {
    apiVersion: 'pullable.dev/v1',
    kind: 'AuditReport',
    answer: answerOf(totals, least),
    from: dateOf(totals.from),
    to: dateOf(totals.to),
    pods: { judged: totals.judged, wouldBeDenied: deniedIn(totals), ...totals.pods },
    configureFirst: adviceOf(totals),
    images: totals.rows,
  }
}

/** In one line: `1204 pods judged, 12 would have been denied: 12 failed to start, 0 started, 0 started from what their node had, 0 unknown`. */
export function auditSummary(totals: Totals): string {
  const { right, wrong, unproved, unknown } = totals.pods
  const ends = `${right} failed to start, ${wrong} started, ${unproved} started from what their node had, ${unknown} unknown`
  return `${pods(totals.judged)} judged, ${deniedIn(totals)} would have been denied: ${ends}`
}

const MOST_ADVICE = 20

export interface AuditWords {
  readonly least: number
  /** What starts the counting anew: a command. */
  readonly anew: string
}

/** What `audit` prints for a person. */
export function auditText(totals: Totals, { least, anew }: AuditWords, style: Style): string {
  const { right, wrong, unproved, unknown } = totals.pods
  const since = dateOf(totals.from)
  const count = (number: number, words: string, paint?: (text: string) => string): string => {
    const line = `  ${String(number).padStart(6)}  ${words}`
    return paint !== undefined && number > 0 ? paint(line) : line
  }
  const lines = [
    `${since === null ? 'Until now' : `Since ${since}`}: ${pods(totals.judged)} judged, ${deniedIn(totals)} would have been denied:`,
    count(right, 'failed to start, as was said', style.green),
    count(wrong, 'started all the same: their nodes know more', style.red),
    count(
      unproved,
      'started, but from an image that their node had, or after a first failure: that proves nothing',
      style.yellow,
    ),
    count(unknown, 'were not seen to their end', style.dim),
    '',
    ...verdictLines(totals, least, style),
  ]
  const advice = adviceOf(totals)
  for (const { host, cause, wrong: images, fix } of advice.slice(0, MOST_ADVICE)) {
    const name = host === '' ? 'images that are no reference' : host
    lines.push(`  ${style.bold(name)} (${cause}, ${images} ${images === 1 ? 'image' : 'images'}): ${fix}`)
  }
  if (advice.length > MOST_ADVICE) lines.push(`  and ${advice.length - MOST_ADVICE} more`)
  if (wrong > 0 || unproved > 0) lines.push(`After that, start counting anew: ${anew}`)
  return `${lines.join('\n')}\n`
}

function verdictLines(totals: Totals, least: number, style: Style): readonly string[] {
  const { right, wrong, unproved, unknown } = totals.pods
  switch (answerOf(totals, least)) {
    case 'safe':
      return [
        right === 0
          ? `${style.green('Safe to enforce')}: nothing would have been denied.`
          : `${style.green('Safe to enforce')}: what would have been denied failed to start.`,
      ]
    case 'wrong':
      return [`${style.red('Not yet')}: ${pods(wrong)} would have been denied and started. Configure first:`]
    case 'unproved':
      return [
        `${style.yellow('Not proved')}: ${pods(unproved)} would have been denied and started from what their nodes had, which they would not have done if`,
        'denied. The log names them ("result":"unproved"): mend their images, or exempt them.',
      ]
    case 'too-few':
      return [
        totals.judged < least
          ? `${style.yellow('Too few yet')}: ${least} pods are to be judged before an answer (--least).`
          : `${style.yellow('Too few yet')}: of ${pods(unknown)} nobody saw what became of them; the log says why ("result":"unknown").`,
      ]
  }
}

function pods(count: number): string {
  return `${count} ${count === 1 ? 'pod' : 'pods'}`
}

/** Null for what lies outside of what a date can hold: whoever may write the object may write anything. */
function dateOf(ms: number): string | null {
  return ms <= 0 || ms > MAX_DATE ? null : new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}

const MAX_DATE = 8.64e15 // ECMAScript, "Time Values and Time Range"
