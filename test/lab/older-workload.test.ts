// A workload that is older than the rules, and whose tag the registry has lost: its pods are evicted, and made again.
import { execFile } from 'node:child_process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Serving } from '../support/command.ts'
import { startLab } from './cluster.ts'
import type { Lab } from './cluster.ts'
import { serveHere, webhookConfiguration } from './webhook.ts'

/** The programs may have to be built. */
const BUILD_MS = 20 * 60_000
const TEST_MS = 180_000

let lab: Lab | undefined
let serving: Serving | undefined

beforeAll(async () => {
  lab = await startLab({ say: (line) => console.log(line) })
  const here = await serveHere(lab)
  serving = here.serving
  await lab.kubectl(['create', 'namespace', 'old'])
  // The image is on the node under a name that the registry does not have: as if its tag had been taken away since.
  await lab.kubectl(['-n', 'old', 'create', 'deployment', 'first', `--image=${host()}/team/app:1.0`])
  await lab.kubectl(['-n', 'old', 'rollout', 'status', 'deployment/first', '--timeout=60s'])
  await lab.ctr(['images', 'tag', `${host()}/team/app:1.0`, gone()])
  await lab.kubectl(['-n', 'old', 'create', 'deployment', 'web', `--image=${gone()}`, '--replicas=2'])
  await lab.kubectl(['-n', 'old', 'rollout', 'status', 'deployment/web', '--timeout=60s'])
  await lab.kubectl(['create', '-f', '-'], JSON.stringify(webhookConfiguration(serving.port, here.pair.ca)))
}, BUILD_MS)

afterAll(async () => {
  await serving?.stop()
  await lab?.stop()
}, 60_000)

it(
  'survives: what made its pods may make them again, and who makes one by hand is warned',
  async () => {
    const { kubectl } = up()
    // Once the API server asks, and says what it was told.
    await expect.poll(() => dryRun('old'), { timeout: 30_000, interval: 500 }).toContain('cached-only')
    for (const each of (await pods()).split(' ')) await evict(each)
    await kubectl(['-n', 'old', 'wait', '--for=jsonpath={.status.readyReplicas}=2', 'deployment/web', '--timeout=90s'])
    await kubectl(['-n', 'old', 'rollout', 'restart', 'deployment/web'])
    await kubectl(['-n', 'old', 'rollout', 'status', 'deployment/web', '--timeout=90s'])
  },
  TEST_MS,
)

function up(): Lab {
  if (lab === undefined) throw new Error('the lab is not up')
  return lab
}

const host = (): string => up().registries.plain.host
/** Of the same repository: a kubelet from 1.35 on lets pods have what it once pulled of one that asks for nothing. */
const gone = (): string => `${host()}/team/app:gone`

const pods = (): Promise<string> =>
  up().kubectl(['-n', 'old', 'get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].metadata.name}'])

function evict(name: string): Promise<string> {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'old' } }
  const path = `/api/v1/namespaces/old/pods/${name}/eviction`
  return up().kubectl(['create', `--raw=${path}`, '-f', '-'], JSON.stringify(eviction))
}

/** What kubectl says on standard error of a pod of one's own that is not kept. */
function dryRun(namespace: string): Promise<string> {
  const args = [
    '-n',
    namespace,
    'run',
    'mine',
    `--image=${gone()}`,
    '--dry-run=server',
    `--kubeconfig=${up().kubeconfig}`,
  ]
  return new Promise((resolve) => {
    execFile(up().kubectlPath, args, (_, __, stderr) => {
      resolve(stderr)
    })
  })
}
