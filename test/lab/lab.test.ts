// The lab itself: it comes up, its node judges pods as a node does, and it leaves nothing.
import { execFile, spawn } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Login } from '../registry/images.ts'
import { startScriptedRegistry } from '../support/scripted-registry.ts'
import { runTool } from '../support/tools.ts'
import { startLab } from './cluster.ts'
import type { Lab } from './cluster.ts'
import { ADDRESS, FOLDER, NODE, PAUSE_IMAGE } from './layout.ts'
import { labCgroups, readSysctls } from './machine.ts'
import { labProcesses } from './processes.ts'
import { findPrograms } from './programs.ts'
import { serveHere, webhookConfiguration } from './webhook.ts'

/** The programs may have to be built. */
const BUILD_MS = 20 * 60_000

/** A node may take a minute to say that it backs off. */
const NODE_MS = 90_000

const MAIN = join(import.meta.dirname, 'main.ts')

const script = { routes: [{ path: '/v2/team/*', answer: { status: 503 } }] }

const failing = [
  { name: 'absent', registry: 'plain', image: 'team/app:nope', says: 'not found' },
  { name: 'no-secret', registry: 'secret', image: 'team/app:2.0', says: 'authorization failed' },
  { name: 'no-token', registry: 'token', image: 'team/app:2.0', says: 'pull access denied' },
  {
    name: 'wrong-token',
    registry: 'token',
    image: 'public/app:1.0',
    secret: 'wrong',
    says: 'failed to fetch oauth token',
  },
  { name: 'unknown-ca', registry: 'tls', image: 'team/app:2.0', says: 'x509: certificate signed by unknown authority' },
  { name: 'sick', registry: 'scripted', image: 'team/app:1.0', says: '503 Service Unavailable' },
  { name: 'refused', registry: 'refused', image: 'team/app:1.0', says: 'connection refused' },
] as const

let lab: Lab | undefined
let took = Infinity
let before: Awaited<ReturnType<typeof machine>>

beforeAll(async () => {
  before = await machine()
  const say = (line: string): void => console.log(line)
  await findPrograms(say)
  const start = performance.now()
  lab = await startLab({ script, services: true, say })
  took = performance.now() - start
}, BUILD_MS)

afterAll(() => lab?.stop())

describe('the node', { timeout: NODE_MS }, () => {
  it('is ready within a minute, and says what it runs', async () => {
    expect(took).toBeLessThan(60_000)
    const node = JSON.parse(await up().kubectl(['get', 'node', NODE, '-o=json'])) as Node
    const { kubeletVersion, containerRuntimeVersion, operatingSystem } = node.status.nodeInfo
    expect({ kubeletVersion, containerRuntimeVersion, operatingSystem }).toEqual({
      kubeletVersion: 'v1.36.3',
      containerRuntimeVersion: 'containerd://2.3.4',
      operatingSystem: 'linux',
    })
  })

  it('runs a pod of the plain registry, of those with a password, and of the cache', async () => {
    const { plain, secret, token, through } = up().registries
    for (const [name, { host, login }] of Object.entries({ secret, token })) {
      await pullSecret(`${name}-login`, host, login)
      await run(`${name}-good`, `${host}/team/app:2.0`, { imagePullSecrets: [{ name: `${name}-login` }] })
    }
    await run('good', `${plain.host}/team/app:1.0`)
    await run('public', `${token.host}/public/app:1.0`)
    await run('cached', `${through.host}/team/app:1.0`)
    for (const name of ['good', 'public', 'cached', 'secret-good', 'token-good']) await seen(name, 'running')
    expect(await up().kubectl(['exec', 'good', '--', '/bin/busybox', 'echo', 'inside'])).toBe('inside\n')
  })

  it('shows ErrImagePull, then ImagePullBackOff, and why', async () => {
    const { token } = up().registries
    await pullSecret('wrong', token.host, { ...token.login, password: 'wrong' })
    for (const { name, registry, image, ...more } of failing) {
      const spec = 'secret' in more ? { imagePullSecrets: [{ name: more.secret }] } : {}
      await run(name, `${up().registries[registry].host}/${image}`, spec)
    }
    for (const reason of ['ErrImagePull', 'ImagePullBackOff']) {
      const told = await Promise.all(failing.map(({ name }) => seen(name, reason)))
      expect(told).toEqual(failing.map(({ says }) => expect.stringContaining(says) as string))
    }
  })

  it('shows ErrImageNeverPull', async () => {
    await run('never', `${up().registries.plain.host}/team/app:absent`, {}, 'Never')
    expect(await seen('never', 'ErrImageNeverPull')).toContain('is not present with pull policy of Never')
  })
})

