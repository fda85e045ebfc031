// Starts Debian's docker-registry 2.8, a real registry, on a free loopback port with its files in a temporary folder.
// What was asked of it is read from its own access log.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { stringify } from 'yaml'
import { runTool, tool } from './tools.ts'

export interface DockerRegistryOptions {
  /** Basic authentication for everything. */
  readonly login?: { readonly username: string; readonly password: string }
  /** Where it sends its clients for tokens, and whose it takes; `certificate`, PEM, is the signer's. */
  readonly token?: {
    readonly realm: string
    readonly service: string
    readonly issuer: string
    readonly certificate: string
  }
  /** PEM. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Where it listens, instead of on 127.0.0.1. */
  readonly address?: string
  /** The URL of the registry that this one is a pull-through cache of. */
  readonly pullsThrough?: string
}

export interface LoggedRequest {
  readonly method: string
  readonly path: string
  readonly status: number
}

export interface Observed<T> {
  readonly result: T
  readonly requests: readonly LoggedRequest[]
}

export interface DockerRegistry {
  /** `127.0.0.1:34797` */
  readonly host: string
  /** `http://127.0.0.1:34797` */
  readonly url: string
  /** What `work` made clients ask, in the order of the log. */
  during<T>(work: () => Promise<T>): Promise<Observed<T>>
  stop(): Promise<void>
}

/** How long it may take to listen, in milliseconds; it takes some twenty. */
const START_MS = 20_000

/** The log is complete when no line has come for so long. */
const QUIET_MS = 100

// The combined log format: 127.0.0.1 - - [date] "GET /v2/ HTTP/1.1" 200 2 "" "agent"
const ACCESS = /^\S+ \S+ \S+ \[[^\]]*\] "(\S+) (\S+) [^"]*" (\d{3}) /

export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  const program = tool('docker-registry')
  const folder = await mkdtemp(join(tmpdir(), 'pullable-registry-'))
  const config = join(folder, 'config.yml')
  await writeFile(config, stringify(await configuration(folder, options)))
  const child = spawn(program, ['serve', config], { stdio: ['ignore', 'pipe', 'pipe'] })
  const orphaned = (): boolean => child.kill('SIGKILL')
  process.once('exit', orphaned)
  const log: LoggedRequest[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [, method = '', path = '', status] = ACCESS.exec(line) ?? []
    if (status !== undefined) log.push({ method, path, status: Number(status) })
  })
  const stop = async (): Promise<void> => {
    process.removeListener('exit', orphaned)
    await ended(child)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const host = await listening(child)
    const url = `${options.tls ? 'https' : 'http'}://${host}`
    return { host, url, stop, during: (work) => during(log, work) }
  } catch (error) {
    await stop()
    throw error
  }
}

async function configuration(folder: string, options: DockerRegistryOptions): Promise<object> {
  const { address = '127.0.0.1', login, token, tls, pullsThrough } = options
  const files = {
    certificate: join(folder, 'tls.crt'),
    key: join(folder, 'tls.key'),
    passwords: join(folder, 'htpasswd'),
    signer: join(folder, 'signer.crt'),
  }
  if (tls) {
    await writeFile(files.certificate, tls.cert)
    await writeFile(files.key, tls.key, { mode: 0o600 })
  }
  if (login) await writeFile(files.passwords, await runTool('htpasswd', ['-Bbn', login.username, login.password]))
  if (token) await writeFile(files.signer, token.certificate)
  return {
    version: '0.1',
    // It says at level info that it listens, and where.
    log: { level: 'info', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: {
      addr: `${address}:0`,
      secret: 'one registry, no uploads to share',
      ...(tls && { tls: { certificate: files.certificate, key: files.key } }),
    },
    ...(login && { auth: { htpasswd: { realm: 'tests', path: files.passwords } } }),
    ...(token && {
      auth: {
        token: { realm: token.realm, service: token.service, issuer: token.issuer, rootcertbundle: files.signer },
      },
    }),
    ...(pullsThrough !== undefined && { proxy: { remoteurl: pullsThrough } }),
  }
}

/** The address it listens on, once it says so; an error with its last words where it ends instead. */
async function listening(child: ChildProcess): Promise<string> {
  let words = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    words = `${words}${chunk.toString()}`.slice(-20_000)
  })
  for (let waited = 0; waited < START_MS && child.exitCode === null; waited += 20) {
    const host = /listening on (\d[\d.]*:\d+)[",]/.exec(words)?.[1]
    if (host !== undefined) return host
    await setTimeout(20)
  }
  throw new Error(`docker-registry does not listen: ${words}`)
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

async function during<T>(log: readonly LoggedRequest[], work: () => Promise<T>): Promise<Observed<T>> {
  const start = log.length
  const result = await work()
  // A line is written just after its answer is sent: the log is read once nothing has come for a while.
  for (let seen = -1; seen !== log.length;) {
    seen = log.length
    await setTimeout(QUIET_MS)
  }
  return { result, requests: log.slice(start) }
}
