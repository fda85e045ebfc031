import type { ObjectResult } from './result.ts'

export interface CheckReport {
  readonly apiVersion: 'pullable.dev/v1'
  readonly kind: 'CheckReport'
  readonly results: readonly ObjectResult[]
  readonly summary: Summary
}

export interface Summary {
  readonly objects: number
  readonly pullable: number
  readonly failing: number
  readonly undetermined: number
  readonly denied: number
  readonly warned: number
}

/** What `check -o json` prints. */
export function checkReport(results: readonly ObjectResult[]): CheckReport {
  return { apiVersion: 'pullable.dev/v1', kind: 'CheckReport', results, summary: summaryOf(results) }
}

export function summaryOf(results: readonly ObjectResult[]): Summary {
  const count = (matches: (result: ObjectResult) => boolean): number => results.filter(matches).length
  return {
    objects: results.length,
    pullable: count(({ verdict }) => verdict === 'pullable'),
    failing: count(({ verdict }) => verdict === 'failing'),
    undetermined: count(({ verdict }) => verdict === 'undetermined'),
    denied: count(({ decision }) => decision === 'deny'),
    warned: count(({ decision }) => decision === 'warn'),
  }
}
