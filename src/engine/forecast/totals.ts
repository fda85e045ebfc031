import { results } from './forecast.ts'
import type { Result } from './forecast.ts'
import { listOf, own, textOf } from './own.ts'

export type ByResult = Readonly<Record<Result, number>>

/** Images that were said not to start, by cause and registry. */
export interface ForecastRow {
  /** Short, of a closed list. */
  readonly cause: string
  /** `registry.example:5000`; `other` for those that are too many to tell apart, empty for what is no reference. */
  readonly host: string
  readonly outcome: 'failing' | 'undetermined'
  readonly results: ByResult
}

/** What was learned, by one replica or by all. */
export interface Totals {
  /** Milliseconds since 1970, of the first and the last count. */
  readonly from: number
  readonly to: number
  /** Pods that were judged and admitted. */
  readonly judged: number
  /** Pods that would have been denied, by what became of them. */
  readonly pods: ByResult
  readonly rows: readonly ForecastRow[]
}

export const noResults: ByResult = { right: 0, wrong: 0, unproved: 0, unknown: 0 }
export const noTotals: Totals = { from: 0, to: 0, judged: 0, pods: noResults, rows: [] }

/** All causes with some dozens of registries each; what comes later is `other`. */
const MAX_ROWS = 400
export const OTHER_HOST = 'other'

/** Both together. */
export function addTotals(a: Totals, b: Totals): Totals {
  if (isEmpty(a)) return b
  if (isEmpty(b)) return a
  const rows = new Map(a.rows.map((row) => [keyOf(row), row]))
  for (const row of b.rows) {
    const known = rows.has(keyOf(row)) || rows.size < MAX_ROWS
    const into = known ? row : { ...row, host: OTHER_HOST }
    const old = rows.get(keyOf(into))?.results ?? noResults
    rows.set(keyOf(into), { ...into, results: addResults(old, row.results) })
  }
  return {
    from: Math.min(a.from, b.from),
    to: Math.max(a.to, b.to),
    judged: a.judged + b.judged,
    pods: addResults(a.pods, b.pods),
    rows: [...rows.values()].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1)),
  }
}

export function isEmpty({ judged, pods, rows }: Totals): boolean {
  return judged === 0 && rows.length === 0 && results.every((result) => pods[result] === 0)
}

export function sumOf(counts: ByResult): number {
  return results.reduce((sum, result) => sum + counts[result], 0)
}

function addResults(a: ByResult, b: ByResult): ByResult {
  return {
    right: a.right + b.right,
    wrong: a.wrong + b.wrong,
    unproved: a.unproved + b.unproved,
    unknown: a.unknown + b.unknown,
  }
}

function keyOf({ cause, host, outcome }: ForecastRow): string {
  return `${cause} ${outcome} ${host}`
}

/** As it is kept in a cluster. */
export function totalsText(totals: Totals): string {
  return JSON.stringify(totals)
}

/** Undefined for what is none; rows that are none are left out. Whoever may write the object may write anything. */
export function readTotals(text: string): Totals | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const pods = own(value, 'pods')
  if (typeof pods !== 'object' || pods === null) return undefined
  return {
    from: countAt(value, 'from'),
    to: countAt(value, 'to'),
    judged: countAt(value, 'judged'),
    pods: readResults(pods),
    rows: listOf(value, 'rows').flatMap((row) => readRow(row)),
  }
}

const CAUSE = /^[a-z][a-z0-9-]{0,63}$/
const HOST = /^[A-Za-z0-9._:[\]-]{0,255}$/

function readRow(row: unknown): readonly ForecastRow[] {
  const cause = textOf(row, 'cause')
  const host = textOf(row, 'host')
  const outcome = textOf(row, 'outcome')
  if (!CAUSE.test(cause) || !HOST.test(host) || (outcome !== 'failing' && outcome !== 'undetermined')) return []
  return [{ cause, host, outcome, results: readResults(own(row, 'results')) }]
}

function readResults(from: unknown): ByResult {
  return {
    right: countAt(from, 'right'),
    wrong: countAt(from, 'wrong'),
    unproved: countAt(from, 'unproved'),
    unknown: countAt(from, 'unknown'),
  }
}

function countAt(from: unknown, key: string): number {
  const value = own(from, key)
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0
}
