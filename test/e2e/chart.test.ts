// The chart before a real API server: every rendering is accepted, the guard guards, the webhook configuration is in nobody's way, and
// helm installs, upgrades and removes it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startLab } from '../lab/cluster.ts'
import type { Lab } from '../lab/cluster.ts'
import { CHART, helm, NAMESPACE, render } from '../manifests/render.ts'
import { valueSets, valuesOf } from '../manifests/value-sets.ts'
import { runTool } from '../support/tools.ts'
import { until } from './installed.ts'
import { SCHEMA_FILE, writeSchemas } from './schemas.ts'

const START_MS = 20 * 60_000
const INSTALL = join(import.meta.dirname, '../../manifests/install')
/** Where test/manifests/programs/install puts the kinds of other projects. */
const KINDS = join(import.meta.dirname, '../../node_modules/.cache/pullable/crds')

let lab: Lab | undefined
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pullable-schemas-'))
  lab = await startLab({ say: (line) => console.log(line) })
  await kubectl(['apply', '--server-side', '-f', KINDS])
  await kubectl(['wait', '--for=condition=Established', '-f', KINDS, '--timeout=60s'])
  for (const name of ['shop', 'billing', 'free', NAMESPACE]) await kubectl(['create', 'namespace', name])
  await kubectl(['label', 'namespace', 'free', 'pullable.dev/ignore=OPS-1'])
  const restricted = ['enforce', 'warn'].map((mode) => `pod-security.kubernetes.io/${mode}=restricted`)
  await kubectl(['label', 'namespace', NAMESPACE, ...restricted])
  for (const name of ['shop', 'billing', 'free', NAMESPACE])
    await until('/', () => kubectl(['-n', name, 'get', 'sa', 'default', '-o=name']))
}, START_MS)

afterAll(async () => {
  await lab?.stop()
  await rm(folder, { recursive: true, force: true })
}, 60_000)

/** The two ways in which an operator asks for what Pod Security "restricted" forbids: those are warned of. */
const WARNED = ["the host's network", 'mirrors of the node']

describe('every rendering', () => {
  it.each(valueSets)('is accepted, without a warning: $name', async ({ name, values }) => {
    const text = await helm(['template', 'pullable', CHART, `--namespace=${NAMESPACE}`], values)
    const strict = WARNED.includes(name) ? [] : ['--warnings-as-errors']
    await kubectl(['apply', '--dry-run=server', '--validate=strict', ...strict, '-f', '-'], text)
  })

  it('conforms to the schemas of this very API server', async () => {
    const sets = await Promise.all(valueSets.map(({ values }) => render(values)))
    const versions = new Set(sets.flatMap(({ all }) => all.map(({ apiVersion }) => apiVersion)))
    await writeSchemas(folder, versions, (path) => kubectl(['get', '--raw', path]))
    const location = `-schema-location=${join(folder, SCHEMA_FILE)}`
    for (const { values } of valueSets) {
      const text = await helm(['template', 'pullable', CHART, `--namespace=${NAMESPACE}`], values)
      expect(await conform(location, text)).toMatchObject({ invalid: 0, errors: 0, skipped: 0 })
    }
    const broken = (await helm(['template', 'pullable', CHART], {})).replace('readOnlyRootFilesystem', 'readOnly')
    await expect(conform(location, broken)).rejects.toThrow("additional properties 'readOnly' not allowed")
  }, 120_000)

  it('is there for kubectl apply -k, too', async () => {
    await kubectl(['apply', '--dry-run=server', '--validate=strict', '-k', INSTALL])
  })
})

