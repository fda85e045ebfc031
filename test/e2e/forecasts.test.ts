// An audit week in minutes: pods that fail as was said, one whose node knows more, one whose image its node had, and what `pullable
// audit` makes of them. The chart is installed with its defaults, in mode audit.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PAUSE_IMAGE } from '../lab/layout.ts'
import { NAMESPACE } from '../manifests/render.ts'
import { inFolder, pullable } from '../support/command.ts'
import type { Ran } from '../support/command.ts'
import { runTool } from '../support/tools.ts'
import { startCluster, until } from './installed.ts'
import type { Cluster } from './installed.ts'

const START_MS = 20 * 60_000

/** A failure is believed at the second look, forty seconds after the review, and written within half a minute. */
const LEARN_MS = 150_000

const STORE = ['-n', NAMESPACE, 'get', 'configmap', 'pullable-forecasts', '-o=jsonpath={.data.summary}']

const execute = promisify(execFile)

let cluster: Cluster | undefined

beforeAll(async () => {
  cluster = await startCluster()
  const { kubectl, lab, nodes } = cluster
  await cluster.helm('install', { nodes, replicas: 2 })
  await kubectl(['create', 'namespace', 'shop'])
  await until('/', () => kubectl(['-n', 'shop', 'get', 'serviceaccount', 'default', '-o=name']))
  // The node is told of a mirror that asks for no password; the product is not.
  const { secret, plain } = lab.registries
  const mirror = `[host."http://${plain.host}"]\n  capabilities = ["pull", "resolve"]\n`
  await lab.writeHostsFile(secret.host, `server = "http://${secret.host}"\n${mirror}`)
  await until('would be denied', () => run('warned-of', `${plain.host}/team/app:nope`, ['--dry-run=server']))
}, START_MS)

afterAll(() => cluster?.lab.stop(), 60_000)

describe('pullable audit', { timeout: LEARN_MS + 60_000 }, () => {
  it('says that there is too little to go by, at first', async () => {
    expect(await audit('--least=2')).toMatchObject({ code: 3, stderr: '' })
  })

  it('names the registry to configure first, where a node knew more', async () => {
    const { secret, plain } = up().lab.registries
    await run('good', `${plain.host}/team/app:1.0`)
    await run('typo', `${plain.host}/team/app:1.O`)
    await up().kubectl(['-n', 'shop', 'create', 'deployment', 'web', `--image=${plain.host}/team/app:nope`])
    await run('mirrored', `${secret.host}/team/app:1.0`)
    await up().lab.ctr(['images', 'tag', PAUSE_IMAGE, `${plain.host}/team/app:side`])
    await run('side-loaded', `${plain.host}/team/app:side`)
    await until('2 failed to start, 1 started, 1 started from', () => up().kubectl(STORE), LEARN_MS)
    const { code, stdout } = await audit('-o=json', '--least=3')
    expect([code, JSON.parse(stdout)]).toMatchObject([
      1,
      {
        answer: 'wrong',
        pods: { judged: 5, wouldBeDenied: 4, right: 2, wrong: 1, unproved: 1, unknown: 0 },
        configureFirst: [
          {
            host: secret.host,
            cause: 'access-denied',
            wrong: 1,
            fix: `its nodes hold credentials for it: add ${secret.host} to nodes.credentials`,
          },
        ],
      },
    ])
    const log = await up().kubectl(['-n', NAMESPACE, 'logs', '-l=app.kubernetes.io/component=webhook', '--tail=-1'])
    const told = log.split('\n').filter((line) => line.includes('"level":"warn"'))
    expect(told.map((line) => JSON.parse(line) as object)).toMatchObject([
      { namespace: 'shop', pod: 'mirrored', container: 'mirrored', cause: 'access-denied', saw: 'started' },
    ])
  })

  it('starts anew once the ConfigMap is deleted, and says that it is safe where all failed to start', async () => {
    const { kubectl, lab } = up()
    await kubectl(['-n', NAMESPACE, 'delete', 'configmap', 'pullable-forecasts'])
    expect(await audit()).toMatchObject({ code: 2, stdout: '' })
    await run('good-again', `${lab.registries.plain.host}/team/app:1.0`)
    await run('typo-again', `${lab.registries.plain.host}/team/app:1.O`)
    await until('2 pods judged, 1 would have been denied: 1 failed to start', () => kubectl(STORE), LEARN_MS)
    const { code, stdout } = await audit('--least=2')
    expect([code, stdout.replace(/^Since [^,]+Z/, 'Since then')]).toEqual([
      0,
      `Since then: 2 pods judged, 1 would have been denied:
       1  failed to start, as was said
       0  started all the same: their nodes know more
       0  started, but from an image that their node had, or after a first failure: that proves nothing
       0  were not seen to their end

Safe to enforce: what would have been denied failed to start.
`,
    ])
  })

  it('outlives the pods of the product, and is asked for nothing that it may not have', async () => {
    const { kubectl, lab } = up()
    const before = await kubectl(STORE)
    await kubectl(['-n', NAMESPACE, 'rollout', 'restart', 'deployment/pullable'])
    await kubectl(['-n', NAMESPACE, 'rollout', 'status', 'deployment/pullable', '--timeout=90s'])
    expect(await kubectl(STORE)).toBe(before)
    const where = [`--namespace=${NAMESPACE}`, `--kubeconfig=${lab.kubeconfig}`]
    expect(await runTool('helm', ['test', 'pullable', '--logs', ...where])).toContain(`audit: ${before}`)
    expect(await up().forbidden()).toEqual([])
  })
})

function up(): Cluster {
  if (cluster === undefined) throw new Error('the cluster is not up')
  return cluster
}

/** What kubectl says to it, warnings among it. */
async function run(name: string, image: string, more: readonly string[] = []): Promise<string> {
  const { kubectlPath, kubeconfig } = up().lab
  const policy = '--image-pull-policy=IfNotPresent'
  const args = ['run', name, `--image=${image}`, policy, '--restart=Never', ...more]
  const { stdout, stderr } = await execute(kubectlPath, [`--kubeconfig=${kubeconfig}`, '-n=shop', ...args])
  return stdout + stderr
}

function audit(...args: readonly string[]): Promise<Ran> {
  return inFolder((cwd) => pullable(['audit', `--kubeconfig=${up().lab.kubeconfig}`, ...args], { cwd }))
}
