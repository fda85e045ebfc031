// There may be no registry to have the base image from, so it is made: npm's Node, the libraries that it is linked with, npm, and busybox.
import { execFile } from 'node:child_process'
import { copyFile, cp, mkdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { tool } from '../support/tools.ts'
import type { Buildah } from './buildah.ts'

const ROOT = join(import.meta.dirname, '../..')

/** As the machine's processor is called in images. */
export const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch

/** The one for which the image is only built. */
export const OTHER_ARCHITECTURE = ARCHITECTURE === 'amd64' ? 'arm64' : 'amd64'

/** What the Dockerfile starts from where nothing else is said. */
export async function baseName(): Promise<string> {
  const [, name] = /^ARG NODE_IMAGE=(\S+)$/m.exec(await readFile(join(ROOT, 'Dockerfile'), 'utf8')) ?? []
  if (name === undefined) throw new Error('the Dockerfile names no base')
  return name
}

/** Puts a base under the name of the Dockerfile's: with all that building takes for this machine, with next to nothing for the other. */
export async function makeBase({ run }: Buildah): Promise<void> {
  const name = await baseName()
  await run('manifest', 'create', name)
  for (const architecture of [ARCHITECTURE, OTHER_ARCHITECTURE]) {
    const container = await run('from', `--arch=${architecture}`, 'scratch')
    const folder = await run('mount', container)
    await fill(folder, architecture === ARCHITECTURE)
    await run('config', '--env=PATH=/usr/local/bin:/usr/bin:/bin', container)
    const id = await run('commit', '--quiet', '--rm', '--timestamp=0', container)
    await run('manifest', 'add', `--arch=${architecture}`, '--os=linux', name, id)
  }
}

async function fill(folder: string, whole: boolean): Promise<void> {
  for (const each of [
    'bin',
    'etc',
    'root',
    'sbin',
    'usr/bin',
    'usr/sbin',
    'usr/local/bin',
    'usr/local/lib/node_modules',
  ])
    await mkdir(join(folder, each), { recursive: true })
  await mkdir(join(folder, 'tmp'), { mode: 0o1777 })
  await writeFile(join(folder, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
  await writeFile(join(folder, 'etc/group'), 'root:x:0:\n')
  if (!whole) return
  const node = await realpath(process.execPath)
  await copyFile(node, join(folder, 'usr/local/bin/node'))
  const { stdout: linked } = await promisify(execFile)(tool('ldd'), [node])
  for (const [path] of linked.matchAll(/\/\S+/g)) {
    await mkdir(join(folder, dirname(path)), { recursive: true })
    await copyFile(path, join(folder, path))
  }
  const npm = 'lib/node_modules/npm'
  await cp(await npmFolder(), join(folder, 'usr/local', npm), { recursive: true })
  await symlink(`../${npm}/bin/npm-cli.js`, join(folder, 'usr/local/bin/npm'))
  await copyFile(tool('busybox'), join(folder, 'bin/busybox'))
  await promisify(execFile)(tool('chroot'), [folder, '/bin/busybox', '--install', '-s'])
}

async function npmFolder(): Promise<string> {
  return dirname(dirname(await realpath(tool('npm'))))
}