it('has Services, and names for them and for registries, in pods', async () => {
  const { kubectl, registries } = up()
  const command = ['/bin/busybox', 'sh', '-c', 'mkdir /www; echo here >/www/index.html; /bin/busybox httpd -f -h /www']
  await run('web', '', { containers: [{ name: 'app', image: `${registries.plain.host}/team/app:1.0`, command }] })
  await kubectl(['label', 'pod', 'web', 'run=web'])
  await kubectl(['expose', 'pod', 'web', '--port=81', '--target-port=80'])
  await seen('web', 'running')
  const address = await kubectl(['get', 'service', 'web', '-o=jsonpath={.spec.clusterIP}'])
  const get = async (): Promise<string> => (await fetch(`http://${address}:81/`)).text()
  await expect.poll(() => get().catch(String), { timeout: 10_000 }).toBe('here\n')
  const lookUp = (name: string): Promise<string> => kubectl(['exec', 'good', '--', '/bin/busybox', 'nslookup', name])
  expect(await lookUp('web.default.svc.cluster.local')).toContain(`Address: ${address}\n`)
  expect(await lookUp('plain.lab.test')).toContain(`Address: ${ADDRESS}\n`)
  await expect(lookUp('nowhere.example')).rejects.toThrow()
})

it('tells of images that the node got by other ways, once its kubelet has started again', async () => {
  const image = 'side.lab.test/side/loaded:1'
  await up().ctr(['images', 'tag', PAUSE_IMAGE, image])
  await up().restartKubelet()
  const node = JSON.parse(await up().kubectl(['get', 'node', NODE, '-o=json'])) as Node
  expect(node.status.images.flatMap(({ names }) => names)).toContain(image)
  await seen('good', 'running')
})

