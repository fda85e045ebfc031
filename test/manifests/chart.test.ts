import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { CHART, helm, NAMESPACE, render, renderNotes } from './render.ts'
import { valueSets, valuesOf } from './value-sets.ts'

const CLUSTER_WIDE = [
  'ClusterRole',
  'ClusterRoleBinding',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
]

const usual = [
  'ClusterRole/pullable',
  'ClusterRole/pullable-grant-exemptions',
  'ClusterRoleBinding/pullable',
  'ConfigMap/pullable',
  'ConfigMap/pullable-forecasts',
  'Deployment/pullable',
  'NetworkPolicy/pullable',
  'Pod/pullable-test',
  'PodDisruptionBudget/pullable',
  'Role/pullable-certificates',
  'Role/pullable-forecasts',
  'RoleBinding/pullable-certificates',
  'RoleBinding/pullable-forecasts',
  'Secret/pullable-tls',
  'Service/pullable',
  'ServiceAccount/pullable',
  'ValidatingAdmissionPolicy/pullable-guard',
  'ValidatingAdmissionPolicyBinding/pullable-guard',
  'ValidatingWebhookConfiguration/pullable',
]

const SELF = ['Role/pullable-certificates', 'RoleBinding/pullable-certificates', 'Secret/pullable-tls']

/** What a set of values adds to the usual, or takes from it. */
const differences: Readonly<Record<string, { readonly more?: readonly string[]; readonly less?: readonly string[] }>> =
  {
    'one replica, no budget': { less: ['PodDisruptionBudget/pullable'] },
    'pull secrets of some namespaces': {
      more: [
        'ClusterRole/pullable-pull-secrets',
        'RoleBinding/pullable-pull-secrets',
        'RoleBinding/pullable-pull-secrets',
      ],
    },
    'no pull secrets': { more: ['ClusterRole/pullable-pull-secrets'] },
    "the host's network": { less: ['NetworkPolicy/pullable'] },
    'mirrors by host, credentials of nodes, registries': { more: ['ConfigMap/pullable-hosts'] },
    'nobody looks': {
      less: ['ConfigMap/pullable-forecasts', 'Role/pullable-forecasts', 'RoleBinding/pullable-forecasts'],
    },
    'no guard': {
      less: [
        'ClusterRole/pullable-grant-exemptions',
        'ValidatingAdmissionPolicy/pullable-guard',
        'ValidatingAdmissionPolicyBinding/pullable-guard',
      ],
    },
    'certificates from files': { less: SELF },
    'cert-manager, an authority of its own': {
      less: SELF,
      more: ['Certificate/pullable', 'Certificate/pullable-ca', 'Issuer/pullable', 'Issuer/pullable-self-signed'],
    },
    'cert-manager, an issuer of the cluster': { less: SELF, more: ['Certificate/pullable'] },
    monitoring: { more: ['ServiceMonitor/pullable'] },
  }

describe.each(valueSets)('$name', ({ name, values }) => {
  it('passes the linter', async () => {
    expect(await helm(['lint', '--strict', '--quiet', CHART], values)).toBe('')
  })

  it('renders these objects, labelled, and in the namespace of the release', async () => {
    const { all } = await render(values)
    const { more = [], less = [] } = differences[name] ?? {}
    const expected = [...usual.filter((each) => !less.includes(each)), ...more].sort()
    const named = name === 'more of everything' ? expected.map((each) => each.replace('/pullable', '/gate')) : expected
    expect(all.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort()).toEqual(named)
    for (const { kind, metadata } of all) {
      expect(metadata.labels).toMatchObject({
        'app.kubernetes.io/name': 'pullable',
        'app.kubernetes.io/instance': 'pullable',
        'app.kubernetes.io/managed-by': 'Helm',
      })
      const elsewhere = kind === 'RoleBinding' && metadata.name.endsWith('-pull-secrets')
      if (CLUSTER_WIDE.includes(kind)) expect(metadata.namespace).toBeUndefined()
      else if (!elsewhere) expect([kind, metadata.namespace]).toEqual([kind, NAMESPACE])
    }
  })
})

it('knows the versions of the product', async () => {
  const chart = parse(await readFile(join(CHART, 'Chart.yaml'), 'utf8')) as Readonly<Record<string, string>>
  const file = await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')
  const { version } = JSON.parse(file) as { version: string }
  expect([chart['version'], chart['appVersion']]).toEqual([version, version])
})

it('names its objects after a release of any name', async () => {
  const names = async (release: string): Promise<unknown> => {
    const text = await helm(['template', release, CHART, '--show-only=templates/service.yaml'], {})
    return (parse(text) as { metadata: { name: string } }).metadata.name
  }
  expect([await names('pullable'), await names('my-pullable'), await names('gate')]).toEqual([
    'pullable',
    'my-pullable',
    'gate-pullable',
  ])
})

describe('the notes', () => {
  it('lead from audit to enforce', async () => {
    const text = await renderNotes({ image: { registry: 'registry.example' } })
    expect(text).toContain('with mode audit')
    expect(text).toContain('--set mode=enforce')
    expect(text).not.toContain('WARNING')
  })

  it('say how to stop', async () => {
    const text = await renderNotes(valuesOf('enforcing'))
    expect(text).toContain('(by default: strict)')
    expect(text).toContain('--set mode=audit')
    expect(text).toContain('kubectl delete validatingwebhookconfiguration pullable')
    expect(text).toContain(
      'WARNING: image.registry is empty: nodes take pullable:0.1.0 for docker.io/library/pullable:0.1.0.',
    )
  })

  it('name the level below which no namespace is', async () => {
    const text = await renderNotes({ mode: 'enforce', levels: { enforce: 'none' }, floor: 'baseline' })
    expect(text).toContain('(by default: baseline)')
  })

  it('warn of a gap, and of secrets that cannot be read', async () => {
    const text = await renderNotes({ replicas: 1, webhook: { failurePolicy: 'Fail' }, ...valuesOf('no pull secrets') })
    expect(text).toContain('WARNING: webhook.failurePolicy is Fail and there is one replica')
    expect(text).toContain('WARNING: rbac.clusterSecrets is false and rbac.secretNamespaces empty')
  })
})
