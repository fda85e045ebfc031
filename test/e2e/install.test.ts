// Installed as the pages say, by helm and by kubectl, and everything that is done to an installation later: other values, a way back,
// mistakes, removal.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { labelled } from '../lab/images.ts'
import { CHART, helm, NAMESPACE } from '../manifests/render.ts'
import { push } from '../registry/images.ts'
import { runTool } from '../support/tools.ts'
import { IMAGE, startCluster, until } from './installed.ts'
import type { Cluster } from './installed.ts'
import { ask, untilAsked } from './probe.ts'
import { blockIn, shownIn } from './shown.ts'
import type { Shown } from './shown.ts'

const START_MS = 20 * 60_000
const STEP_MS = 120_000

/** What the issue of this chart allows from `helm install` to the first denial. */
const FIRST_DENIAL_MS = 60_000

/** Of the examples. */
const HOST = 'registry.demo.test'
const ABSENT = `${HOST}/shop/cart:v2`
const NO_TAG = `${HOST}/shop/cart`
const GOOD = `${HOST}/shop/cart:v2.0`

let started: Cluster | undefined
let folder = ''
let values: object = {}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pullable-install-'))
  started = await startCluster()
  const { lab, nodes } = started
  for (const tag of ['v2.0', 'v2.1', 'v3.0-rc1'])
    await push(lab.registries.plain.registry, await labelled(tag), `shop/cart:${tag}`)
  const hostsFile = `server = "http://${lab.registries.plain.host}"\n`
  await lab.writeHostsFile(HOST, hostsFile)
  values = { nodes: { hostsDir: { files: { ...nodes.hostsDir.files, [HOST]: hostsFile } } } }
  await lab.ctr(['images', 'tag', IMAGE, 'registry.example.com/pullable:0.1.0'])
  await started.kubectl(['create', 'namespace', 'shop'])
  await started.kubectl(['label', 'namespace', NAMESPACE, 'pod-security.kubernetes.io/enforce=restricted'])
}, START_MS)

afterAll(async () => {
  await started?.lab.stop()
  await rm(folder, { recursive: true, force: true })
}, STEP_MS)

