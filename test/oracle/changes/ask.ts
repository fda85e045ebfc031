// What the product says once it is changed.
import { join } from 'node:path'
import type { Grouped } from '../load.ts'
import type { Answer } from '../product.ts'
import type { Ask } from '../run.ts'
import type { Change } from './change.ts'
import { withCopy } from './copy.ts'

type Answers = ReadonlyMap<string, Answer>

export interface AskedAgain {
  /** Of a copy without a change: what differs from the first answers has moved on since. */
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
  const askCopy = (change: Change | undefined, names: readonly string[]): Promise<Answers> =>
    withCopy(change, (src) => ask(join(src, 'main.ts'), new Set(names)))
  const asked = changes
    .map((change) => ({ change, names: namesFor(change, scenarios) }))
    .filter(({ names }) => names.length > 0)
  if (asked.length === 0) return { unchanged: new Map(), changed: [] }
  say(`asking the product again, with ${String(asked.length)} changes that break it`)
  const unchanged = await askCopy(
    undefined,
    asked.flatMap(({ names }) => names),
  )
  const changed: AskedAgain['changed'][number][] = []
  for (const { change, names } of asked) {
    say(`  ${change.name}: ${change.breaks}`)
    changed.push({ change, answers: await askCopy(change, names) })
  }
  return { unchanged, changed }
}

function namesFor({ caught }: Change, scenarios: readonly Grouped[]): readonly string[] {
  const groups = new Set(scenarios.filter(({ scenario }) => caught.includes(scenario.name)).map(({ group }) => group))
  return scenarios
    .filter(({ group, scenario }) => groups.has(group) && scenario.exception !== 'transient')
    .map(({ scenario }) => scenario.name)
}
