// The built webhook over a real API server that goes away and comes back, and over one that lets it read nothing.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { serverPair } from '../support/certificates.ts'
import type { ServerPair } from '../support/certificates.ts'
import { startServing } from '../support/command.ts'
import type { Serving } from '../support/command.ts'
import { postSteadily } from '../support/post-steadily.ts'
import type { Kind, Posted } from '../support/post-steadily.ts'
import { post, reviewOf } from '../support/review.ts'
import type { ReviewResponse } from '../support/review.ts'
import { writeAccountKubeconfig } from './account.ts'
import { startLab } from './cluster.ts'
import type { Lab } from './cluster.ts'

/** The programs may have to be built. */
const BUILD_MS = 20 * 60_000
const TEST_MS = 180_000

const PER_SECOND = 100
/** Longer than secrets are kept, shorter than nodes and namespaces are believed. */
const DOWN_MS = 8_000
const CURRENT_MS = 5_000

/** What the product is installed with: its own rights are what is tried here. */
const INSTALLED = ['namespace', 'serviceaccount', 'rbac'].map((name) =>
  join(import.meta.dirname, `../../manifests/install/${name}.yaml`),
)

let lab: Lab | undefined
let folder: string
let pair: ServerPair
const servings: Serving[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pullable-outage-'))
  pair = await serverPair(['localhost'])
  await writeFile(join(folder, 'tls.crt'), pair.cert)
  await writeFile(join(folder, 'tls.key'), pair.key)
  lab = await startLab({ say: (line) => console.log(line) })
  const { kubectl, registries } = lab
  for (const file of INSTALLED) await kubectl(['apply', '-f', '-'], await readFile(file, 'utf8'))
  for (const name of ['shop', 'exempt', 'free', 'later']) await kubectl(['create', 'namespace', name])
  await kubectl(['label', 'namespace', 'exempt', 'pullable.dev/exempt-manifest-unknown=OPS-1'])
  await kubectl(['label', 'namespace', 'free', 'pullable.dev/enforce=none'])
  const { host, login } = registries.secret
  const flags = [
    `--docker-username=${login.username}`,
    `--docker-password=${login.password}`,
    `--docker-server=${host}`,
  ]
  await kubectl(['create', 'secret', 'docker-registry', 'regcred', '--namespace=shop', ...flags])
  const puller = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'puller', namespace: 'shop' },
    imagePullSecrets: [{ name: 'regcred' }],
  }
  await kubectl(['create', '-f', '-'], JSON.stringify(puller))
  await writeAccountKubeconfig(lab, { namespace: 'pullable-system', name: 'pullable' }, join(folder, 'installed'))
}, BUILD_MS)

afterEach(async () => {
  // Those of a test that failed.
  for (const serving of servings.splice(0)) await serving.stop()
})

afterAll(async () => {
  await lab?.stop()
  await rm(folder, { recursive: true, force: true })
})

it(
  'answers every review, and denies none that it should not, while the API server is killed and restarted',
  async () => {
    const lab = up()
    const serving = await serve('installed')
    await expect.poll(() => page(serving, 'readyz'), { timeout: 20_000 }).toBe('{"ready":true}')
    const stream = postSteadily(serving.port, pair.ca, PER_SECOND, kinds())
    await sleep(3_000)
    const killed = performance.now()
    await lab.restartApiServer({ downMs: DOWN_MS })
    const back = performance.now()
    await expect.poll(() => ages(serving), { timeout: 30_000, interval: 50 }).toEqual([0, 0, 0])
    const followed = performance.now() - back
    const labelled = performance.now()
    await lab.kubectl(['label', 'namespace', 'later', 'pullable.dev/enforce=none'])
    const toldAt = performance.now()
    await expect.poll(async () => (await review(serving, wrongTag('later')))?.allowed, { interval: 50 }).toBe(true)
    const seen = performance.now() - toldAt
    await sleep(3_000)
    await stream.stop()
    const { posted } = stream
    console.log(figures(posted, killed, back))
    console.log(
      `away for ${seconds(back - killed)}; followed again ${seconds(followed)} after it was ready; ` +
        `a new label, which took kubectl ${seconds(toldAt - labelled)} to set, was seen ${seconds(seen)} later`,
    )
    expect(posted.filter(({ response }) => response === undefined)).toEqual([])
    expect(posted.filter(({ kind, response }) => MAY_RUN.includes(kind) && response?.allowed === false)).toEqual([])
    expect(followed).toBeLessThan(CURRENT_MS)
    expect(seen).toBeLessThan(CURRENT_MS)
    const after = posted.filter(({ at }) => at > back + followed)
    const answers = new Set(after.map(({ kind, response }) => `${kind}: ${saysOf(response)}`))
    expect(answers).toEqual(
      new Set([
        ...['good', 'private', 'private template', 'exempt'].map((kind) => `${kind}: allowed`),
        'free: warned',
        'wrong tag: denied',
      ]),
    )
    expect(posted.length).toBeGreaterThan(((DOWN_MS + 6_000) / 1000) * PER_SECOND * 0.8)
    expect(await serving.stop()).toBe(0)
  },
  TEST_MS,
)

