// The product is never the cause of an outage: with failurePolicy Fail, so that a failure is seen, a steady stream of calls to the API
// server, and all that happens to an installation in its life. `npm run availability` prints the figures of
// docs/operations/availability.md.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NAMESPACE } from '../manifests/render.ts'
import { startCluster, until } from './installed.ts'
import type { Cluster } from './installed.ts'
import { connectAdmin } from './steady/admin.ts'
import type { Admin } from './steady/admin.ts'
import { callSteadily } from './steady/calls.ts'
import type { Called, Stream } from './steady/calls.ts'
import { NONE, readCounters, since } from './steady/counters.ts'
import { makeAuthorityDue, makePairDue, readKept, servedEverywhere } from './steady/due-certificates.ts'
import { rowsOf, table, troublesOf } from './steady/figures.ts'
import type { Period, Row } from './steady/figures.ts'
import { HANGS, kindsFor, openShop, SCRIPT } from './steady/kinds.ts'

/** The image may have to be built, the lab's programs too. */
const START_MS = 20 * 60_000
const TEST_MS = 300_000

/** Some make more than one call. */
const PER_SECOND = 20

const values = { mode: 'enforce', webhook: { failurePolicy: 'Fail' } }
const CONFIGURATION = ['validatingwebhookconfiguration', 'pullable']
const BUNDLES = '-o=jsonpath={.webhooks[*].clientConfig.caBundle}'

let cluster: Cluster
let admin: Admin
let stream: Stream
const periods: Period[] = []
let rows: readonly Row[] = []

beforeAll(async () => {
  cluster = await startCluster()
  cluster.lab.registries.scripted.registry.replace(SCRIPT)
  await openShop(cluster.lab)
  await cluster.helm('install', { ...values, nodes: cluster.nodes })
  admin = await connectAdmin(cluster.lab.kubeconfig)
  const bad = [`--image=${cluster.lab.registries.plain.host}/team/app:nope`, '--dry-run=server']
  await until('denied the request', () => kubectl('-n', 'shop', 'run', 'first', ...bad))
  const kinds = kindsFor(cluster.lab)
  stream = callSteadily(admin, PER_SECOND, [...kinds, ...kinds.filter(({ name }) => name !== HANGS)])
}, START_MS)

afterAll(async () => {
  // Where the start failed, it took the lab down by itself.
  await (stream as Stream | undefined)?.stop()
  ;(admin as Admin | undefined)?.close()
  await (cluster as Cluster | undefined)?.lab.stop()
}, 60_000)

/** What happens, in this order, and what may come of it. */
const happenings: readonly Happening[] = [
  { what: '`kubectl rollout restart`, twice', happen: restartTwice },
  { what: 'a pod deleted', happen: () => deletePod() },
  { what: 'a pod evicted, as by a drain; the other may not be meanwhile', happen: evictBoth },
  { what: 'the pair due, and renewed', happen: renewPair },
  { what: 'the Secret deleted', happen: deleteSecret },
  {
    what: '`helm upgrade`: levels and `timeoutSeconds`',
    happen: () => upgrade({ levels: { warn: 'baseline' }, webhook: { failurePolicy: 'Fail', timeoutSeconds: 9 } }),
  },
  {
    what: 'a pod deleted with `--grace-period=0 --force`',
    happen: async () => {
      // Calls of what happened before are none of this one's.
      await stream.answered()
      await deletePod('--grace-period=0', '--force')
      // The API server waits for the answer as long as it gives.
      await stream.answered()
    },
    mayBe: ({ said }) => said === 'failed',
  },
  {
    what: 'every `caBundle` taken',
    happen: spoilBundles,
    mayBe: ({ said, words }) => said === 'failed' && words.includes('x509: '),
  },
  {
    what: 'the authority due, and renewed; the API server killed and started again meanwhile',
    happen: renewAuthority,
    // Until its view is current again, it does not know enough to deny.
    mayBe: ({ said, words }) => said === 'no server' || (said === 'admitted' && words.includes('view-incomplete')),
  },
  {
    what: '`helm upgrade`: `mode: audit`',
    happen: stopEnforcing,
    // From the first new pod to the last old one, both are right.
    mayBe: ({ said, words }) => said === 'admitted' && words.includes('would be denied'),
  },
]

interface Happening {
  readonly what: string
  readonly happen: () => Promise<void>
  /** What else than the right answer. */
  readonly mayBe?: (call: Called) => boolean
}

describe('what happens', () => {
  it.each(happenings)(
    '$what',
    async ({ what, happen }) => {
      const [from, before] = [performance.now(), await readCounters(admin)]
      await happen()
      const after = await readCounters(admin)
      // An API server that is new has counted since it started.
      const counters = since(after.asked < before.asked ? NONE : before, after)
      periods.push({ what, from, to: performance.now(), counters })
    },
    TEST_MS,
  )

  it('is over', async () => {
    await stream.stop()
    rows = rowsOf(periods, stream.called)
    console.log(table(rows))
  })
})

