// Runs the built command, `dist/main.js`, as a user would: in a folder of its own, with an environment of its own.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export const MAIN = join(import.meta.dirname, '../../dist/main.js')

export interface CommandOptions {
  /** Where it runs. It is its home too, so that nobody's own docker login is read. */
  readonly cwd: string
  readonly stdin?: string | Buffer
  readonly env?: Readonly<Record<string, string>>
  /** Another build of the product than `dist/main.js`. */
  readonly main?: string
}

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** `pullable check -o json pods.yaml`, to its end. */
export async function pullable(args: readonly string[], options: CommandOptions): Promise<Ran> {
  const { child, stdout, stderr, ended } = launch(args, options)
  const code = await ended
  child.kill()
  return { code, stdout: stdout(), stderr: stderr() }
}

interface Launched {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  readonly ended: Promise<number | null>
}

function launch(args: readonly string[], { cwd, stdin = '', env = {}, main = MAIN }: CommandOptions): Launched {
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, TMPDIR: cwd, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  // A command that ends before it has read what it is given.
  child.stdin.on('error', () => undefined)
  child.stdin.end(stdin)
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return { child, stdout: () => stdout, stderr: () => stderr, ended }
}

export interface Serving {
  readonly port: number
  readonly metricsPort: number
  /** Its log so far: a JSON object a line. */
  log(): string
  /** All that it has written. */
  output(): string
  /** Ends it as Kubernetes does: its exit code, or null where it had to be killed. */
  stop(): Promise<number | null>
}

/** Kubernetes' own default. */
const GRACE_MS = 30_000

/** `pullable serve` on free ports, once it serves. */
export async function startServing(args: readonly string[], options: CommandOptions): Promise<Serving> {
  const { child, stdout, stderr, ended } = launch(['serve', '--port=0', '--metrics-port=0', ...args], options)
  const orphaned = (): boolean => child.kill('SIGKILL')
  process.once('exit', orphaned)
  while (!stderr().includes('"message":"serving"')) {
    if (child.exitCode !== null) throw new Error(`serve has ended: ${stderr()}`)
    await sleep(20)
  }
  const line = stderr()
    .split('\n')
    .find((each) => each.includes('"message":"serving"'))
  const { port, metricsPort } = JSON.parse(line ?? '{}') as { port: number; metricsPort: number }
  return {
    port,
    metricsPort,
    log: stderr,
    output: () => stdout() + stderr(),
    async stop() {
      process.removeListener('exit', orphaned)
      child.kill('SIGTERM')
      const killing = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
      return ended.finally(() => clearTimeout(killing))
    },
  }
}

/** A folder of its own for `work`, gone afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'pullable-cli-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
