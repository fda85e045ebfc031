// The programs of the cluster: built by Go, from the modules beside this file, into a cache outside of the checkout. Those in the
// folder that KUBEBUILDER_ASSETS names are taken as they are, whatever their version.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, constants, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { findTool, tool } from '../support/tools.ts'
import { startOf } from './processes.ts'

interface Source {
  /** The folder of its go.mod. */
  readonly name: string
  readonly module: string
  readonly programs: readonly string[]
  /** Of a program; else it is in `cmd` of the module. */
  readonly package?: string
  /** Go variables that say the version. */
  flags(version: string): readonly string[]
}

/** How often a build says that it goes on. */
const TELL_MS = 20_000

const VERSION = 'k8s.io/component-base/version'

const sources: readonly Source[] = [
  {
    name: 'containerd',
    module: 'github.com/containerd/containerd/v2',
    programs: ['containerd', 'containerd-shim-runc-v2', 'ctr'],
    // Without it the node reports no version.
    flags: (version) => [`-X github.com/containerd/containerd/v2/version.Version=${version}`],
  },
  {
    name: 'kubernetes',
    module: 'k8s.io/kubernetes',
    programs: ['kube-apiserver', 'kube-controller-manager', 'kube-proxy', 'kube-scheduler', 'kubectl', 'kubelet'],
    flags(version) {
      const [major = '', minor = ''] = version.slice(1).split('.')
      return [
        `-X ${VERSION}.gitVersion=${version}`,
        `-X ${VERSION}.gitMajor=${major}`,
        `-X ${VERSION}.gitMinor=${minor}`,
      ]
    },
  },
  {
    name: 'coredns',
    module: 'github.com/coredns/coredns',
    programs: ['coredns'],
    package: '.',
    flags: () => [],
  },
]

export interface Programs {
  /** The full path of one. */
  path(name: string): string
  /** A PATH that finds them all, and the machine's own. */
  readonly searchPath: string
}

/** Finds the programs, and builds those that are missing: minutes at the first time. */
export async function findPrograms(say: (line: string) => void): Promise<Programs> {
  const found = new Map<string, string>()
  const folders: string[] = []
  const assets = process.env['KUBEBUILDER_ASSETS'] ?? ''
  if (assets !== '') folders.push(assets)
  for (const source of sources) {
    const version = await versionOf(source)
    const folder = join(cache(), `${source.name}-${version}`)
    folders.push(folder)
    const missing: string[] = []
    for (const program of source.programs) {
      const given = join(assets, program)
      const taken = assets !== '' && (await isProgram(given)) ? given : join(folder, program)
      found.set(program, taken)
      if (!(await isProgram(taken))) missing.push(program)
    }
    if (missing.length > 0) await build(source, version, missing, folder, say)
  }
  return {
    searchPath: [...folders, '/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(
      delimiter,
    ),
    path: (name) => found.get(name) ?? tool(name),
  }
}

/** Builds these programs of a source into the folder: all of them, or none. */
async function build(
  source: Source,
  version: string,
  programs: readonly string[],
  folder: string,
  say: (line: string) => void,
): Promise<void> {
  const start = performance.now()
  const seconds = (): string => String(Math.round((performance.now() - start) / 1000))
  const what = `${source.name} ${version}`
  say(`building ${what} (${programs.join(', ')}): this is done once, and takes minutes where Go has nothing cached`)
  await mkdir(folder, { recursive: true })
  await removeUnfinished(folder)
  const unfinished = `${folder}.building-${String(process.pid)}`
  await mkdir(unfinished)
  const packages = programs.map((program) => source.package ?? `${source.module}/cmd/${program}`)
  const args = ['-ldflags', `-s -w ${source.flags(version).join(' ')}`, '-o', `${unfinished}/`, ...packages]
  try {
    await go(source, args, (compiled) => {
      say(`building ${what}: ${String(compiled)} packages compiled in ${seconds()} s`)
    })
    // Each all at once, so that another lab that is built at the same time never runs half a program.
    for (const program of programs) await rename(join(unfinished, program), join(folder, program))
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
  say(`built ${what} in ${seconds()} s`)
}

/** What builds that were killed have left. */
async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder))) {
    const [, builder] = name.split(`${basename(folder)}.building-`)
    if (builder === undefined || (await startOf(Number(builder))) !== undefined) continue
    await rm(join(dirname(folder), name), { recursive: true, force: true })
  }
}

/** Runs `go build`, and tells now and then how many packages it has compiled. Throws with its last words where it fails. */
async function go(source: Source, args: readonly string[], tell: (packages: number) => void): Promise<void> {
  const program = findTool('go')
  if (program === undefined) {
    throw new Error('go not found: it builds the cluster; or name a folder that has the programs in KUBEBUILDER_ASSETS')
  }
  const command = ['-n', '10', program, 'build', '-v', '-mod=readonly', '-buildvcs=false', '-trimpath', ...args]
  const child = spawn(tool('nice'), command, {
    cwd: join(import.meta.dirname, 'programs', source.name),
    env: { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let words = ''
  let packages = 0
  child.stderr.on('data', (chunk: Buffer) => {
    const text = chunk.toString()
    packages += text.split('\n').length - 1
    words = `${words}${text}`.slice(-4000)
  })
  const teller = setInterval(() => tell(packages), TELL_MS)
  const [code] = (await once(child, 'close').finally(() => clearInterval(teller))) as [number | null]
  if (code !== 0) throw new Error(`go build of ${source.name} failed: ${words.trimEnd()}`)
}

/** As go.mod requires it. */
async function versionOf(source: Source): Promise<string> {
  const text = await readFile(join(import.meta.dirname, 'programs', source.name, 'go.mod'), 'utf8')
  for (const line of text.split('\n')) {
    const [module, version] = line.replace('require', '').trim().split(' ')
    if (module === source.module && version?.startsWith('v') === true) return version
  }
  throw new Error(`the go.mod of ${source.name} does not require ${source.module}`)
}

function cache(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pullable', 'lab')
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
