// Whose lab it is, and what only a note can bring back. Everything else that a lab leaves has a fixed name.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { FOLDER, inFolder } from './layout.ts'
import { readSysctls, removeAddress, removeCgroups, removeMounts, removeNames, removeRules } from './machine.ts'
import { restoreSysctls } from './machine.ts'
import { kill, killProcesses, startOf } from './processes.ts'

const State = z.object({
  /** The process that started it. */
  pid: z.number(),
  start: z.string(),
  sysctls: z.record(z.string(), z.string()),
})
type State = z.infer<typeof State>

/** How long an owner that was told to stop may take. */
const STOP_MS = 30_000

/** Makes the lab this process's, after taking down what a crash has left. Throws where another process has one. */
export async function claim(): Promise<void> {
  await tidyUp()
  // Fails where somebody else has made it: the folder is ours or nobody's.
  await mkdir(FOLDER, { mode: 0o700 })
  const state: State = {
    pid: process.pid,
    start: (await startOf(process.pid)) ?? '',
    sysctls: await readSysctls(),
  }
  await writeFile(inFolder('state.json'), JSON.stringify(state), { mode: 0o600 })
  for (const name of ['etcd', 'logs', 'run', 'tmp', 'node-logs']) await mkdir(inFolder(name))
}

/** Removes what a crash has left. Throws where a lab is up, whoever started it. */
export async function tidyUp(): Promise<void> {
  const other = await liveOwner()
  if (other !== undefined) {
    throw new Error(`a lab is up, started by process ${String(other)}: "npm run lab -- down" takes it down`)
  }
  await takeDown()
}

/** Stops the lab, whoever started it, and removes what it or a crash has left. */
export async function stopLab(): Promise<void> {
  const owner = await liveOwner()
  if (owner !== undefined && owner !== process.pid) {
    kill(owner, 'SIGTERM')
    for (let waited = 0; waited < STOP_MS && (await liveOwner()) !== undefined; waited += 100) await sleep(100)
  }
  await takeDown()
}

/** Removes everything that a lab leaves, whatever of it there is; tries each before it throws. */
export async function takeDown(): Promise<void> {
  const state = await readState()
  const problems: unknown[] = []
  const steps = [
    killProcesses,
    removeCgroups,
    removeRules,
    removeAddress,
    removeNames,
    () => restoreSysctls(state?.sysctls ?? {}),
    removeMounts,
  ]
  for (const step of steps) await step().catch((error: unknown) => problems.push(error))
  // The folder has the note, which the next try needs.
  if (problems.length > 0)
    throw new AggregateError(problems, `the lab is not all gone: ${problems.map(String).join('; ')}`)
  await rm(FOLDER, { recursive: true, force: true })
}

async function liveOwner(): Promise<number | undefined> {
  const state = await readState()
  return state !== undefined && (await startOf(state.pid)) === state.start ? state.pid : undefined
}

async function readState(): Promise<State | undefined> {
  try {
    return State.parse(JSON.parse(await readFile(inFolder('state.json'), 'utf8')))
  } catch {
    return undefined
  }
}