it(
  'starts while the API server is away: it is not ready and says why, answers, and recovers',
  async () => {
    const lab = up()
    const restarted = lab.restartApiServer({ downMs: 6_000 })
    await sleep(1_000)
    const serving = await serve('installed')
    expect(await page(serving, 'readyz')).toBe(
      '{"ready":false,"reason":"the nodes have not been read yet: connection refused"}',
    )
    for (const object of [wrongTag('shop'), privateImage(), privateTemplate()]) {
      const answer = await review(serving, object)
      expect(answer?.allowed).toBe(true)
      expect(answer?.warnings?.join('\n')).toContain('view-incomplete')
    }
    await restarted
    await expect.poll(() => page(serving, 'readyz'), { timeout: CURRENT_MS }).toBe('{"ready":true}')
    const answers = [wrongTag('shop'), privateImage(), privateTemplate()].map((object) => review(serving, object))
    expect((await Promise.all(answers)).map(saysOf)).toEqual(['denied', 'allowed', 'allowed'])
    expect(await serving.stop()).toBe(0)
  },
  TEST_MS,
)

it(
  'names each rule that it lacks, denies nothing, and goes on once it has them',
  async () => {
    const lab = up()
    await lab.kubectl(['create', 'serviceaccount', 'nobody', '--namespace=pullable-system'])
    await writeAccountKubeconfig(lab, { namespace: 'pullable-system', name: 'nobody' }, join(folder, 'nobody'))
    const serving = await serve('nobody')
    await expect.poll(() => page(serving, 'readyz'), { timeout: 20_000 }).toBe('{"ready":true}')
    for (const object of [wrongTag('shop'), privateImage(), privateTemplate()]) {
      const answer = await review(serving, object)
      expect(answer?.allowed).toBe(true)
      expect(answer?.warnings?.join('\n')).toContain('view-incomplete')
    }
    const rules = [...serving.log().matchAll(/resources: \[(\w+)\], verbs: \[([^\]]+)\]/g)].map(([text]) => text)
    expect(new Set(rules)).toEqual(
      new Set([
        'resources: [nodes], verbs: [list, watch]',
        'resources: [namespaces], verbs: [get, list, watch]',
        'resources: [secrets], verbs: [get]',
        'resources: [serviceaccounts], verbs: [get]',
        ...['webhookconfigurations', 'admissionpolicies', 'admissionpolicybindings'].map(
          (name) => `resources: [mutating${name}], verbs: [list, watch]`,
        ),
      ]),
    )
    await lab.kubectl([
      ...['create', 'clusterrolebinding', 'nobody', '--clusterrole=pullable'],
      '--serviceaccount=pullable-system:nobody',
    ])
    await expect.poll(() => ages(serving), { timeout: 45_000, interval: 500 }).toEqual([0, 0, 0])
    const answers = [wrongTag('shop'), privateImage(), privateTemplate()].map((object) => review(serving, object))
    expect((await Promise.all(answers)).map(saysOf)).toEqual(['denied', 'allowed', 'allowed'])
    expect(await serving.stop()).toBe(0)
  },
  TEST_MS,
)

function up(): Lab {
  if (lab === undefined) throw new Error('the lab is not up')
  return lab
}

