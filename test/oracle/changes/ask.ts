// What the product says once it is changed.
import type { Grouped } from '../load.ts'
import type { Answer } from '../product.ts'
import type { Ask } from '../run.ts'
import type { Change } from './change.ts'
import { withCopy } from './copy.ts'

type Answers = ReadonlyMap<string, Answer>

export interface AskedAgain {
  /** Of a copy without a change: where this is red, a change does not show. */
  readonly unchanged: Answers
  readonly changed: readonly { readonly change: Change; readonly answers: Answers }[]
}

/**
 * Asks again with each change in turn that one of the scenarios is to see, the groups of those that see it. What is transient is not
 * asked: it takes long, and may be otherwise each time.
 */
export async function askAgain(
  changes: readonly Change[],
  scenarios: readonly Grouped[],
  ask: Ask,
  say: (line: string) => void,
): Promise<AskedAgain> {
  const asked = changes
    .map((change) => ({ change, names: namesFor(change, scenarios) }))
    .filter(({ names }) => names.size > 0)
  if (asked.length === 0) return { unchanged: new Map(), changed: [] }
  say(`asking the product again, with ${String(asked.length)} changes that break it`)
  return withCopy(async (copy) => {
    const unchanged = await ask(copy.main, new Set(asked.flatMap(({ names }) => [...names])))
    const answered: AskedAgain['changed'][number][] = []
    for (const { change, names } of asked) {
      say(`  ${change.name}: ${change.breaks}`)
      answered.push({ change, answers: await copy.changed(change, () => ask(copy.main, names)) })
    }
    return { unchanged, changed: answered }
  })
}

function namesFor({ caught }: Change, scenarios: readonly Grouped[]): ReadonlySet<string> {
  const groups = new Set(scenarios.filter(({ scenario }) => caught.includes(scenario.name)).map(({ group }) => group))
  return new Set(
    scenarios
      .filter(({ group, scenario }) => groups.has(group) && scenario.exception !== 'transient')
      .map(({ scenario }) => scenario.name),
  )
}