describe('the guard', () => {
  const asEditor = ['--as=editor']
  const words =
    'only who has the verb "grant" on exemptions.pullable.dev may change the label pullable.dev/enforce of a namespace'

  beforeAll(async () => {
    const text = await helm(['template', 'pullable', CHART, '--show-only=templates/guard.yaml'], {})
    await kubectl(['apply', '-f', '-'], text)
    const verbs = '--verb=get,create,update,patch'
    await kubectl([
      'create',
      'clusterrole',
      'editor',
      verbs,
      '--resource=namespaces,namespaces/status,namespaces/finalize',
    ])
    await kubectl(['create', 'clusterrolebinding', 'editor', '--clusterrole=editor', '--user=editor'])
    await until(words, () => label('shop', 'pullable.dev/enforce=none'))
  })

  afterAll(async () => {
    await kubectl(['delete', 'validatingadmissionpolicy,validatingadmissionpolicybinding', 'pullable-guard'])
    await kubectl(['delete', 'clusterrole', 'pullable-grant-exemptions'])
  })

  const label = (name: string, ...labels: string[]): Promise<string> =>
    kubectl(['label', '--overwrite', '--dry-run=server', 'namespace', name, ...labels, ...asEditor])

  it('lets an editor change other labels, and an administrator ours', async () => {
    await label('shop', 'team=shop')
    await kubectl(['label', 'namespace', 'shop', '--dry-run=server', 'pullable.dev/enforce=none'])
  })

  it('refuses to add, change and remove one', async () => {
    await expect(label('free', 'pullable.dev/ignore=OPS-2')).rejects.toThrow('pullable.dev/ignore of a namespace')
    await expect(label('free', 'pullable.dev/ignore-')).rejects.toThrow('pullable.dev/ignore of a namespace')
    await expect(label('free', 'pullable.dev/warn=none', 'pullable.dev/ignore-')).rejects.toThrow(
      'the label pullable.dev/warn, pullable.dev/ignore of a namespace',
    )
    await label('free', 'team=free')
  })

  it('refuses one on a new namespace, and lets a new one without labels be made', async () => {
    const made = (labels: object | undefined): Promise<string> => {
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { generateName: 'new-', labels } }
      return kubectl(['create', '--dry-run=server', '-f', '-', ...asEditor], JSON.stringify(namespace))
    }
    await made(undefined)
    await made({})
    await expect(made({ 'pullable.dev/enforce': 'none' })).rejects.toThrow(words)
  })

  it('stands before status and finalize', async () => {
    const labels = { 'pullable.dev/enforce': 'none' }
    const patch = JSON.stringify({ metadata: { labels } })
    const args = ['patch', 'namespace', 'shop', '--subresource=status', '--dry-run=server', '--patch', patch]
    await expect(kubectl([...args, ...asEditor])).rejects.toThrow(words)
    const shop = JSON.parse(await kubectl(['get', 'namespace', 'shop', '-o=json'])) as { metadata: object }
    const input = JSON.stringify({ ...shop, metadata: { ...shop.metadata, labels } })
    const finalize = ['replace', '--raw=/api/v1/namespaces/shop/finalize?dryRun=All', '-f', '-']
    await expect(kubectl([...finalize, ...asEditor], input)).rejects.toThrow(words)
  })

  it('lets pass who was granted it, for one namespace or all', async () => {
    const bind = 'clusterrolebinding'
    await kubectl(['create', bind, 'grant-all', '--clusterrole=pullable-grant-exemptions', '--user=editor'])
    await until('labeled', () => label('shop', 'pullable.dev/enforce=none'))
    await kubectl(['delete', bind, 'grant-all'])
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'grant-shop' } }
    const rules = [
      { apiGroups: ['pullable.dev'], resources: ['exemptions'], resourceNames: ['shop'], verbs: ['grant'] },
    ]
    await kubectl(['create', '-f', '-'], JSON.stringify({ ...role, rules }))
    await kubectl(['create', bind, 'grant-shop', '--clusterrole=grant-shop', '--user=editor'])
    await until('labeled', () => label('shop', 'pullable.dev/enforce=none'))
    await expect(label('billing', 'pullable.dev/enforce=none')).rejects.toThrow(words)
  })
})