async function serve(kubeconfig: string): Promise<Serving> {
  const files = ['--tls-cert-file=tls.crt', '--tls-private-key-file=tls.key', `--hosts-dir=${up().hostsFolder}`]
  const serving = await startServing([...files, `--kubeconfig=${kubeconfig}`], { cwd: folder })
  servings.push(serving)
  return serving
}

async function page({ metricsPort }: Serving, path: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${String(metricsPort)}/${path}`)).text()
}

/** Of nodes, namespaces and mutators, in whole seconds. */
async function ages(serving: Serving): Promise<readonly number[]> {
  const lines = (await page(serving, 'metrics')).matchAll(/^pullable_cluster_view_age_seconds\{.*\} (.*)$/gm)
  return [...lines].map(([, age]) => Math.floor(Number(age === '+Inf' ? Infinity : age)))
}

async function review({ port }: Serving, object: object): Promise<ReviewResponse | undefined> {
  return (await post(port, pair.ca, JSON.stringify(requestOf(object)))).response
}

function saysOf(response: ReviewResponse | undefined): 'allowed' | 'warned' | 'denied' | 'unanswered' {
  if (response === undefined) return 'unanswered'
  if (!response.allowed) return 'denied'
  return response.warnings === undefined ? 'allowed' : 'warned'
}

function pod(namespace: string, image: string, spec: object = {}): object {
  const containers = [{ name: 'app', image, imagePullPolicy: 'Always' }]
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace }, spec: { containers, ...spec } }
}

function wrongTag(namespace: string): object {
  return pod(namespace, `${up().registries.plain.host}/team/app:nope`)
}

function privateImage(): object {
  return pod('shop', `${up().registries.secret.host}/team/app:2.0`, { imagePullSecrets: [{ name: 'regcred' }] })
}

/** Its secret is that of its service account. */
function privateTemplate(): object {
  const { spec } = pod('shop', `${up().registries.secret.host}/team/app:2.0`, { serviceAccountName: 'puller' }) as {
    spec: object
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { template: { spec } },
  }
}

function requestOf(object: object): object {
  const { kind, metadata } = object as { readonly kind: string; readonly metadata: { readonly namespace: string } }
  const group = kind === 'Pod' ? '' : 'apps'
  return reviewOf(object, {
    namespace: metadata.namespace,
    kind: { group, version: 'v1', kind },
    resource: { group, version: 'v1', resource: `${kind.toLowerCase()}s` },
  })
}

/** All but the wrong tag would run, or its namespace says that it may be tried. */
const MAY_RUN: readonly string[] = ['good', 'private', 'private template', 'exempt', 'free']

function kinds(): readonly Kind[] {
  const objects = {
    good: pod('shop', `${up().registries.plain.host}/team/app:1.0`),
    'wrong tag': wrongTag('shop'),
    private: privateImage(),
    'private template': privateTemplate(),
    exempt: wrongTag('exempt'),
    free: wrongTag('free'),
  }
  return Object.entries(objects).map(([name, object]) => ({ name, body: JSON.stringify(requestOf(object)) }))
}

function figures(posted: readonly Posted[], killed: number, back: number): string {
  const phases = [
    ['before', (at: number) => at < killed],
    ['away', (at: number) => at >= killed && at < back],
    ['after', (at: number) => at >= back],
  ] as const
  const lines = phases.flatMap(([phase, within]) =>
    [...new Set(posted.map(({ kind }) => kind))].map((kind) => {
      const these = posted.filter((each) => each.kind === kind && within(each.at))
      const count = (said: string): string => {
        return `${String(these.filter(({ response }) => saysOf(response) === said).length).padStart(5)} ${said}`
      }
      const ms = these.map((each) => each.ms).sort((a, b) => a - b)
      const at = (share: number): string => String(Math.round(ms[Math.floor((ms.length - 1) * share)] ?? 0)).padStart(5)
      return [
        `${phase.padEnd(6)} ${kind.padEnd(16)} ${String(these.length).padStart(5)} sent`,
        ...['allowed', 'warned', 'denied', 'unanswered'].map(count),
        `ms p50 ${at(0.5)} p99 ${at(0.99)} most ${at(1)}`,
      ].join(', ')
    }),
  )
  return lines.join('\n')
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}
