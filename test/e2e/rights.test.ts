// Each right that the chart asks for, taken away: what is lost, that it is said, that nothing which runs is denied and no call fails, and
// that it comes back with the right. `failurePolicy: Fail` shows every call that fails.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NAMESPACE, render } from '../manifests/render.ts'
import type { Rendered } from '../manifests/render.ts'
import { push, withImages } from '../registry/images.ts'
import { startCluster, until } from './installed.ts'
import type { Cluster } from './installed.ts'
import { ask, askMeanwhile, FAILED, untilAsked } from './probe.ts'
import type { Probe } from './probe.ts'

const START_MS = 20 * 60_000
const STEP_MS = 180_000
/** What may not be watched is tried again every thirty seconds. */
const AGAIN_MS = 90_000

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames?: readonly string[]
}

/** A role that is bound to the product, and one of its rules. */
interface Right {
  readonly role: readonly [kind: string, name: string]
  readonly rule: Rule
}

interface Row {
  /** As `nameOf` gives it. */
  readonly right: string
  readonly probe: (cluster: Cluster) => Probe
  /** What is said with the right. */
  readonly held: string
  /** What is said without it. */
  readonly lost: string
  /** Of the metrics, without it. */
  readonly metric: string
}

const asked: readonly Row[] = [
  {
    right: 'ClusterRole/pullable: get serviceaccounts',
    probe: ({ lab }) => ({ image: `${lab.registries.secret.host}/team/app:2.0`, template: true }),
    held: 'admitted',
    lost: 'view-incomplete: ',
    metric: 'pullable_cluster_requests_total{resource="serviceaccounts",verb="get",status="4xx"}',
  },
  {
    right: 'ClusterRole/pullable: get secrets',
    probe: ({ lab }) => ({ image: `${lab.registries.secret.host}/team/app:2.0`, pullSecret: 'regcred' }),
    held: 'admitted',
    lost: 'without pull secret "regcred", which we could not read (forbidden)',
    metric: 'pullable_cluster_requests_total{resource="secrets",verb="get",status="4xx"}',
  },
  {
    right: 'ClusterRole/pullable: list pods',
    probe: ({ lab }) => ({ image: `${lab.registries.plain.host}/team/gone:1.0`, namespace: 'old', anywhere: true }),
    held: 'cached-only: ',
    lost: 'view-incomplete: the pods of this namespace could not be read (forbidden), and one may run the image',
    metric: 'pullable_cluster_requests_total{resource="pods",verb="list",status="4xx"}',
  },
]

/** A watch goes on until it ends, so what is lost is seen by a new pod alone. */
const watched: readonly Row[] = [
  {
    right: 'ClusterRole/pullable: list, watch nodes',
    probe: ({ lab }) => ({ image: `${lab.registries.plain.host}/team/arm:1.0` }),
    held: 'platform-mismatch: ',
    lost: 'view-incomplete: the nodes could not be read (forbidden), so platforms are not judged',
    metric: 'pullable_cluster_view_age_seconds{resource="nodes"} +Inf',
  },
  {
    right: 'ClusterRole/pullable: get, list, watch namespaces',
    probe: ({ lab }) => ({ image: `${lab.registries.plain.host}/team/app:none` }),
    held: 'denied the request: ',
    lost: 'view-incomplete: the namespace and its labels could not be read',
    metric: 'pullable_cluster_view_age_seconds{resource="namespaces"} +Inf',
  },
  {
    right:
      'ClusterRole/pullable: list, watch mutatingwebhookconfigurations, mutatingadmissionpolicies, mutatingadmissionpolicybindings',
    probe: ({ lab }) => ({ image: `${lab.registries.plain.host}/team/app:none`, template: true }),
    held: 'denied the request: ',
    // What kubectl says in the end where warnings are all there was.
    lost: 'warning received',
    metric: 'pullable_cluster_view_age_seconds{resource="mutators"} +Inf',
  },
]

const CONFIGURATION = 'ClusterRole/pullable: get, watch, patch validatingwebhookconfigurations pullable'
const CERTIFICATES = 'Role/pullable-certificates: get, create, update, patch secrets pullable-tls'
const FOLLOWED = 'ClusterRole/pullable: get pods'
const TOLD = 'ClusterRole/pullable: list events'
const LEARNED = 'Role/pullable-forecasts: get, create, update, patch configmaps pullable-forecasts'

let started: Cluster | undefined
let rights: ReadonlyMap<string, Right> = new Map()

