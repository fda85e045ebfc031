// Mutating webhooks and policies, as an API server lists and watches them.
import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../../src/edges/cluster/index.ts'
import type { ApiResource } from '../../support/scripted-api-server.ts'
import { connect, patient, serve, until } from './connecting.ts'
import type { Connected, Served } from './connecting.ts'

const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }]
const webhooksOf = (name: string, ...names: readonly string[]) => ({
  metadata: { name },
  webhooks: names.map((each) => ({ name: each, rules })),
})
const policyOf = (name: string) => ({ metadata: { name }, spec: { matchConstraints: { resourceRules: rules } } })
const bindingOf = (policyName: string) => ({ metadata: { name: `of-${policyName}` }, spec: { policyName } })

const API = '/apis/admissionregistration.k8s.io'
const RESOURCES: readonly ApiResource[] = [
  'mutatingwebhookconfigurations',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
]

async function names({ mutators }: Cluster): Promise<readonly string[] | string> {
  const read = await mutators?.(patient())
  if (read?.kind === 'found') return read.value.map(({ name }) => name)
  return read?.kind === 'unreadable' ? read.detail : 'nothing'
}

const shows = (cluster: Cluster, expected: readonly string[] | string) =>
  until(`mutators are ${JSON.stringify(expected)}`, async () => {
    return JSON.stringify(await names(cluster)) === JSON.stringify(expected)
  })

const asked = ({ api }: Served): readonly string[] => api.lines().filter((line) => line.includes(API))

async function watching(options: Parameters<typeof connect>[1] = {}): Promise<Served & Connected> {
  const served = await serve()
  served.api.set('mutatingwebhookconfigurations', webhooksOf('a', 'one.test', 'two.test'))
  const connected = await connect(served, { ...options, watch: true, mutators: true })
  await until('ready', () => connected.cluster.whyNotReady() === undefined)
  return { ...served, ...connected }
}