describe('the webhook configuration, its webhook gone and failurePolicy Fail', () => {
  const pod = (name: string): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: { containers: [{ name: 'a', image: 'a' }] },
    })
  const create = (namespace: string): Promise<string> =>
    kubectl(['-n', namespace, 'create', '--dry-run=server', '-o=name', '-f', '-'], pod('new'))
  const failed = 'failed calling webhook'
  let replicaSet = ''

  beforeAll(async () => {
    await kubectl(['-n', 'shop', 'create', 'deployment', 'web', '--image=a', '--replicas=0'])
    await kubectl(['-n', 'shop', 'create', 'cronjob', 'nightly', '--image=a', '--schedule=0 3 * * *'])
    await kubectl(['-n', 'shop', 'create', '-f', '-'], pod('there'))
    await until('/', async () => (replicaSet = (await kubectl(['-n', 'shop', 'get', 'rs', '-o=name'])).trim()))
    const values = { webhook: { failurePolicy: 'Fail', timeoutSeconds: 2 } }
    const args = ['template', 'pullable', CHART, `--namespace=${NAMESPACE}`, '--show-only=templates/webhook.yaml']
    await kubectl(['apply', '-f', '-'], await helm(args, values))
    await until(failed, () => create('shop'))
  })

  afterAll(() => kubectl(['delete', 'validatingwebhookconfiguration', 'pullable']))

  it('is not in the way of the cluster, of its own repair, and of who is left out', async () => {
    expect(await create('kube-system')).toBe('pod/new\n')
    expect(await create('free')).toBe('pod/new\n')
    // Pod Security has its word there, and no webhook.
    await expect(create(NAMESPACE)).rejects.toThrow('violates PodSecurity "restricted:latest"')
  })

  it('is not asked where the spec stays as it is: labels, finalizers, scaling, deletion', async () => {
    for (const name of ['deployment/web', 'pod/there']) await kubectl(['-n', 'shop', 'label', name, 'a=b'])
    await kubectl(['-n', 'shop', 'patch', 'pod', 'there', '-p', '{"metadata":{"finalizers":["a.example/b"]}}'])
    await kubectl(['-n', 'shop', 'delete', 'pod', 'there', '--wait=false', '--grace-period=0', '--force'])
    await kubectl(['-n', 'shop', 'patch', 'pod', 'there', '-p', '{"metadata":{"finalizers":null}}'])
    await kubectl(['-n', 'shop', 'scale', 'deployment', 'web', '--replicas=0'])
    // As controllers scale a ReplicaSet, and as people apply a Deployment with another number.
    for (const name of ['deployment/web', replicaSet])
      await kubectl(['-n', 'shop', 'patch', name, '--dry-run=server', '-p', '{"spec":{"replicas":3}}'])
    await kubectl(['-n', 'shop', 'rollout', 'pause', 'deployment/web'])
    await kubectl(['-n', 'shop', 'rollout', 'resume', 'deployment/web'])
    await kubectl(['-n', 'shop', 'patch', 'cronjob', 'nightly', '-p', '{"spec":{"suspend":true}}'])
    const image =
      '{"spec":{"jobTemplate":{"spec":{"template":{"spec":{"containers":[{"name":"nightly","image":"b"}]}}}}}}'
    await expect(kubectl(['-n', 'shop', 'patch', 'cronjob', 'nightly', '-p', image])).rejects.toThrow(failed)
    await expect(kubectl(['-n', 'shop', 'set', 'image', 'deployment/web', 'a=b'])).rejects.toThrow(failed)
  })

  it('is asked where the spec of a very large object changes, too', async () => {
    // An expression that costs too much is an error, and with failurePolicy Ignore an error is a way past the webhook.
    const env = Array.from({ length: 5000 }, (_, index) => ({ name: `V${String(index)}`, value: 'x'.repeat(200) }))
    const labels = { a: 'b' }
    const metadata = { name: 'large', namespace: 'free' }
    const large = (image: string, annotation: string): string =>
      JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { ...metadata, annotations: { annotation } },
        spec: {
          replicas: 0,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: 'a', image, env }] } },
        },
      })
    await kubectl(['create', '-f', '-'], large('a', '1'))
    await kubectl(['label', 'namespace', 'free', 'pullable.dev/ignore-'])
    await until(failed, () => kubectl(['replace', '--dry-run=server', '-f', '-'], large('b', '1')))
    await kubectl(['replace', '--dry-run=server', '-f', '-'], large('a', '2'))
    await kubectl(['label', 'namespace', 'free', 'pullable.dev/ignore=OPS-1'])
    await until('pod/new', () => create('free'))
  })

  it('is asked of every kind that is judged, and of an ephemeral container', async () => {
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'a' }] } }
    const once = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } }
    const selector = { matchLabels: { a: 'b' } }
    const objects = [
      { apiVersion: 'v1', kind: 'PodTemplate', template },
      { apiVersion: 'v1', kind: 'ReplicationController', spec: { template } },
      { apiVersion: 'apps/v1', kind: 'Deployment', spec: { selector, template } },
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', spec: { selector, template } },
      { apiVersion: 'apps/v1', kind: 'StatefulSet', spec: { selector, template, serviceName: 'a' } },
      { apiVersion: 'apps/v1', kind: 'DaemonSet', spec: { selector, template } },
      { apiVersion: 'batch/v1', kind: 'Job', spec: { template: once } },
      {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        spec: { schedule: '@daily', jobTemplate: { spec: { template: once } } },
      },
    ]
    for (const each of objects) {
      const input = JSON.stringify({ ...each, metadata: { name: 'new' } })
      const created = kubectl(['-n', 'shop', 'create', '--dry-run=server', '-f', '-'], input)
      await expect(created, each.kind).rejects.toThrow('workloads.pullable.dev')
      await expect(created, each.kind).rejects.toThrow(failed)
    }
    await kubectl(['-n', 'free', 'create', '-f', '-'], pod('debugged'))
    await kubectl(['label', 'namespace', 'free', 'pullable.dev/ignore-'])
    const ephemeral = JSON.stringify({ spec: { ephemeralContainers: [{ name: 'debug', image: 'b' }] } })
    const args = ['-n', 'free', 'patch', 'pod', 'debugged', '--subresource=ephemeralcontainers', '-p', ephemeral]
    await until(failed, () => kubectl([...args, '--dry-run=server']))
  })
})

