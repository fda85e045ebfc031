// What came of the calls while something happened to the product, as a row of a table.
import type { Called, Said } from './calls.ts'
import type { Counters } from './counters.ts'
import { HANGS } from './kinds.ts'

export interface Period {
  readonly what: string
  /** By `performance.now()`. */
  readonly from: number
  readonly to: number
  /** What the API server counted meanwhile. */
  readonly counters: Counters
}

export interface Row extends Period {
  /** Those that were sent meanwhile. */
  readonly called: readonly Called[]
}

export function rowsOf(periods: readonly Period[], called: readonly Called[]): readonly Row[] {
  return periods.map((period) => ({
    ...period,
    called: called.filter(({ at }) => at >= period.from && at < period.to),
  }))
}

/** `kind: what was said: words`, each once, of the calls that were not answered as they should be. */
export function troublesOf({ called }: Row, isTrouble: (call: Called) => boolean): readonly string[] {
  return [...new Set(called.filter(isTrouble).map(({ kind, said, words }) => `${kind}: ${said}: ${words}`))].sort()
}

/** Not where a warning says that it would be denied, or why it cannot be told. */
function isWrong({ wants, said, words }: Called): boolean {
  return said === 'denied' ? wants !== said : said === 'admitted' && wants !== said && !EXPLAINED.test(words)
}

const EXPLAINED = /would be denied|view-incomplete/

/** Markdown. */
export function table(rows: readonly Row[]): string {
  const titles = [
    ...['what happened', 'seconds', 'calls', 'admitted', 'denied', 'wrong', 'failed', 'no API server'],
    ...[
      'reviews, counted by the API server',
      'failed, counted by it',
      'ms, median',
      'ms, most',
      'ms, a registry that hangs',
    ],
  ]
  const lines = [titles, titles.map((_, index) => (index === 0 ? '---' : '--:')), ...rows.map(cellsOf)]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function cellsOf({ what, from, to, called, counters }: Row): readonly string[] {
  const count = (...said: readonly Said[]): number => called.filter((each) => said.includes(each.said)).length
  const judged = called.filter(({ said }) => said !== 'no server')
  const quick = judged
    .filter(({ kind }) => kind !== HANGS)
    .map(({ ms }) => ms)
    .sort((a, b) => a - b)
  const slow = judged.filter(({ kind }) => kind === HANGS).map(({ ms }) => ms)
  const figures = [
    ...[Math.round((to - from) / 1000), called.length, count('admitted'), count('denied')],
    ...[called.filter(isWrong).length, count('failed', 'other'), count('no server')],
    ...[counters.asked, counters.failed + counters.failedOpen],
    ...[quick[Math.floor(quick.length / 2)] ?? 0, quick.at(-1) ?? 0, Math.max(0, ...slow)].map(Math.round),
  ]
  return [what, ...figures.map(String)]
}