describe('mutators, watched', () => {
  it('are kept as they come and go, a policy only while it is bound', async () => {
    const { cluster, api } = await watching()
    expect(await names(cluster)).toEqual(['one.test', 'two.test'])
    await until('all are watched', () => RESOURCES.every((resource) => api.watches(resource) === 1))
    await until('all are current', () => Object.values(cluster.ages()).every((age) => age === 0))
    expect(Object.keys(cluster.ages())).toEqual(['nodes', 'namespaces', 'mutators'])
    api.set('mutatingadmissionpolicies', policyOf('pin'))
    api.set('mutatingwebhookconfigurations', webhooksOf('a', 'two.test'))
    await shows(cluster, ['two.test'])
    api.set('mutatingadmissionpolicybindings', bindingOf('pin'))
    await shows(cluster, ['two.test', 'pin'])
    api.remove('mutatingwebhookconfigurations', 'a')
    await shows(cluster, ['pin'])
    api.remove('mutatingadmissionpolicies', 'pin')
    await shows(cluster, [])
  })

  it('of the beta, where the server has no other', async () => {
    const served = await serve()
    served.api.route({ path: `${API}/v1/mutatingadmissionpolicies`, answer: { status: 404, body: 'not found' } })
    served.api.route({ path: `${API}/v1/mutatingadmissionpolicybindings`, answer: { status: 404 } })
    served.api.set('mutatingadmissionpolicies', policyOf('pin'))
    const { cluster } = await connect(served, { watch: true, mutators: true })
    served.api.set('mutatingadmissionpolicybindings', bindingOf('pin'))
    await shows(cluster, ['pin'])
    await until('the betas are watched', () => RESOURCES.every((resource) => served.api.watches(resource) === 1))
    expect(asked(served)).toContain(`GET ${API}/v1beta1/mutatingadmissionpolicies?watch 200`)
    served.api.remove('mutatingadmissionpolicies', 'pin')
    await shows(cluster, [])
  })

  it('where the server has no policies are webhooks alone, until an upgrade brings them', async () => {
    const served = await serve()
    const old = { status: 404, body: '404 page not found\n' }
    for (const version of ['v1', 'v1beta1'])
      for (const resource of ['mutatingadmissionpolicies', 'mutatingadmissionpolicybindings'])
        served.api.route({ path: `${API}/${version}/${resource}`, times: 2, answer: old })
    served.api.set('mutatingwebhookconfigurations', webhooksOf('a', 'one.test'))
    served.api.set('mutatingadmissionpolicies', policyOf('pin'))
    served.api.set('mutatingadmissionpolicybindings', bindingOf('pin'))
    const { cluster, told } = await connect(served, { watch: true, mutators: true, limits: { unservedMs: 200 } })
    await shows(cluster, ['one.test'])
    await until('ready', () => cluster.whyNotReady() === undefined)
    await until('all is current', () => cluster.ages().mutators === 0)
    await shows(cluster, ['one.test', 'pin'])
    expect(told()).toEqual([])
  })

  it('are known to be none for as long as nobody looks again', async () => {
    const served = await serve()
    for (const version of ['v1', 'v1beta1'])
      served.api.route({ path: `${API}/${version}/mutatingadmission*`, answer: { status: 404 } })
    const { cluster } = await connect(served, {
      watch: true,
      mutators: true,
      limits: { unservedMs: 60_000, staleMs: 100 },
    })
    await shows(cluster, [])
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(await names(cluster)).toEqual([])
  })

  it('which may not be read are told once, with what it means, and keep nobody from being ready', async () => {
    const served = await serve()
    served.api.route({ path: `${API}/*`, answer: { status: 403 } })
    const { cluster, told } = await connect(served, {
      watch: true,
      mutators: true,
      limits: { forbiddenMs: 50, settleMs: 0 },
    })
    await until('ready', () => cluster.whyNotReady() === undefined)
    await until('all are told', () => told().length === 3)
    expect(await names(cluster)).toBe('forbidden')
    expect(told()).toContainEqual({
      level: 'warn',
      resource: 'mutatingwebhookconfigurations',
      verb: 'list',
      rule: 'apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], verbs: [list, watch]',
      effect: 'templates are warned of, not denied: something may rewrite their pods',
      message: 'not allowed to read the cluster',
    })
  })

  it.each(RESOURCES)('are not believed where %s cannot be read', async (resource) => {
    const served = await serve()
    served.api.set('mutatingwebhookconfigurations', webhooksOf('a', 'one.test'))
    served.api.route({ path: `${API}/v1/${resource}`, answer: { status: 500 } })
    const { cluster } = await connect(served, { watch: true, mutators: true })
    await until('the reason is known', () => cluster.whyNotReady()?.endsWith('HTTP 500') === true)
    expect([await names(cluster), cluster.whyNotReady()]).toEqual([
      'unreachable',
      `the ${resource} have not been read yet: HTTP 500`,
    ])
    expect('mutators' in cluster.ages() && cluster.ages().mutators).toBeUndefined()
  })

  it('are stale when the server has been away for too long', async () => {
    const { cluster, api } = await watching({ limits: { staleMs: 300 } })
    await api.stop()
    await until('not watched', () => (cluster.ages().mutators ?? 0) > 0)
    await shows(cluster, 'stale')
    await api.start()
    await shows(cluster, ['one.test', 'two.test'])
  })
})

describe('mutators, listed', () => {
  it('when they are first asked for, and once', async () => {
    const served = await serve()
    served.api.set('mutatingwebhookconfigurations', webhooksOf('a', 'one.test'))
    const { cluster } = await connect(served, { mutators: true })
    expect(asked(served)).toEqual([])
    expect([await names(cluster), await names(cluster)]).toEqual([['one.test'], ['one.test']])
    expect(asked(served).length).toBe(3)
    expect(cluster.ages()).toEqual({ nodes: undefined, namespaces: undefined })
  })

  it('may be forbidden, and policies unserved', async () => {
    const served = await serve()
    served.api.route({ path: `${API}/v1/mutatingwebhookconfigurations`, times: 1, answer: { status: 403 } })
    for (const version of ['v1', 'v1beta1'])
      served.api.route({ path: `${API}/${version}/mutatingadmission*`, answer: { status: 404 } })
    const { cluster } = await connect(served, { mutators: true })
    expect([await names(cluster), await names(cluster)]).toEqual(['forbidden', []])
  })

  it('are asked for by nobody who does not want them', async () => {
    const served = await serve()
    const { cluster } = await connect(served, { watch: true })
    await until('ready', () => cluster.whyNotReady() === undefined)
    expect([cluster.mutators, asked(served)]).toEqual([undefined, []])
  })
})