describe('helm', () => {
  const release = ['pullable', CHART, `--namespace=${NAMESPACE}`, '--no-hooks']
  const run = (args: readonly string[], values: object): Promise<string> =>
    helm([...args, `--kubeconfig=${up().kubeconfig}`], values)

  const asProduct = [`--as=system:serviceaccount:${NAMESPACE}:pullable`]
  const applied = ['--server-side', '--field-manager=pullable', '-f', '-']
  const webhookConfiguration = (name: string): string => {
    const webhooks = [{ name: 'pods.pullable.dev', clientConfig: { caBundle: 'd3JpdHRlbg==' } }]
    const kind = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration' }
    return JSON.stringify({ ...kind, metadata: { name }, webhooks })
  }

  it('installs, upgrades without touching what the product wrote, and removes all of it', async () => {
    await run(['install', ...release], { replicas: 1 })
    expect((await remains()).length).toBeGreaterThan(10)
    const secret = ['-n', NAMESPACE, 'patch', 'secret', 'pullable-tls', ...asProduct]
    await kubectl([...secret, '-p', '{"stringData":{"ca.crt":"written"}}'])
    await kubectl(['apply', ...applied, ...asProduct], webhookConfiguration('pullable'))

    await run(['upgrade', ...release], valuesOf('enforcing'))
    const data = '{.data.ca\\.crt}'
    expect(await kubectl(['-n', NAMESPACE, 'get', 'secret', 'pullable-tls', `-o=jsonpath=${data}`])).toBe(
      'd3JpdHRlbg==',
    )
    const bundles = '{range .webhooks[*]}{.name}={.clientConfig.caBundle} {end}'
    expect(await kubectl(['get', 'validatingwebhookconfiguration', 'pullable', `-o=jsonpath=${bundles}`])).toBe(
      'pods.pullable.dev=d3JpdHRlbg== workloads.pullable.dev= namespaces.pullable.dev= ',
    )
    expect(await kubectl(['-n', NAMESPACE, 'get', 'configmap', 'pullable', '-o=yaml'])).toContain('mode: enforce')

    await checkRights()
    await run(['upgrade', ...release], valuesOf('certificates from files'))
    await runTool('helm', ['uninstall', 'pullable', `--namespace=${NAMESPACE}`, `--kubeconfig=${up().kubeconfig}`])
    await expect.poll(remains, { timeout: 60_000, interval: 500 }).toEqual([])
  }, 120_000)

  /** With `certificates.mode: self`, as the service account of the product. */
  async function checkRights(): Promise<void> {
    const can = (...args: string[]): Promise<string> => kubectl([...args, ...asProduct])
    const secret = (name: string): string => JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name } })
    const mutating = ['mutatingwebhookconfigurations', 'mutatingadmissionpolicies', 'mutatingadmissionpolicybindings']
    for (const what of ['nodes', 'namespaces', 'namespace/shop', ...mutating]) await can('get', what)
    await can('-n', 'shop', 'get', 'pods')
    await can('-n', 'shop', 'get', 'serviceaccount/default')
    await kubectl(['-n', 'shop', 'create', '-f', '-'], secret('regcred'))
    await can('-n', 'shop', 'get', 'secret/regcred')
    // A Secret that was deleted is made again by a server-side apply, which names it.
    await kubectl(['-n', NAMESPACE, 'delete', 'secret', 'pullable-tls'])
    await kubectl(['-n', NAMESPACE, 'apply', ...applied, ...asProduct], secret('pullable-tls'))
    const forbidden = [
      can('-n', 'shop', 'get', 'secrets'),
      can('-n', 'shop', 'delete', 'pod/web'),
      can('-n', 'shop', 'get', 'configmap/kube-root-ca.crt'),
      can('-n', NAMESPACE, 'delete', 'secret/pullable-tls'),
      can('label', 'namespace', 'shop', 'a=b'),
      can('delete', 'validatingwebhookconfiguration/pullable'),
      kubectl(['apply', ...applied, ...asProduct], webhookConfiguration('other')),
      kubectl(['-n', NAMESPACE, 'apply', ...applied, ...asProduct], secret('other')),
      kubectl(['-n', 'shop', 'apply', ...applied, ...asProduct], secret('pullable-tls')),
    ]
    for (const each of await Promise.allSettled(forbidden)) {
      expect(each).toMatchObject({
        status: 'rejected',
        reason: { message: expect.stringContaining('forbidden') as string },
      })
    }
  }
})

/** What of the release is in the cluster, of any kind. */
async function remains(): Promise<readonly string[]> {
  const kinds = (await kubectl(['api-resources', '--verbs=list,delete', '-o=name'])).trim().split('\n')
  const mine = ['-l', 'app.kubernetes.io/instance=pullable', '-A', '-o=name', '--ignore-not-found']
  return (await kubectl(['get', kinds.join(','), ...mine])).split('\n').filter((line) => line !== '')
}

interface Summary {
  readonly invalid: number
  readonly errors: number
  readonly skipped: number
}

/** Kubeconform's counts; throws with its words where something is invalid. */
async function conform(location: string, text: string): Promise<Summary> {
  const file = join(folder, 'rendered.yaml')
  await writeFile(file, text)
  const output = await runTool('kubeconform', ['-strict', '-summary', '-output=json', location, file]).catch(
    (error: unknown) => {
      throw new Error((error as { stdout?: string }).stdout ?? String(error))
    },
  )
  return (JSON.parse(output) as { summary: Summary }).summary
}

function kubectl(args: readonly string[], input?: string): Promise<string> {
  return up().kubectl(args, input)
}

function up(): Lab {
  if (lab === undefined) throw new Error('the lab is not up')
  return lab
}