beforeAll(async () => {
  rights = rightsOf(await render({}))
  started = await startCluster()
  const { lab, kubectl, nodes } = started
  const { plain, secret } = lab.registries
  await withImages((layout) => push(plain.registry, `${layout}:arm64`, 'team/arm:1.0'))
  for (const name of ['shop', 'old']) await kubectl(['create', 'namespace', name])
  const { username, password } = secret.login
  const login = [`--docker-server=${secret.host}`, `--docker-username=${username}`, `--docker-password=${password}`]
  await kubectl(['-n', 'shop', 'create', 'secret', 'docker-registry', 'regcred', ...login])
  await until('default', () => kubectl(['-n', 'shop', 'get', 'sa', 'default', '-o=name']))
  await kubectl(['-n', 'shop', 'patch', 'sa', 'default', '-p', '{"imagePullSecrets":[{"name":"regcred"}]}'])
  await runOnElsewhere('old', `${plain.host}/team/gone:1.0`)
  await started.helm('install', { mode: 'enforce', replicas: 1, nodes, webhook: { failurePolicy: 'Fail' } })
  await untilAsked(started, good(), 'admitted')
}, START_MS)

afterAll(async () => {
  await started?.lab.stop()
}, STEP_MS)

it('every rule of a role that is bound to the product has a row', () => {
  const rows = [...asked, ...watched].map(({ right }) => right)
  expect([...rights.keys()].sort()).toEqual([...rows, CONFIGURATION, CERTIFICATES, FOLLOWED, TOLD, LEARNED].sort())
})

it('with all of them nothing is lost, and nothing is forbidden', async () => {
  for (const { probe, held } of [...asked, ...watched]) expect(await ask(up(), probe(up()))).toContain(held)
  expect(await up().forbidden()).toEqual([])
})

describe('read when it is asked for', () => {
  it.each(asked)(
    '$right',
    async ({ right, probe, held, lost, metric }) => {
      const restore = await take(right)
      expectServed(await askMeanwhile(up(), good(), () => untilAsked(up(), probe(up()), lost)))
      await expectSaid(right, metric)
      await restore()
      await untilAsked(up(), probe(up()), held)
    },
    STEP_MS,
  )
})

describe('watched', () => {
  it('goes on without the rights for as long as its watches last', async () => {
    const restore = await take(...watched.map(({ right }) => right))
    for (const { probe, held } of watched) expect(await ask(up(), probe(up()))).toContain(held)
    await restore()
  })

  it.each(watched)(
    '$right',
    async ({ right, probe, lost, metric }) => {
      const restore = await take(right)
      const seen = async (): Promise<void> => {
        await restart()
        await untilAsked(up(), probe(up()), lost)
      }
      expectServed(await askMeanwhile(up(), good(), seen))
      await expectSaid(right, metric)
      await restore()
    },
    STEP_MS,
  )

  it(
    'is read again by whoever could not, once the rights are back',
    async () => {
      const restore = await take(...watched.map(({ right }) => right))
      await restart()
      await untilAsked(up(), good(), 'view-incomplete: the nodes could not be read')
      await restore()
      for (const { probe, held } of watched) await untilAsked(up(), probe(up()), held, AGAIN_MS)
      expect(await ask(up(), good())).toBe('admitted')
    },
    STEP_MS,
  )
})

describe('kept', () => {
  it(
    CONFIGURATION,
    async () => {
      const restore = await take(CONFIGURATION)
      const seen = async (): Promise<void> => {
        await expectSaid(CONFIGURATION, 'resource="validatingwebhookconfigurations",verb="get",status="4xx"')
        // What the Secret holds is trusted already, so a new pod is of use.
        await restart()
      }
      expectServed(await askMeanwhile(up(), good(), seen))
      await expectSaid(CONFIGURATION, 'resource="validatingwebhookconfigurations",verb="get",status="4xx"')
      await spoilBundles()
      await untilAsked(up(), good(), FAILED)
      await restore()
      await untilAsked(up(), good(), 'admitted')
    },
    STEP_MS,
  )

  it(
    CERTIFICATES,
    async () => {
      const restore = await take(CERTIFICATES)
      const seen = async (): Promise<void> => {
        await up().kubectl([...own, 'delete', 'secret', 'pullable-tls'])
        await expectSaid(CERTIFICATES, 'resource="secrets",verb="patch",status="4xx"')
        // A new pod has nothing to serve, and is not ready; the old one goes on.
        await up().kubectl([...own, 'rollout', 'restart', 'deployment/pullable'])
        await until('"no certificate yet"', readiness, STEP_MS)
      }
      expectServed(await askMeanwhile(up(), good(), seen))
      const back = async (): Promise<void> => {
        await restore()
        await up().kubectl([...own, 'rollout', 'status', 'deployment/pullable', '--timeout=100s'])
      }
      expectServed(await askMeanwhile(up(), good(), back))
      expect(await ask(up(), good())).toBe('admitted')
    },
    STEP_MS,
  )
})

