// npm run oracle                      judges every scenario by the product and by a real kubelet; writes docs/fidelity.md
// npm run oracle -- --only REGEX      only those whose name, or whose group, matches; writes nothing
// npm run oracle -- --changes         asks a product that is broken in one way after another, too; each must turn rows red
// npm run oracle -- --keep            leaves the cluster and the registries up, until Ctrl-C
import { parseArgs } from 'node:util'
import { stopLab } from '../lab/state.ts'
import { askAgain } from './changes/ask.ts'
import type { AskedAgain } from './changes/ask.ts'
import { loadChanges } from './changes/change.ts'
import { mustApply } from './changes/copy.ts'
import { linesOf, sightsOf } from './changes/sight.ts'
import { fidelityOf, writeFidelity } from './fidelity-file.ts'
import { grades, gradeOf, problemsOf } from './grade.ts'
import type { Row } from './grade.ts'
import { loadScenarios } from './load.ts'
import { countOf } from './report.ts'
import { RECORD, runOracle } from './run.ts'

async function main(): Promise<number> {
  const flag = { type: 'boolean', default: false } as const
  const { values } = parseArgs({ options: { only: { type: 'string' }, changes: flag, keep: flag } })
  const only = new RegExp(values.only ?? '')
  const scenarios = loadScenarios().filter(({ group, scenario }) => only.test(scenario.name) || only.test(group))
  const changes = values.changes ? loadChanges() : []
  mustApply(changes)
  let again: AskedAgain = { unchanged: new Map(), changed: [] }
  const rows = await runOracle({
    scenarios,
    say,
    async before(ask) {
      again = await askAgain(changes, scenarios, ask, say)
    },
    ...(values.keep ? { after: untilStopped } : {}),
  })
  for (const row of rows) print(row)
  const sights = sightsOf(rows, again)
  for (const sight of sights) for (const line of linesOf(sight)) say(line)
  const red = rows.filter((row) => problemsOf(row).length > 0).length
  const counts = grades.map((grade) => `${String(countOf(rows, grade))} ${grade}`)
  console.log(`\n${String(rows.length)} scenarios: ${counts.join(', ')}; ${String(red)} red`)
  console.log(`all that was said and seen: ${RECORD}/run.json`)
  if (values.only === undefined) writeFidelity(await fidelityOf(rows))
  return red > 0 || sights.some(({ unseen }) => unseen.length > 0) ? 1 : 0
}

function say(line: string): void {
  console.log(line)
}

function print(row: Row): void {
  const { scenario, answer, observed } = row
  const problems = problemsOf(row)
  const { checked } = answer
  const cause = `${checked.cause ?? checked.verdict}${checked.detail === null ? '' : `.${checked.detail}`}`
  const words = [problems.length > 0 ? 'RED ' : 'ok  ', scenario.name.padEnd(40), observed.outcome.padEnd(10), cause]
  console.log(`${words.join(' ')} (${gradeOf(row)})`)
  for (const problem of problems) console.log(`       ${problem}`)
  if (problems.length === 0) return
  console.log(`       node: ${observed.reason}: ${observed.message}`)
  console.log(`       we:   ${String(checked.message)}`)
}

async function untilStopped(): Promise<void> {
  console.log('the cluster and the registries stay up: Ctrl-C ends them')
  const { promise, resolve } = Promise.withResolvers<undefined>()
  for (const signal of SIGNALS) process.removeListener(signal, giveUp).on(signal, () => resolve(undefined))
  await promise
}

function giveUp(): void {
  console.error('taking the lab down')
  void stopLab().finally(() => process.exit(130))
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
for (const signal of SIGNALS) process.on(signal, giveUp)

process.exitCode = await main()