describe('helm', () => {
  it(
    'installs, to the first denial, as the README shows it',
    async () => {
      const [install, apply] = await shownIn('README.md', '$ helm install')
      const began = performance.now()
      await expectShown(install, (words) => helm([...words, `--kubeconfig=${up().lab.kubeconfig}`], values))
      await expectShown(apply, (words) => up().kubectl(words))
      const took = performance.now() - began
      console.log(`from helm install to the first denial: ${String(Math.round(took))} ms`)
      expect(took).toBeLessThan(FIRST_DENIAL_MS)
      expect(await ask(up(), { image: GOOD })).toBe('admitted')
    },
    STEP_MS,
  )

  it(
    'tests it, and shows what the test printed',
    async () => {
      expect(await testRelease()).toMatch(/Phase: +Succeeded[^]*ready: 200 \{"ready":true\}\nwebhook: 405\n/)
    },
    STEP_MS,
  )

  it(
    'takes it from enforce to audit and back, by value and by rollback',
    async () => {
      // One is replaced sooner than two.
      await upgrade('--reuse-values', '--set', 'mode=audit', '--set', 'replicas=1')
      await untilAsked(up(), { image: ABSENT }, 'would be denied')
      await upgrade('--reuse-values', '--set', 'mode=enforce')
      await untilAsked(up(), { image: ABSENT }, 'denied the request')
      await runTool('helm', ['rollback', 'pullable', '2', '--wait', ...where()])
      await untilAsked(up(), { image: ABSENT }, 'would be denied')
    },
    STEP_MS,
  )

  it(
    'gives levels, a floor and moved causes their effect',
    async () => {
      const { refused } = up().lab.registries
      await up().helm('upgrade', {
        ...values,
        mode: 'enforce',
        replicas: 1,
        levels: { enforce: 'none' },
        floor: 'baseline',
        causes: { 'manifest-unknown': 'warn', 'registry-unreachable.refused': 'deny' },
      })
      await untilAsked(up(), { image: `${refused.host}/a:1` }, 'denied the request')
      expect(await ask(up(), { image: ABSENT })).toMatch(/Warning: .*: manifest-unknown: /)
      // A tag is missing: denied at baseline, which the floor makes of none, the default's and a label's.
      expect(await ask(up(), { image: NO_TAG })).toMatch(/denied the request: .*: tag-missing: /)
      await up().kubectl(['label', 'namespace', 'shop', 'pullable.dev/enforce=none'])
      expect(await ask(up(), { image: NO_TAG })).toMatch(/denied the request: .*: tag-missing: /)
      await up().kubectl(['label', 'namespace', 'shop', 'pullable.dev/enforce-'])
    },
    STEP_MS,
  )

  it('refuses a value that is none by its name, and leaves what runs as it is', async () => {
    await expect(upgrade('--reuse-values', '--set', 'mode=strict')).rejects.toThrow(
      "at '/mode': value must be one of 'audit', 'enforce'",
    )
    expect(await ask(up(), { image: NO_TAG })).toContain('denied the request')
  })

  it(
    'has the old pods go on where the new ones cannot start: a mistake in the ConfigMap',
    async () => {
      const config = await up().kubectl([...own, 'get', 'configmap', 'pullable', '-o=jsonpath={.data.config\\.yaml}'])
      const data = { 'config.yaml': config.replace('floor: baseline', 'floor: basline') }
      await up().kubectl([...own, 'patch', 'configmap', 'pullable', '-p', JSON.stringify({ data })])
      await up().kubectl([...own, 'rollout', 'restart', 'deployment/pullable'])
      const ended =
        '{range .items[*]}{.status.containerStatuses[0].lastState.terminated.message}{.status.containerStatuses[0].state.terminated.message}{end}'
      const said = await until('basline', () => up().kubectl([...own, 'get', 'pods', `-o=jsonpath=${ended}`]), STEP_MS)
      console.log(`said of a mistake in the ConfigMap: ${said}`)
      expect(said).toContain('floor')
      expect(await ask(up(), { image: NO_TAG })).toContain('denied the request')
    },
    STEP_MS,
  )

  it(
    'puts right what was edited by hand: the ConfigMap, the port of the Service',
    async () => {
      const ports = [{ name: 'https', port: 443, targetPort: 9999 }]
      await up().kubectl([...own, 'patch', 'service', 'pullable', '-p', JSON.stringify({ spec: { ports } })])
      // The API server may go on with the connections that it has; it is the test of the release that says it.
      await until('https://pullable.pullable-system.svc/validate cannot be reached: ', testRelease, 60_000)
      await upgrade('--reuse-values')
      await untilAsked(up(), { image: NO_TAG }, 'denied the request')
      await until('Succeeded', testRelease, 60_000)
    },
    STEP_MS,
  )

  it(
    'removes all of it, but for the pod of its test',
    async () => {
      expect(await up().forbidden()).toEqual([])
      await up().uninstall()
      await expect.poll(remains, { timeout: 60_000 }).toEqual(['pod/pullable-test'])
    },
    STEP_MS,
  )
})

describe('kubectl', () => {
  it(
    'installs, to the first denial, as the README shows it',
    async () => {
      const since = new Date()
      await up().kubectl([...own, 'delete', 'pod', 'pullable-test'])
      await writeKustomization()
      const [apply, rollout, deny] = await shownIn('README.md', '$ kubectl apply -k')
      const took = performance.now()
      await expectShown(apply, ([, dashK = '', ...words]) => up().kubectl(['apply', dashK, ...inFolder(words)]))
      await expectShown(rollout, (words) => up().kubectl(words))
      await expectShown(deny, (words) => up().kubectl(words))
      console.log(`from kubectl apply -k to the first denial: ${String(Math.round(performance.now() - took))} ms`)
      expect(await ask(up(), { image: GOOD })).toBe('admitted')
      expect(await up().forbidden(since)).toEqual([])
    },
    STEP_MS,
  )

  it(
    'removes all of it',
    async () => {
      await up().kubectl(['delete', '--wait=false', ...inFolder(['-k', 'deploy'])])
      await expect.poll(remains, { timeout: 90_000 }).toEqual([])
    },
    STEP_MS,
  )
})

