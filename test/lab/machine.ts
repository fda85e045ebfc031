// What the lab changes on the machine itself, and how each is undone. Undoing what was never done does nothing.
import { appendFile, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runTool } from '../support/tools.ts'
import { ADDRESS, CGROUP, FOLDER, HOSTS_MARK } from './layout.ts'

const HOSTS = '/etc/hosts'
const CGROUPS = '/sys/fs/cgroup'

/** What the kubelet sets of the kernel's, and the CNI plugin: `ip_forward`. */
const SYSCTLS = [
  ...['kernel/keys/root_maxbytes', 'kernel/keys/root_maxkeys', 'kernel/panic', 'kernel/panic_on_oops'],
  ...['net/ipv4/ip_forward', 'vm/overcommit_memory', 'vm/panic_on_oom'],
]

export async function addAddress(): Promise<void> {
  await runTool('ip', ['address', 'add', `${ADDRESS}/32`, 'dev', 'lo'])
}

export async function removeAddress(): Promise<void> {
  const present = await runTool('ip', ['-o', 'address', 'show', 'dev', 'lo'])
  if (present.includes(` ${ADDRESS}/32 `)) await runTool('ip', ['address', 'del', `${ADDRESS}/32`, 'dev', 'lo'])
}

/** Makes these names resolve to an address of this machine, for the node and for us. */
export async function addNames(names: readonly string[], address = '127.0.0.1'): Promise<void> {
  await appendFile(HOSTS, names.map((name) => `${address} ${name} ${HOSTS_MARK}\n`).join(''))
}

export async function removeNames(): Promise<void> {
  const lines = (await readFile(HOSTS, 'utf8')).split('\n')
  const kept = lines.filter((line) => !line.endsWith(HOSTS_MARK))
  if (kept.length < lines.length) await writeFile(HOSTS, kept.join('\n'))
}

/** What kube-proxy has made. */
export async function removeRules(): Promise<void> {
  for (const table of await ruleTables()) await runTool('nft', ['delete', 'table', ...table.split(' ')])
}

/** Tables of kube-proxy: `ip kube-proxy`. */
export async function ruleTables(): Promise<readonly string[]> {
  const lines = (await runTool('nft', ['list', 'tables'])).split('\n')
  return lines.filter((line) => line.endsWith(' kube-proxy')).map((line) => line.replace('table ', ''))
}

export async function readSysctls(): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {}
  for (const name of SYSCTLS) values[name] = (await readFile(join('/proc/sys', name), 'utf8')).trim()
  return values
}

/** Sets those that differ. */
export async function restoreSysctls(before: Readonly<Record<string, string>>): Promise<void> {
  const now = await readSysctls()
  for (const name of SYSCTLS) {
    const value = before[name]
    if (value !== undefined && value !== now[name]) await writeFile(join('/proc/sys', name), value)
  }
}

/** The kubelet wants to find the cgroup of its pods, under each controller. */
export async function addCgroups(): Promise<void> {
  for (const root of await hierarchies()) await mkdir(join(root, CGROUP), { recursive: true })
}

/** The lab's cgroup in each hierarchy. */
export async function labCgroups(): Promise<readonly string[]> {
  const found: string[] = []
  for (const root of await hierarchies()) if ((await readdir(root)).includes(CGROUP)) found.push(join(root, CGROUP))
  return found
}

/** Version 1 of cgroups has one for each controller, version 2 one for all. */
async function hierarchies(): Promise<readonly string[]> {
  const names = await readdir(CGROUPS, { withFileTypes: true })
  if (names.some((each) => each.name === 'cgroup.controllers')) return [CGROUPS]
  return names.filter((each) => each.isDirectory()).map((each) => join(CGROUPS, each.name))
}

export async function removeCgroups(): Promise<void> {
  for (const cgroup of await labCgroups()) {
    const below = await readdir(cgroup, { withFileTypes: true, recursive: true })
    const folders = below.filter((each) => each.isDirectory()).map((each) => join(each.parentPath, each.name))
    folders.sort((a, b) => b.length - a.length)
    for (const folder of [...folders, cgroup]) await removeCgroup(folder)
  }
}

/** A cgroup is busy until its last process has been reaped. */
async function removeCgroup(folder: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await rmdir(folder)
      return
    } catch (error) {
      if (tries === 100) throw error
      await sleep(50)
    }
  }
}

/** Mounts of ours in the machine's own namespace: there are none, unless somebody looked around in the lab by hand. */
export async function removeMounts(): Promise<void> {
  for (const target of (await labMounts()).toReversed()) await runTool('umount', ['--lazy', target])
}

export async function labMounts(): Promise<readonly string[]> {
  const mounts = await readFile('/proc/self/mounts', 'utf8')
  const targets = mounts.split('\n').map((line) => line.split(' ')[1] ?? '')
  return targets.filter((target) => target.startsWith(`${FOLDER}/`))
}
