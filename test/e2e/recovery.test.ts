// The webhook configuration without the webhook: a cluster that starts from nothing, all of the product's pods gone, the product gone for
// good; what is refused then, with which words, and the one command that puts the cluster right.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHART, helm, NAMESPACE } from '../manifests/render.ts'
import { startCluster, until } from './installed.ts'
import type { Cluster } from './installed.ts'

/** The image may have to be built, the lab's programs too. */
const START_MS = 20 * 60_000
const TEST_MS = 240_000
const WAIT_MS = 120_000

const FAILED = 'failed calling webhook "pods.pullable.dev": failed to call webhook'
const CONFIGURATION = ['validatingwebhookconfiguration', 'pullable']

let cluster: Cluster
let good = ''

beforeAll(async () => {
  cluster = await startCluster()
  good = `${cluster.lab.registries.plain.host}/team/app:1.0`
  await kubectl('create', 'namespace', 'shop')
  for (const namespace of ['shop', 'kube-system'])
    await until('serviceaccount', () => kubectl('-n', namespace, 'get', 'serviceaccount', 'default', '-o=name'))
  // What a cluster keeps from before: its pods are yet to be made.
  for (const name of ['first', 'second'])
    await kubectl('-n', 'shop', 'create', 'deployment', name, `--image=${good}`, '--replicas=0')
}, START_MS)

afterAll(async () => {
  // Where the start failed, it took the lab down by itself.
  await (cluster as Cluster | undefined)?.lab.stop()
}, 60_000)

describe('a cluster that starts from nothing, with the configuration there before any webhook', () => {
  it(
    'with failurePolicy Ignore nobody is held up',
    async () => {
      await apply('Ignore', 'templates/webhook.yaml')
      await comesUp('kube-system', 'early')
      expect(await tryPod()).toBe('pod/tried')
      await kubectl('-n', 'shop', 'scale', 'deployment/first', '--replicas=1')
      await kubectl('-n', 'shop', 'rollout', 'status', 'deployment/first', `--timeout=${String(WAIT_MS / 1000)}s`)
    },
    TEST_MS,
  )

  it(
    'with Fail what it selects waits, and nothing else; once the product is there, which nothing keeps from coming, it all comes up by itself',
    async () => {
      await apply('Fail', 'templates/webhook.yaml')
      const missing = await until(FAILED, tryPod)
      expect(missing).toContain('service "pullable" not found')
      await comesUp('kube-system', 'later')
      await kubectl('-n', 'shop', 'scale', 'deployment/second', '--replicas=1')
      await until(FAILED, () => conditionsOf('second'))

      await apply('Fail')
      await up()
      await kubectl('-n', 'shop', 'rollout', 'status', 'deployment/second', `--timeout=${String(WAIT_MS / 1000)}s`)
      expect(await tryPod()).toBe('pod/tried')
      expect(await tryPod(`${good}0`)).toContain('denied the request')
    },
    TEST_MS,
  )
})

