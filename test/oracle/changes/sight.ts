// Which rows see a change.
import type { Row } from '../grade.ts'
import { problemsOf } from '../grade.ts'
import type { Answer } from '../product.ts'
import type { AskedAgain } from './ask.ts'
import type { Change } from './change.ts'

export interface Sight {
  readonly change: Change
  /** The rows that it turned red, with the first reason. */
  readonly red: readonly { readonly name: string; readonly problem: string }[]
  /** Rows that ought to have turned red. Where there is one the oracle cannot see what it is there for. */
  readonly unseen: readonly string[]
}

/** Holds the answers of the changed product against what the kubelet did. Rows that are red without a change see nothing. */
export function sightsOf(rows: readonly Row[], { unchanged, changed }: AskedAgain): readonly Sight[] {
  const good = rows.filter((row) => isGood(row, unchanged.get(row.scenario.name)))
  return changed.map(({ change, answers }) => {
    const red = good.flatMap((row) => {
      const { name } = row.scenario
      const answer = answers.get(name)
      const [problem] = answer === undefined ? [] : problemsOf({ ...row, answer })
      return problem === undefined ? [] : [{ name, problem }]
    })
    const seen = new Set(red.map(({ name }) => name))
    const present = change.caught.filter((name) => rows.some(({ scenario }) => scenario.name === name))
    return { change, red, unseen: present.filter((name) => !seen.has(name)) }
  })
}

function isGood(row: Row, again: Answer | undefined): boolean {
  return problemsOf(row).length === 0 && again !== undefined && problemsOf({ ...row, answer: again }).length === 0
}

/** For the terminal: what each change turned red. */
export function linesOf({ change, red, unseen }: Sight): readonly string[] {
  const word = unseen.length > 0 ? 'RED ' : 'ok  '
  return [
    `${word} ${change.name}: ${change.breaks}: ${String(red.length)} red`,
    ...red.map(({ name, problem }) => `       ${name}: ${problem}`),
    ...unseen.map((name) => `       ${name} does not see it`),
  ]
}