describe('learned', () => {
  it(
    'what became of pods: unknown without the rights, and nothing else is lost',
    async () => {
      const { kubectl, lab } = up()
      const { plain, secret } = lab.registries
      // What the node has and the product has not: a mirror that asks for no password.
      const mirror = `[host."http://${plain.host}"]\n  capabilities = ["pull", "resolve"]\n`
      await lab.writeHostsFile(secret.host, `server = "http://${secret.host}"\n${mirror}`)
      await kubectl(['create', 'namespace', 'free'])
      await kubectl(['label', 'namespace', 'free', 'pullable.dev/enforce=none'])
      await until('default', () => kubectl(['-n', 'free', 'get', 'sa', 'default', '-o=name']))
      const run = (name: string, image: string): Promise<string> =>
        kubectl(['-n', 'free', 'run', name, `--image=${image}`, '--restart=Never'])

      const followed = await take(FOLLOWED)
      const learned = await take(LEARNED)
      const said = async (): Promise<void> => {
        await run('unfollowed', `${plain.host}/team/app:none`)
        await expectSaid(FOLLOWED, 'pullable_cluster_requests_total{resource="pods",verb="get",status="4xx"}')
        // What is learned is written some twice a minute.
        await until('not allowed to keep what is learned', logs, STEP_MS)
        await expectSaid(LEARNED, 'pullable_cluster_requests_total{resource="configmaps",verb="get",status="4xx"}')
      }
      expectServed(await askMeanwhile(up(), good(), said))
      await followed()
      await learned()

      const told = await take(TOLD)
      await run('untold', `${secret.host}/team/app:1.0`)
      await expectSaid(TOLD, 'pullable_cluster_requests_total{resource="events",verb="list",status="4xx"}')
      await told()
      const summary = [...own, 'get', 'configmap', 'pullable-forecasts', '-o=jsonpath={.data.summary}']
      // It has started, and nobody says how: that is written, now that it may be.
      await until('1 unknown', () => kubectl(summary), STEP_MS)
    },
    2 * STEP_MS,
  )
})

const own = ['-n', NAMESPACE]

/** Runs on the node, needs no secret, and is never denied. */
function good(): Probe {
  return { image: `${up().lab.registries.plain.host}/team/app:1.0`, namespace: 'old' }
}

/** Nothing that runs was denied, and no call failed. */
function expectServed(said: readonly string[]): void {
  expect(said.length).toBeGreaterThan(0)
  for (const each of said) expect(each).toMatch(/^admitted$|Warning: .*: view-incomplete: /)
}

function logs(): Promise<string> {
  return up().kubectl([...own, 'logs', '-l', WEBHOOK, '--tail=-1'])
}

/** The log names the rule that is missing, the metric shows it, and it is no reason to be unready. */
async function expectSaid(right: string, metric: string): Promise<void> {
  const { rule } = known(right)
  const names = rule.resourceNames === undefined ? '' : `, resourceNames: [${rule.resourceNames.join()}]`
  for (const resource of rule.resources) {
    const group = rule.apiGroups[0] === '' ? '\\"\\"' : (rule.apiGroups[0] ?? '')
    const words = `"rule":"apiGroups: [${group}], resources: [${resource}]${names}, verbs: [${rule.verbs.join(', ')}]"`
    await until(words, logs)
  }
  await until(metric, async () => (await fromPods('metrics')).join('\n'))
  expect(await fromPods('readyz')).toContain('{"ready":true}')
}

const WEBHOOK = 'app.kubernetes.io/component=webhook'

async function readiness(): Promise<string> {
  return (await fromPods('readyz')).join('\n')
}