describe('failurePolicy Fail', () => {
  it(
    'and all pods of the product gone, the API server restarted meanwhile: it comes back by itself, and so does what waited',
    async () => {
      await kubectl('-n', NAMESPACE, 'scale', 'deployment/pullable', '--replicas=0')
      await kubectl('-n', NAMESPACE, 'wait', '--for=delete', 'pods', '--all', `--timeout=${String(WAIT_MS / 1000)}s`)
      await until(FAILED, tryPod)
      await cluster.lab.restartApiServer({ downMs: 1_000 })
      await until(FAILED, tryPod)
      await comesUp('kube-system', 'latest')
      // As when a node dies: its pods are gone, and their owner makes others.
      await kubectl('-n', 'shop', 'delete', 'pods', '-l', 'app=second', '--grace-period=0', '--force')
      await until(FAILED, () => conditionsOf('second'))
      // Scaling down and holding up are not refused.
      await kubectl('-n', 'shop', 'scale', 'deployment/first', '--replicas=0')
      await until('0', async () => (await replicasOf('first')).trim())

      const from = new Date()
      await kubectl('-n', NAMESPACE, 'scale', 'deployment/pullable', '--replicas=2')
      await up()
      await kubectl('-n', 'shop', 'rollout', 'status', 'deployment/second', `--timeout=${String(WAIT_MS / 1000)}s`)
      expect(await cluster.forbidden(from)).toEqual([])
    },
    TEST_MS,
  )

  it(
    'and the configuration deleted and made again: filled at once',
    async () => {
      await kubectl('delete', ...CONFIGURATION)
      await until('pod/tried', () => tryPod(`${good}0`))
      await apply('Fail', 'templates/webhook.yaml')
      const from = performance.now()
      await until('denied the request', () => tryPod(`${good}0`))
      console.log(
        `a configuration that was made again: answered after ${String(Math.round(performance.now() - from))} ms`,
      )
    },
    TEST_MS,
  )

  it(
    'and the Deployment gone, or the whole namespace: the words say what is not there, and one command puts the cluster right',
    async () => {
      await kubectl('-n', NAMESPACE, 'delete', 'deployment', 'pullable')
      await until('no endpoints available for service "pullable"', tryPod, WAIT_MS)
      await kubectl('delete', 'namespace', NAMESPACE, `--timeout=${String(WAIT_MS / 1000)}s`)
      await until('service "pullable" not found', tryPod)

      await apply('Ignore', 'templates/webhook.yaml')
      await until('pod/tried', tryPod)
      await apply('Fail', 'templates/webhook.yaml')
      await until(FAILED, tryPod)

      const from = performance.now()
      await kubectl('delete', 'validatingwebhookconfiguration', 'pullable')
      await until('pod/tried', tryPod)
      console.log(`right ${String(Math.round(performance.now() - from))} ms after the command`)
    },
    TEST_MS,
  )
})

function kubectl(...args: string[]): Promise<string> {
  return cluster.kubectl(args)
}

/** What the chart renders, or one template of it. */
async function apply(failurePolicy: 'Fail' | 'Ignore', template?: string): Promise<void> {
  const only = template === undefined ? ['--skip-tests'] : [`--show-only=${template}`]
  const values = { mode: 'enforce', webhook: { failurePolicy }, nodes: cluster.nodes }
  const text = await helm(['template', 'pullable', CHART, `--namespace=${NAMESPACE}`, ...only], values)
  await cluster.kubectl(['apply', '-f', '-'], text)
}

/** Its pods are ready, and every API server knows. */
async function up(): Promise<void> {
  await kubectl('-n', NAMESPACE, 'rollout', 'status', 'deployment/pullable', `--timeout=${String(WAIT_MS / 1000)}s`)
  await until('pod/tried', tryPod)
}

async function comesUp(namespace: string, name: string): Promise<void> {
  await kubectl('-n', namespace, 'run', name, `--image=${good}`)
  await kubectl('-n', namespace, 'wait', '--for=condition=Ready', `pod/${name}`, `--timeout=${String(WAIT_MS / 1000)}s`)
}

/** What who would make a pod reads: `pod/tried`, or the words of the refusal. */
async function tryPod(image = good): Promise<string> {
  const args = ['-n', 'shop', 'run', 'tried', `--image=${image}`, '--dry-run=server', '-o=name']
  return (await kubectl(...args).catch(String)).trim()
}

function conditionsOf(deployment: string): Promise<string> {
  const messages = '-o=jsonpath={.items[*].status.conditions[*].message}'
  return kubectl('-n', 'shop', 'get', 'replicasets', '-l', `app=${deployment}`, messages)
}

function replicasOf(deployment: string): Promise<string> {
  return kubectl(
    '-n',
    'shop',
    'get',
    'replicasets',
    '-l',
    `app=${deployment}`,
    '-o=jsonpath={.items[*].status.replicas}',
  )
}