describe('what came of the calls', () => {
  it.each(happenings)('$what', ({ what, mayBe = () => false }) => {
    const row = rows.find((each) => each.what === what)
    if (row === undefined) throw new Error('it did not happen')
    expect(troublesOf(row, (call) => call.said !== call.wants && !mayBe(call))).toEqual([])
    expect(row.called.length).toBeGreaterThan(0)
    // Its own count may say less: it knows nothing of who did not reach it.
    const failed = row.called.filter(({ said }) => said === 'failed').length
    if (failed === 0) expect([row.counters.failed, row.counters.failedOpen]).toEqual([0, 0])
    expect(row.counters.asked).toBeGreaterThan(0)
  })
})

function kubectl(...args: string[]): Promise<string> {
  return cluster.kubectl(args)
}

function inOwn(...args: string[]): Promise<string> {
  return kubectl('--namespace', NAMESPACE, ...args)
}

async function restartTwice(): Promise<void> {
  for (let count = 0; count < 2; count++) {
    await inOwn('rollout', 'restart', 'deployment/pullable')
    await inOwn('rollout', 'status', 'deployment/pullable', '--timeout=200s')
  }
  await whole()
}

async function deletePod(...flags: string[]): Promise<void> {
  const [name = ''] = await podNames()
  await inOwn('delete', 'pod', name, '--wait=false', ...flags)
  await whole()
}

async function evictBoth(): Promise<void> {
  const statuses: number[] = []
  for (const name of await podNames()) {
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: NAMESPACE } }
    const { status } = await admin.ask('POST', `/api/v1/namespaces/${NAMESPACE}/pods/${name}/eviction`, eviction)
    statuses.push(status)
  }
  expect(statuses).toEqual([201, 429])
  await whole()
}

async function renewPair(): Promise<void> {
  const before = (await readKept(cluster))['tls.crt']
  await makePairDue(cluster)
  const due = (await readKept(cluster))['tls.crt']
  await until('renewed', async () => {
    const now = (await readKept(cluster))['tls.crt']
    return now === before || now === due ? '' : 'renewed'
  })
  await until('served', () => servedEverywhere(cluster), 60_000)
}

async function deleteSecret(): Promise<void> {
  const before = (await readKept(cluster))['tls.crt']
  await inOwn('delete', 'secret', 'pullable-tls')
  await until('put back', async () => ((await readKept(cluster))['tls.crt'] === before ? 'put back' : ''))
}

async function spoilBundles(): Promise<void> {
  const before = await kubectl('get', ...CONFIGURATION, BUNDLES)
  const taken = [0, 1].map((index) => ({ op: 'remove', path: `/webhooks/${String(index)}/clientConfig/caBundle` }))
  await kubectl('patch', ...CONFIGURATION, '--type=json', '-p', JSON.stringify(taken))
  await until(before, () => kubectl('get', ...CONFIGURATION, BUNDLES))
}

async function renewAuthority(): Promise<void> {
  expect(await cluster.forbidden()).toEqual([])
  const before = (await readKept(cluster))['tls.crt']
  await makeAuthorityDue(cluster)
  await stream.answered()
  await cluster.lab.restartApiServer({ downMs: 1_000 })
  const renewed = async (): Promise<string> => ((await readKept(cluster))['tls.crt'] === before ? '' : 'renewed')
  await until('renewed', renewed, 200_000)
  await until('served', () => servedEverywhere(cluster), 60_000)
}

async function upgrade(other: object): Promise<void> {
  await cluster.helm('upgrade', { ...values, nodes: cluster.nodes, ...other })
  await whole()
}

async function stopEnforcing(): Promise<void> {
  const from = new Date()
  await upgrade({ mode: 'audit' })
  // An API server that has just started forbids what it will soon allow: these pods are new.
  expect(await cluster.forbidden(from)).toEqual([])
}

async function podNames(): Promise<readonly string[]> {
  return (await inOwn('get', 'pods', '-o=jsonpath={.items[*].metadata.name}')).trim().split(' ')
}

/** Two pods, both ready, and none that is going. */
async function whole(): Promise<void> {
  await inOwn('rollout', 'status', 'deployment/pullable', '--timeout=200s')
  const column = '{range .items[*]}{.status.containerStatuses[0].ready}{.metadata.deletionTimestamp} {end}'
  const states = async (): Promise<string> => `[${(await inOwn('get', 'pods', `-o=jsonpath=${column}`)).trim()}]`
  await until('[true true]', states, 200_000)
}
