// How the lab's programs are built and found, with a Go that only pretends.
import { execFile } from 'node:child_process'
import { access, chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

const MAIN = join(import.meta.dirname, '../../lab/main.ts')

/** Makes a file for each package that it is asked for, as `go build -o FOLDER/` does; KUBELET is what becomes of that one. */
const GO = `#!/bin/sh
output=
while [ $# -gt 0 ]; do
  case $1 in
    -o) output=$2; shift ;;
    */cmd/kubelet) $KUBELET || { echo "kubelet: no such luck" >&2; exit 1; } ;;
  esac
  case $1 in
    */cmd/*) echo "$output" > "$output\${1##*/}"; chmod +x "$output\${1##*/}" ;;
    .) echo "$output" > "$output\${PWD##*/}"; chmod +x "$output\${PWD##*/}" ;;
  esac
  shift
done
`

const CONTAINERD = ['containerd', 'containerd-shim-runc-v2', 'ctr']
const KUBERNETES = ['kube-apiserver', 'kube-controller-manager', 'kube-proxy', 'kube-scheduler', 'kubectl']

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pullable-programs-'))
  await writeFile(join(folder, 'go'), GO)
  await chmod(join(folder, 'go'), 0o755)
})

afterEach(() => rm(folder, { recursive: true }))

function build(env: Readonly<Record<string, string>> = {}): Promise<{ code: number | null; out: string; err: string }> {
  const own = { PATH: `${folder}:${process.env['PATH'] ?? ''}`, XDG_CACHE_HOME: folder, KUBEBUILDER_ASSETS: '' }
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN, 'build'],
      { env: { ...process.env, KUBELET: 'true', ...own, ...env } },
      (_error, out, err) => resolve({ code: child.exitCode, out, err }),
    )
  })
}

/** What the cache holds: the folders, and what is in each. */
async function cached(): Promise<Readonly<Record<string, readonly string[]>>> {
  const cache = join(folder, 'pullable', 'lab')
  const found: Record<string, readonly string[]> = {}
  for (const name of await readdir(cache)) found[name] = (await readdir(join(cache, name))).sort()
  return found
}

it('builds them once', async () => {
  const first = await build()
  expect({ ...first, out: first.out.replaceAll(/\d+ s$/gm, '0 s') }).toEqual({
    code: 0,
    out: [
      `building containerd v2.3.4 (${CONTAINERD.join(', ')}): this is done once, and takes minutes where Go has nothing cached`,
      'built containerd v2.3.4 in 0 s',
      `building kubernetes v1.36.3 (${KUBERNETES.join(', ')}, kubelet): this is done once, and takes minutes where Go has nothing cached`,
      'built kubernetes v1.36.3 in 0 s',
      'building coredns v1.15.0 (coredns): this is done once, and takes minutes where Go has nothing cached',
      'built coredns v1.15.0 in 0 s',
      '',
    ].join('\n'),
    err: '',
  })
  expect(await build()).toEqual({ code: 0, out: '', err: '' })
})

it('leaves nothing that looks built where it fails, nor what a build that was killed had made', async () => {
  const killed = join(folder, 'pullable', 'lab', 'kubernetes-v1.36.3.building-999999999')
  await mkdir(killed, { recursive: true })
  const { code, err } = await build({ KUBELET: 'false' })
  expect({ code, err }).toEqual({ code: 1, err: 'go build of kubernetes failed: kubelet: no such luck\n' })
  expect(await cached()).toEqual({ 'containerd-v2.3.4': CONTAINERD, 'kubernetes-v1.36.3': [] })
})

it('takes what a folder has that it is pointed at', async () => {
  const assets = join(folder, 'assets')
  await mkdir(assets)
  for (const program of [...CONTAINERD, ...KUBERNETES.slice(1)]) {
    await writeFile(join(assets, program), '')
    await chmod(join(assets, program), 0o755)
  }
  expect((await build({ KUBEBUILDER_ASSETS: assets })).out).toContain(
    'building kubernetes v1.36.3 (kube-apiserver, kubelet)',
  )
  await expect(access(join(folder, 'pullable', 'lab', 'containerd-v2.3.4'))).rejects.toThrow('ENOENT')
})

it('says what is missing where there is no Go', async () => {
  await rm(join(folder, 'go'))
  expect(await build({ PATH: '/nowhere' })).toEqual({
    code: 1,
    out: expect.stringContaining('building containerd') as string,
    err: 'go not found: it builds the cluster; or name a folder that has the programs in KUBEBUILDER_ASSETS\n',
  })
})
