import { describe, expect, it } from 'vitest'
import { NAMESPACE, render } from './render.ts'
import type { Rendered } from './render.ts'
import { valueSets, valuesOf } from './value-sets.ts'

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}

const view: readonly Rule[] = [
  { apiGroups: [''], resources: ['nodes'], verbs: ['list', 'watch'] },
  { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['get'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
]
const mutators: Rule = {
  apiGroups: ['admissionregistration.k8s.io'],
  resources: ['mutatingwebhookconfigurations', 'mutatingadmissionpolicies', 'mutatingadmissionpolicybindings'],
  verbs: ['list', 'watch'],
}
const secrets: Rule = { apiGroups: [''], resources: ['secrets'], verbs: ['get'] }
const webhook: Rule = {
  apiGroups: ['admissionregistration.k8s.io'],
  resources: ['validatingwebhookconfigurations'],
  resourceNames: ['pullable'],
  verbs: ['get', 'watch', 'patch'],
}
const certificates: Rule = {
  apiGroups: [''],
  resources: ['secrets'],
  resourceNames: ['pullable-tls'],
  verbs: ['get', 'create', 'update', 'patch'],
}
const follow: readonly Rule[] = [
  { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
  { apiGroups: [''], resources: ['events'], verbs: ['list'] },
]
const forecasts: Rule = {
  apiGroups: [''],
  resources: ['configmaps'],
  resourceNames: ['pullable-forecasts'],
  verbs: ['get', 'create', 'update', 'patch'],
}
const grant: Rule = { apiGroups: ['pullable.dev'], resources: ['exemptions'], verbs: ['grant'] }

const tables = [
  {
    name: 'defaults',
    roles: {
      'ClusterRole/pullable': [...view, mutators, secrets, ...follow, webhook],
      'ClusterRole/pullable-grant-exemptions': [grant],
      'Role/pullable-certificates': [certificates],
      'Role/pullable-forecasts': [forecasts],
    },
    bindings: [
      'pullable-system: Role/pullable-certificates',
      'pullable-system: Role/pullable-forecasts',
      'the cluster: ClusterRole/pullable',
    ],
  },
  {
    name: 'templates as pods',
    roles: {
      'ClusterRole/pullable': [...view, secrets, ...follow, webhook],
      'ClusterRole/pullable-grant-exemptions': [grant],
      'Role/pullable-certificates': [certificates],
      'Role/pullable-forecasts': [forecasts],
    },
    bindings: [
      'pullable-system: Role/pullable-certificates',
      'pullable-system: Role/pullable-forecasts',
      'the cluster: ClusterRole/pullable',
    ],
  },
  {
    name: 'pull secrets of some namespaces',
    roles: {
      'ClusterRole/pullable': [...view, mutators, ...follow, webhook],
      'ClusterRole/pullable-grant-exemptions': [grant],
      'ClusterRole/pullable-pull-secrets': [secrets],
      'Role/pullable-certificates': [certificates],
      'Role/pullable-forecasts': [forecasts],
    },
    bindings: [
      'billing: ClusterRole/pullable-pull-secrets',
      'pullable-system: Role/pullable-certificates',
      'pullable-system: Role/pullable-forecasts',
      'shop: ClusterRole/pullable-pull-secrets',
      'the cluster: ClusterRole/pullable',
    ],
  },
  {
    name: 'nobody looks',
    roles: {
      'ClusterRole/pullable': [...view, mutators, secrets, webhook],
      'ClusterRole/pullable-grant-exemptions': [grant],
      'Role/pullable-certificates': [certificates],
    },
    bindings: ['pullable-system: Role/pullable-certificates', 'the cluster: ClusterRole/pullable'],
  },
  {
    name: 'certificates from files',
    roles: {
      'ClusterRole/pullable': [...view, mutators, secrets, ...follow],
      'ClusterRole/pullable-grant-exemptions': [grant],
      'Role/pullable-forecasts': [forecasts],
    },
    bindings: ['pullable-system: Role/pullable-forecasts', 'the cluster: ClusterRole/pullable'],
  },
]

describe('rights', () => {
  it.each(tables)('are exactly these: $name', async ({ name, roles, bindings }) => {
    const rendered = await render(valuesOf(name))
    expect(rolesOf(rendered)).toEqual(roles)
    expect(bindingsOf(rendered)).toEqual(bindings)
  })

  it.each(valueSets)('have no wildcard, no list of secrets, and nothing bound to others: $name', async ({ values }) => {
    const rendered = await render(values)
    const rules = Object.values(rolesOf(rendered)).flat()
    expect(rules.filter((rule) => Object.values(rule).flat().includes('*'))).toEqual([])
    const lists = rules.filter(({ resources, verbs }) => resources.includes('secrets') && verbs.includes('list'))
    expect(lists).toEqual([])
    const account = rendered.of('ServiceAccount')[0]?.metadata.name
    const subjects = [...rendered.of('ClusterRoleBinding'), ...rendered.of('RoleBinding')].map(
      (each) => each['subjects'],
    )
    for (const each of subjects) expect(each).toEqual([{ kind: 'ServiceAccount', name: account, namespace: NAMESPACE }])
  })
})

function rolesOf(rendered: Rendered): Readonly<Record<string, readonly Rule[]>> {
  const roles = [...rendered.of('ClusterRole'), ...rendered.of('Role')]
  return Object.fromEntries(
    roles.map((each) => [`${each.kind}/${each.metadata.name}`, each['rules'] as readonly Rule[]]),
  )
}

function bindingsOf(rendered: Rendered): readonly string[] {
  const bindings = [...rendered.of('ClusterRoleBinding'), ...rendered.of('RoleBinding')]
  return bindings
    .map(({ metadata, ...rest }) => {
      const { kind, name } = rest['roleRef'] as { kind: string; name: string }
      return `${metadata.namespace ?? 'the cluster'}: ${kind}/${name}`
    })
    .sort()
}
