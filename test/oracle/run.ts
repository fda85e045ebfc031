// The oracle: each scenario judged by the product and by a real kubelet.
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
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

export async function runOracle(options: OracleOptions): Promise<readonly Row[]> {
  const ends: (() => Promise<void>)[] = []
  try {
    return await run(options, (end) => ends.unshift(end))
  } finally {
    await endAll(ends)
  }
}

async function endAll(ends: readonly (() => Promise<void>)[]): Promise<void> {
  const problems: unknown[] = []
  for (const end of ends) await end().catch((error: unknown) => problems.push(error))
  if (problems.length > 0) throw new AggregateError(problems, `at the end: ${problems.map(String).join('; ')}`)
}

/** `atEnd` is told what is to be done whatever happens, the last first. */
async function run(
  { scenarios, say, before, after }: OracleOptions,
  atEnd: (end: () => Promise<void>) => void,
): Promise<readonly Row[]> {
  const start = performance.now()
  const told = (line: string): void => {
    say(`${String(Math.round((performance.now() - start) / 1000)).padStart(4)} s  ${line}`)
  }
  const main = await copyProduct()
  const lab = await startLab({ say: told })
  atEnd(() => lab.stop())
  const api = await connectApi(lab.kubeconfig)
  atEnd(() => api.close())
  const pods = followPods(api)
  atEnd(() => pods.close())
  told(`starting the registries of ${String(scenarios.length)} scenarios`)
  const all = scenarios.map(({ scenario }) => scenario)
  const set = await stage(all, lab, join(RECORD, 'authorities'))
  atEnd(() => set.close())
  told('making their objects')
  const cases = await prepare(set.staged, lab, api, pods)
  const { kubeconfig, hostsFolder } = lab
  const reset = (): void => {
    for (const { staged } of cases) staged.reset()
  }
  const ask: Ask = (main, names) => {
    const questions = cases.map(({ question }) => question).filter(({ name }) => names.has(name))
    return judge(questions, { main, kubeconfig, hostsFolder, folder: join(RECORD, 'product'), reset })
  }
  told('asking the product')
  const answers = await ask(main, new Set(all.map(({ name }) => name)))
  // Now, since what the kubelet pulls is on the node from then on.
  await before?.(ask)
  told('asking the kubelet')
  reset()
  const seen = new Map<string, Observation>()
  await observeAll(cases, api, pods, ({ staged: { scenario, places } }, observed) => {
    const message = places.unplace(observed.message).replace(/^Back-off pulling image "[^"]*": /, '')
    seen.set(scenario.name, { ...observed, message: shortened(message) })
    if (seen.size % 25 === 0) told(`${String(seen.size)} of ${String(cases.length)}`)
  })
  const rows = scenarios.map((grouped) => rowOf(grouped, answers, seen))
  await record(rows, cases)
  await after?.()
  return rows
}

/** What was built may be built anew meanwhile. */
async function copyProduct(): Promise<string> {
  const folder = join(RECORD, 'build')
  await rm(folder, { recursive: true, force: true })
  await cp(dirname(MAIN), join(folder, 'dist'), { recursive: true })
  await cp(join(dirname(MAIN), '../package.json'), join(folder, 'package.json'))
  return join(folder, 'dist', basename(MAIN))
}

function rowOf(
  { group, scenario }: Grouped,
  answers: ReadonlyMap<string, Answer>,
  seen: ReadonlyMap<string, Observation>,
): Row {
  const answer = answers.get(scenario.name)
  const observed = seen.get(scenario.name)
  if (answer === undefined || observed === undefined) throw new Error(`${scenario.name} was not judged`)
  return { group, scenario, answer, observed }
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