/** What each pod that is not about to go says at a path of its metrics port. */
async function fromPods(path: string): Promise<readonly string[]> {
  const { items } = JSON.parse(await up().kubectl([...own, 'get', 'pods', '-l', WEBHOOK, '-o=json'])) as {
    readonly items: readonly {
      readonly metadata: { readonly deletionTimestamp?: string }
      readonly status: { readonly podIP?: string }
    }[]
  }
  const pods = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const read = async (address: string): Promise<string> => (await fetch(`http://${address}:8080/${path}`)).text()
  return Promise.all(pods.map(({ status }) => read(status.podIP ?? '').catch(String)))
}

async function restart(): Promise<void> {
  await up().kubectl([...own, 'rollout', 'restart', 'deployment/pullable'])
  await up().kubectl([...own, 'rollout', 'status', 'deployment/pullable', '--timeout=100s'])
}

/** Takes exactly these rules out of the live role that has them; gives what puts them back. */
async function take(...names: readonly string[]): Promise<() => Promise<unknown>> {
  const [[kind, roleName]] = names.map((name) => known(name).role) as [Right['role']]
  const at = [...own, 'patch', kind.toLowerCase(), roleName, '--type=json', '-p']
  const { rules } = JSON.parse(await up().kubectl([...own, 'get', kind.toLowerCase(), roleName, '-o=json'])) as {
    readonly rules: readonly Rule[]
  }
  const left = rules.filter((rule) => !names.includes(nameOf([kind, roleName], rule)))
  expect(left).toHaveLength(rules.length - names.length)
  const give = (value: readonly Rule[]): Promise<string> =>
    up().kubectl([...at, JSON.stringify([{ op: 'add', path: '/rules', value }])])
  await give(left)
  return () => give(rules)
}

function known(name: string): Right {
  const right = rights.get(name)
  if (right === undefined) throw new Error(`the chart has no right ${name}`)
  return right
}

/** Of the roles that are bound to the account of the product, by `nameOf`. */
function rightsOf(rendered: Rendered): ReadonlyMap<string, Right> {
  const bindings = [...rendered.of('ClusterRoleBinding'), ...rendered.of('RoleBinding')]
  return new Map(
    bindings.flatMap((binding) => {
      const { kind, name } = binding['roleRef'] as { readonly kind: string; readonly name: string }
      const role = [kind, name] as const
      const rules = rendered.get(kind, name)['rules'] as readonly Rule[]
      return rules.map((rule) => [nameOf(role, rule), { role, rule }] as const)
    }),
  )
}

function nameOf([kind, name]: Right['role'], { verbs, resources, resourceNames = [] }: Rule): string {
  return `${kind}/${name}: ${[verbs.join(', '), resources.join(', '), ...resourceNames].join(' ')}`
}

async function spoilBundles(): Promise<void> {
  const configuration = ['validatingwebhookconfiguration', 'pullable']
  const names = await up().kubectl(['get', ...configuration, '-o=jsonpath={.webhooks[*].name}'])
  const path = (index: number): string => `/webhooks/${String(index)}/clientConfig/caBundle`
  const patch = names.split(' ').map((_, index) => ({ op: 'remove', path: path(index) }))
  await up().kubectl(['patch', ...configuration, '--type=json', '-p', JSON.stringify(patch)])
}

/** A pod that runs the image on a node that is none, so that no list of images has it. */
async function runOnElsewhere(namespace: string, image: string): Promise<void> {
  const { kubectl } = up()
  const elsewhere = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'elsewhere' } }
  const taints = [{ key: 'lab.test/elsewhere', effect: 'NoSchedule' }]
  await kubectl(['create', '-f', '-'], JSON.stringify({ ...elsewhere, spec: { taints } }))
  const containers = [{ name: 'app', image }]
  const tolerations = [{ operator: 'Exists' }]
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'old', namespace } }
  await until('default', () => kubectl(['-n', namespace, 'get', 'sa', 'default', '-o=name']))
  await kubectl(
    ['create', '-f', '-'],
    JSON.stringify({ ...pod, spec: { nodeName: 'elsewhere', containers, tolerations } }),
  )
  const running = { startedAt: '2026-01-01T00:00:00Z' }
  const containerStatuses = [{ name: 'app', image, imageID: image, ready: true, restartCount: 0, state: { running } }]
  const status = JSON.stringify({ status: { phase: 'Running', containerStatuses } })
  await kubectl(['-n', namespace, 'patch', 'pod', 'old', '--subresource=status', '-p', status])
}

function up(): Cluster {
  if (started === undefined) throw new Error('the cluster is not up')
  return started
}