const own = ['-n', NAMESPACE]

/** A kustomization as docs/operations/install.md has it, in `deploy`, and the lab's own part over it: where the registry is. */
async function writeKustomization(): Promise<void> {
  const page = 'docs/operations/install.md'
  const files = await blockIn(page, 'yaml', 'images:')
  const patches = await blockIn(page, 'yaml', 'patches:')
  const text = `${files}\n${patches}`.replace('path/to/manifests/install', relative(join(folder, 'user'), INSTALL))
  await mkdir(join(folder, 'user'))
  await writeFile(join(folder, 'user/kustomization.yaml'), text)

  const name = 'lab-hosts'
  const add = (path: string, value: object): object => ({ op: 'add', path: `/spec/template/spec/${path}/-`, value })
  const mounted = [
    add('containers/0/env', { name: 'PULLABLE_HOSTS_DIR', value: '/hosts' }),
    add('containers/0/volumeMounts', { name, mountPath: '/hosts', readOnly: true }),
    add('volumes', { name, configMap: { name, items: [{ key: 'hosts.toml', path: `${HOST}/hosts.toml` }] } }),
  ]
  const hosts = { 'hosts.toml': `server = "http://${up().lab.registries.plain.host}"\n` }
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: NAMESPACE }, data: hosts }
  const target = { kind: 'Deployment', name: 'pullable' }
  const kustomization = {
    resources: ['../user', 'hosts.yaml'],
    patches: [{ target, patch: JSON.stringify(mounted) }],
  }
  await mkdir(join(folder, 'deploy'))
  await writeFile(join(folder, 'deploy/hosts.yaml'), JSON.stringify(configMap))
  await writeFile(join(folder, 'deploy/kustomization.yaml'), JSON.stringify(kustomization))
}

const INSTALL = join(CHART, '../install')

function inFolder(words: readonly string[]): string[] {
  return words.map((word) => (word === 'deploy' ? join(folder, 'deploy') : word))
}

/** Runs what a page shows, and holds the page to it. */
async function expectShown(shown: Shown | undefined, run: (words: readonly string[]) => Promise<string>) {
  if (shown === undefined) throw new Error('the page shows fewer commands')
  const [, ...words] = shown.words
  const printed = await run(words).catch((error: unknown) => (error as Error).message)
  expect(`${printed.trim()}\n`).toMatch(shown.prints)
}

function where(): string[] {
  return [`--kubeconfig=${up().lab.kubeconfig}`, `--namespace=${NAMESPACE}`]
}

function upgrade(...args: string[]): Promise<string> {
  return up().helm('upgrade', {}, ...args)
}

/** What `helm test` prints, whether it says yes or no. */
function testRelease(): Promise<string> {
  return runTool('helm', ['test', 'pullable', '--logs', '--timeout=60s', ...where()]).catch((error: unknown) => {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string }
    return `${stdout}${stderr}`
  })
}

/** What of the release is in the cluster, of any kind. */
async function remains(): Promise<readonly string[]> {
  const { kubectl } = up()
  const kinds = (await kubectl(['api-resources', '--verbs=list,delete', '-o=name'])).trim().split('\n')
  const mine = ['-l', 'app.kubernetes.io/name=pullable', '-A', '-o=name', '--ignore-not-found']
  return (await kubectl(['get', kinds.join(','), ...mine])).split('\n').filter((line) => line !== '')
}

function up(): Cluster {
  if (started === undefined) throw new Error('the cluster is not up')
  return started
}
