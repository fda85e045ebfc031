// Every process of the lab carries a mark in its environment, and so do those that it starts: a crash leaves none unfound.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { FOLDER, inFolder } from './layout.ts'

const MARK = 'PULLABLE_LAB'

export interface Started {
  readonly name: string
  readonly pid: number
  /** Where what it prints goes. */
  readonly log: string
  ended(): boolean
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>
}

/** Starts a program of the lab that runs until the lab is taken down. */
export function startProcess(name: string, command: string, args: readonly string[], searchPath?: string): Started {
  const log = inFolder('logs', `${name}.log`)
  const output = openSync(log, 'a', 0o600)
  const environment = { ...process.env, [MARK]: FOLDER, ...(searchPath === undefined ? {} : { PATH: searchPath }) }
  // A group of its own: Ctrl-C in the terminal is for the lab, which then ends it in order.
  const child = spawn(command, args, { stdio: ['ignore', output, output], env: environment, detached: true })
  closeSync(output)
  let failed = false
  child.on('error', () => (failed = true))
  const ended = (): boolean => failed || child.exitCode !== null || child.signalCode !== null
  return {
    name,
    pid: child.pid ?? 0,
    log,
    ended,
    async kill() {
      if (ended()) return
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  }
}

/** Runs `work` so that the processes that it starts, by whatever means, are the lab's, and their temporary files too. */
export async function asLab<T>(work: () => Promise<T>): Promise<T> {
  const before = { [MARK]: process.env[MARK], TMPDIR: process.env['TMPDIR'] }
  Object.assign(process.env, { [MARK]: FOLDER, TMPDIR: inFolder('tmp') })
  try {
    return await work()
  } finally {
    for (const [name, value] of Object.entries(before)) {
      // To assign undefined to a variable is to set it to that word.
      if (value === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = value
    }
  }
}

/** The processes of the lab, this one aside. */
export async function labProcesses(): Promise<readonly number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    // It may have ended by now.
    const environment = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '')
    if (environment.split('\0').includes(`${MARK}=${FOLDER}`)) found.push(pid)
  }
  return found
}

/** Ends the processes of the lab. The node's first takes along whatever runs in its namespaces: its pods. */
export async function killProcesses(timeoutMs = 20_000): Promise<void> {
  const end = performance.now() + timeoutMs
  const dying = new Set<number>()
  for (;;) {
    const marked = await labProcesses()
    for (const pid of marked) {
      dying.add(pid)
      kill(pid, 'SIGKILL')
    }
    // One that is ending shows no environment any more; the node's first ends after all of its pods.
    for (const pid of dying) if (await hasEnded(pid)) dying.delete(pid)
    if (marked.length === 0 && dying.size === 0) return
    if (performance.now() > end) throw new Error(`processes that do not end: ${[...dying].join(', ')}`)
    await sleep(50)
  }
}

/** Kills the processes of the lab that are called so; throws where there is none. */
export async function killNamed(name: string): Promise<void> {
  let killed = 0
  for (const pid of await labProcesses()) {
    const called = await readFile(`/proc/${String(pid)}/comm`, 'utf8').catch(() => '')
    if (called.trim() === name && kill(pid, 'SIGKILL')) killed++
  }
  if (killed === 0) throw new Error(`the lab runs no ${name}`)
}

/** It is not there, or waits only for its parent to notice. */
async function hasEnded(pid: number): Promise<boolean> {
  return ['Z', 'X', undefined].includes((await statOf(pid))[0])
}

/** When a process started, in ticks since the machine did: with its id, it names one process for good. */
export async function startOf(pid: number): Promise<string | undefined> {
  return (await statOf(pid))[19]
}

/** proc(5): the fields of `stat` from 3, the state, on; starttime is 22. Empty where there is no such process. */
async function statOf(pid: number): Promise<readonly string[]> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '')
  // Field 2, in parentheses, may hold spaces.
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/** Whether there was such a process to be told. */
export function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/** The last lines of a log. */
export async function lastWords(log: string): Promise<string> {
  return (await readFile(log, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-8).join('\n')
}
