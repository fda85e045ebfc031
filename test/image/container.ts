// Runs what an image holds as the chart's pod runs it: by its entrypoint and user, as the first process, without any capability, on a
// root that cannot be written to. There is no runtime in this, so that no daemon is needed.
import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { tool } from '../support/tools.ts'
import type { ImageConfig } from './layers.ts'

export interface Container {
  /** The image, unpacked. It is changed. */
  readonly root: string
  readonly config: ImageConfig['config']
  /** A folder of the machine that the process sees as /mnt, and cannot write to. */
  readonly mounted: string
}

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

const SCRIPT = `
  chroot=$1 root=$2 mounted=$3 user=$4 tmp=$5
  shift 5
  mount --bind "$root" "$root"
  mount --bind "$mounted" "$root/mnt"
  mount -t proc proc "$root/proc"
  mount -o remount,bind,ro "$root"
  mount -o remount,bind,ro "$root/mnt"
  [ "$tmp" != tmp ] || mount -t tmpfs tmpfs "$root/tmp"
  cd /
  exec "$chroot" --userspec="$user" "$root" "$@"
`

interface Surroundings {
  /** Added to the environment of the image. */
  readonly env?: Readonly<Record<string, string>>
  /** Something that can be written to, at /tmp. */
  readonly tmp?: boolean
  readonly input?: string
}

/** Takes away every program but Node: whatever runs afterwards needed no shell. */
export async function onlyNode(root: string): Promise<void> {
  for (const folder of ['bin', 'sbin', 'usr/bin', 'usr/sbin', 'usr/local/lib', 'linuxrc'])
    await rm(join(root, folder), { recursive: true, force: true })
  const programs = join(root, 'usr/local/bin')
  for (const name of await readdir(programs)) if (name !== 'node') await rm(join(programs, name))
  for (const folder of ['proc', 'mnt']) await mkdir(join(root, folder), { recursive: true })
}

/** Starts the image with arguments in place of its command. */
export function start(
  { root, config, mounted }: Container,
  args: readonly string[],
  { env = {}, tmp = false }: Surroundings = {},
): ChildProcessWithoutNullStreams {
  const apart = ['--mount', '--pid', '--fork', '--kill-child', '--', '/bin/sh', '-euc', SCRIPT, 'container']
  const inside = [tool('chroot'), root, mounted, config.User, tmp ? 'tmp' : 'no', ...config.Entrypoint, ...args]
  const own = Object.fromEntries(
    config.Env.map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)] as const),
  )
  return spawn(tool('unshare'), [...apart, ...inside], { stdio: 'pipe', env: { HOME: '/', ...own, ...env } })
}

export async function run(container: Container, args: readonly string[], around: Surroundings = {}): Promise<Ran> {
  const child = start(container, args, around)
  child.stdin.on('error', () => undefined)
  child.stdin.end(around.input)
  return ended(child)
}

export async function ended(child: ChildProcessWithoutNullStreams): Promise<Ran> {
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (piece: string) => {
      texts[name] += piece
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, ...texts }))
  })
}

/** The process that is the first one inside, by its id on the machine. */
export async function firstProcess(child: ChildProcessWithoutNullStreams): Promise<number> {
  const id = child.pid ?? 0
  const children = await readFile(`/proc/${id}/task/${id}/children`, 'utf8')
  return Number(children.trim().split(' ')[0])
}
