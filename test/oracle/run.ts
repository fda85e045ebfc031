// The oracle: each scenario judged by the product and by a real kubelet.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startLab } from '../lab/cluster.ts'
import { MAIN } from '../support/command.ts'
import { connectApi } from './api.ts'
import { gradeOf } from './grade.ts'
import type { Row } from './grade.ts'
import type { Observation } from './kubelet.ts'
import type { Grouped } from './load.ts'
import { observeAll } from './observe.ts'
import { followPods } from './pods.ts'
import { prepare } from './prepare.ts'
import type { Case } from './prepare.ts'
import { judge, reviewFor } from './product.ts'
import type { Answer } from './product.ts'
import { stage } from './servers.ts'

export interface OracleOptions {
  readonly scenarios: readonly Grouped[]
  readonly say: (line: string) => void
  /** Called before the kubelet is given anything: the node is as it was when the product was asked. */
  readonly before?: (ask: Ask) => Promise<void>
  /** Called once the run is over, with all of it still up. */
  readonly after?: () => Promise<void>
}

/** Asks a build of the product, by the path of its main file, of the scenarios of these names. */
export type Ask = (main: string, names: ReadonlySet<string>) => Promise<ReadonlyMap<string, Answer>>

/** Where the last run is kept: `run.json`, with the reviews, what was said and what was seen; and what the product wrote. */
export const RECORD = join(import.meta.dirname, '../../node_modules/.cache/pullable/oracle')

/** Of each end of a node's message. */
const MESSAGE = 300

export async function runOracle({ scenarios, say, before, after }: OracleOptions): Promise<readonly Row[]> {
  const start = performance.now()
  const told = (line: string): void =>
    say(`${String(Math.round((performance.now() - start) / 1000)).padStart(4)} s  ${line}`)
  const lab = await startLab({ say: told })
  const ends: (() => Promise<void>)[] = [() => lab.stop()]
  try {
    const api = await connectApi(lab.kubeconfig)
    ends.unshift(() => api.close())
    const pods = followPods(api)
    ends.unshift(() => {
      pods.close()
      return Promise.resolve()
    })
    told(`starting the registries of ${String(scenarios.length)} scenarios`)
    const set = await stage(
      scenarios.map(({ scenario }) => scenario),
      lab,
      join(RECORD, 'authorities'),
    )
    ends.unshift(() => set.close())
    told('making their objects')
    const cases = await prepare(set.staged, lab, api, pods)
    const ask: Ask = (main, names) =>
      judge(
        cases.map(({ question }) => question).filter(({ name }) => names.has(name)),
        {
          main,
          kubeconfig: lab.kubeconfig,
          hostsFolder: lab.hostsFolder,
          folder: join(RECORD, 'product'),
          reset: () => forgetAll(cases),
        },
      )
    told('asking the product')
    const answers = await ask(MAIN, new Set(scenarios.map(({ scenario }) => scenario.name)))
    // Now, since what the kubelet pulls is on the node from then on.
    await before?.(ask)
    told('asking the kubelet')
    const rows = await observe(cases, scenarios, answers, told, (one, tell) => observeAll(one, api, pods, tell))
    await record(rows, cases)
    await after?.()
    return rows
  } finally {
    // The lab is taken down whatever else fails.
    const problems: unknown[] = []
    for (const end of ends) await end().catch((error: unknown) => problems.push(error))
    for (const problem of problems) say(`at the end: ${String(problem)}`)
  }
}

function forgetAll(cases: readonly Case[]): void {
  for (const { staged } of cases) staged.reset()
}

async function observe(
  cases: readonly Case[],
  scenarios: readonly Grouped[],
  answers: ReadonlyMap<string, Answer>,
  told: (line: string) => void,
  observing: (cases: readonly Case[], tell: (one: Case, observed: Observation) => void) => Promise<void>,
): Promise<readonly Row[]> {
  forgetAll(cases)
  const seen = new Map<string, Observation>()
  await observing(cases, ({ staged: { scenario, places } }, observed) => {
    const message = places.unplace(observed.message).replace(/^Back-off pulling image "[^"]*": /, '')
    seen.set(scenario.name, { ...observed, message: shortened(message) })
    if (seen.size % 25 === 0) told(`${String(seen.size)} of ${String(cases.length)}`)
  })
  return scenarios.flatMap(({ group, scenario }) => {
    const answer = answers.get(scenario.name)
    const observed = seen.get(scenario.name)
    return answer === undefined || observed === undefined ? [] : [{ group, scenario, answer, observed }]
  })
}

function shortened(text: string): string {
  return text.length <= 2 * MESSAGE ? text : `${text.slice(0, MESSAGE)} ... ${text.slice(-MESSAGE)}`
}

async function record(rows: readonly Row[], cases: readonly Case[]): Promise<void> {
  await mkdir(RECORD, { recursive: true })
  const reviews = new Map(cases.map(({ question }) => [question.name, reviewFor(question)]))
  const kept = rows.map((row) => ({
    name: row.scenario.name,
    group: row.group,
    grade: gradeOf(row),
    observed: row.observed,
    answer: row.answer,
    review: reviews.get(row.scenario.name),
  }))
  await writeFile(join(RECORD, 'run.json'), `${JSON.stringify(kept, undefined, 1)}\n`)
}
