// What a prediction was worth.
import type { Observation } from './kubelet.ts'
import type { Answer } from './product.ts'
import type { Scenario } from './schema.ts'

/**
 * `agreed`: pullable and it ran, or failing and it did not. `false denial`: failing, and it ran. `miss`: it did not, and we said pullable
 * or, without a stated exception, that we did not know; an `explained miss` is pullable with one. `undetermined`: we did not know.
 * `no pull`: nobody tried.
 */
export const grades = ['agreed', 'false denial', 'miss', 'explained miss', 'undetermined', 'no pull'] as const
export type Grade = (typeof grades)[number]

export interface Row {
  readonly scenario: Scenario
  readonly group: string
  readonly answer: Answer
  readonly observed: Observation
}

export function gradeOf({ scenario, answer, observed }: Row): Grade {
  const { verdict } = answer.checked
  switch (observed.outcome) {
    case 'runs':
      return verdict === 'failing' ? 'false denial' : verdict === 'pullable' ? 'agreed' : 'undetermined'
    case 'pull-fails':
    case 'crashes':
      if (verdict === 'failing') return 'agreed'
      if (scenario.exception === undefined) return 'miss'
      return verdict === 'pullable' ? 'explained miss' : 'undetermined'
    case 'waits':
    case 'undecided':
      return 'no pull'
  }
}

/** Why the row is red; empty where it is not. */
export function problemsOf(row: Row): readonly string[] {
  const { scenario, answer, observed } = row
  const { served, checked } = answer
  const { expect } = scenario
  const grade = gradeOf(row)
  const problems: string[] = []
  if (grade === 'false denial' || grade === 'miss') problems.push(grade)
  if (observed.outcome !== expect.node) problems.push(`the node: ${observed.outcome}, not ${expect.node}`)
  if (checked.cause !== expect.cause) problems.push(`the cause: ${String(checked.cause)}, not ${String(expect.cause)}`)
  if (expect.detail !== undefined && checked.detail !== expect.detail) {
    problems.push(`the detail: ${String(checked.detail)}, not ${expect.detail}`)
  }
  const differs = served.verdict !== checked.verdict || served.denied !== checked.denied
  if (differs || served.findings.join(', ') !== checked.findings.join(', ')) {
    problems.push(`the webhook says ${inWords(served)}, check says ${inWords(checked)}`)
  }
  return problems
}

function inWords({ verdict, denied, findings }: Answer['served']): string {
  return [verdict, ...(denied ? ['denied'] : []), ...findings].join(', ')
}