it('serves an image of ours under a name of ours, which the node learns while it is up', async () => {
  const name = 'own.lab.test'
  const script = { images: { 'team/own:1': { platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}` } } }
  const server = await startScriptedRegistry(script, undefined, {
    name,
    making: { runnable: up().runnable, seed: 'own' },
  })
  try {
    await up().addNames([name])
    await up().writeHostsFile(server.host, `server = "${server.origin}"\n`)
    await run('own', `${server.host}/team/own:1`)
    await seen('own', 'running')
  } finally {
    await server.close()
  }
})

it('has an API server that comes back', async () => {
  const { kubectl } = up()
  const away = up().restartApiServer({ downMs: 500 })
  await expect.poll(() => kubectl(['get', '--raw=/readyz']).catch(String)).toContain('refused')
  await away
  expect(await kubectl(['get', '--raw=/readyz'])).toBe('ok')
  await seen('good', 'running')
})

it('has an API server that asks the built product, here on this machine, before it takes a Deployment', async () => {
  const { kubectl, registries } = up()
  const { host } = registries.plain
  const { serving, pair } = await serveHere(up(), '--mode=enforce')
  await kubectl(['create', '-f', '-'], JSON.stringify(webhookConfiguration(serving.port, pair.ca)))
  const create = (tag: string): Promise<string> => {
    return kubectl(['create', 'deployment', 'web', '--dry-run=server', '-o=name', `--image=${host}/team/app:${tag}`])
  }
  // The API server takes a second to learn of a webhook.
  await expect
    .poll(() => create('1.1').catch(String), { timeout: 10_000 })
    .toContain(
      `denied the request: spec.template.spec.containers[0].image "${host}/team/app:1.1": manifest-unknown: ` +
        `no tag "1.1" in ${host}/team/app (read anonymously); closest tags: 1.0.`,
    )
  expect(await create('1.0')).toBe('deployment.apps/web\n')
  await kubectl(['delete', 'validatingwebhookconfiguration', 'pullable'])
  expect(await serving.stop()).toBe(0)
})

it('is the only one on the machine', async () => {
  await expect(startLab()).rejects.toThrow('a lab is up')
})

it('leaves nothing behind', async () => {
  expect(await labProcesses()).not.toEqual([])
  await up().stop()
  lab = undefined
  expect(await labProcesses()).toEqual([])
  expect(await machine()).toEqual(before)
})

it('leaves nothing behind after a crash, once it is taken down', async () => {
  const child = spawn(process.execPath, [MAIN], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout })) if (line.startsWith('up in ')) break
  child.kill('SIGKILL')
  expect(await labProcesses()).not.toEqual([])
  expect(await promisify(execFile)(process.execPath, [MAIN, 'down'])).toEqual({
    stdout: 'nothing of the lab is left\n',
    stderr: '',
  })
  expect(await labProcesses()).toEqual([])
  expect(await machine()).toEqual(before)
}, 60_000)

function up(): Lab {
  if (lab === undefined) throw new Error('the lab is not up')
  return lab
}

interface Node {
  readonly status: {
    readonly nodeInfo: Readonly<Record<string, string>>
    readonly images: readonly { readonly names: readonly string[] }[]
  }
}

interface Pod {
  readonly status: {
    readonly phase: string
    readonly containerStatuses?: readonly {
      readonly state: {
        readonly running?: object
        readonly waiting?: { readonly reason: string; readonly message?: string }
      }
    }[]
  }
}

async function pullSecret(name: string, host: string, { username, password }: Login): Promise<void> {
  const login = [`--docker-username=${username}`, `--docker-password=${password}`, `--docker-server=${host}`]
  await up().kubectl(['create', 'secret', 'docker-registry', name, ...login])
}

async function run(name: string, image: string, spec: object = {}, imagePullPolicy = 'Always'): Promise<void> {
  const container = { name: 'app', image, imagePullPolicy }
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [container], terminationGracePeriodSeconds: 0, ...spec },
  }
  await up().kubectl(['create', '-f', '-'], JSON.stringify(pod))
}

/** The message of the container once it is in this state; throws with what it is in after a minute. */
async function seen(name: string, reason: string): Promise<string> {
  let last = ''
  const end = performance.now() + 60_000
  while (performance.now() < end) {
    const pod = JSON.parse(await up().kubectl(['get', 'pod', name, '-o=json'])) as Pod
    const state = pod.status.containerStatuses?.[0]?.state
    if (reason === 'running' && state?.running !== undefined) return ''
    if (state?.waiting?.reason === reason) return state.waiting.message ?? ''
    last = JSON.stringify(pod.status)
    await sleep(200)
  }
  throw new Error(`${name} never showed ${reason}: ${last}`)
}

/** What a lab could change, and nobody else does meanwhile. */
async function machine(): Promise<object> {
  const names = async (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => ['(absent)'])
  return {
    mounts: (await readFile('/proc/self/mounts', 'utf8')).split('\n'),
    addresses: (await runTool('ip', ['-o', 'address'])).split('\n'),
    routes: (await runTool('ip', ['route', 'show', 'table', 'all'])).split('\n'),
    iptables: (await runTool('iptables', ['-S'])).split('\n'),
    nat: (await runTool('iptables', ['-t', 'nat', '-S'])).split('\n'),
    nft: (await runTool('nft', ['list', 'ruleset'])).split('\n'),
    hosts: await readFile('/etc/hosts', 'utf8'),
    sysctls: await readSysctls(),
    namespaces: await namespaces(),
    cgroups: await labCgroups(),
    folder: await names(FOLDER),
    run: await names('/run'),
    libraries: await names('/var/lib'),
    logs: await names('/var/log'),
    opt: await names('/opt'),
    etc: await names('/etc'),
  }
}

/** Every namespace that some process is in. */
async function namespaces(): Promise<readonly string[]> {
  const found = new Set<string>()
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    // One that has ended shows its process namespace alone until its parent notices.
    const links = ['mnt', 'net', 'pid'].map((kind) => readlink(`/proc/${pid}/ns/${kind}`))
    for (const link of await Promise.all(links).catch(() => [])) found.add(link)
  }
  return [...found].sort()
}
