import { describe, expect, it } from 'vitest'
import {
  boundPolicies,
  findRewriter,
  readBinding,
  readPolicy,
  readWebhooks,
} from '../../../src/engine/mutators/index.ts'
import type { PodsToCome } from '../../../src/engine/mutators/index.ts'

const PODS = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'], scope: '*' }

const shop: PodsToCome = {
  namespace: 'shop',
  namespaceLabels: { 'kubernetes.io/metadata.name': 'shop', team: 'web' },
  labels: { app: 'web' },
  builtIn: true,
}

/** The name of the rewriter among the webhooks of a configuration. */
function among(webhooks: unknown, pods: Partial<PodsToCome> = {}, harmless: readonly string[] = []) {
  return findRewriter(readWebhooks({ webhooks }), { ...shop, ...pods }, harmless)?.name
}

const one = (more: object): object => ({ name: 'rewrite.test', rules: [PODS], ...more })
const ofNamespaces = (namespaceSelector: unknown): object => one({ namespaceSelector })
const ofObjects = (objectSelector: unknown): object => one({ objectSelector })
const expression = (key: string, operator: string, values?: unknown): object => ({
  matchExpressions: [{ key, operator, values }],
})

describe('the rules of a webhook', () => {
  const rows: readonly (readonly [string, object, boolean])[] = [
    ['pods when they are made', {}, true],
    ['all operations', { operations: ['*'] }, true],
    ['pods when they change', { operations: ['UPDATE', 'DELETE'] }, false],
    ['all groups', { apiGroups: ['*'] }, true],
    ['another group', { apiGroups: ['apps'] }, false],
    ['no group', { apiGroups: [] }, false],
    ['all versions', { apiVersions: ['*'] }, true],
    ['another version', { apiVersions: ['v2'] }, false],
    ['all resources', { resources: ['*'] }, true],
    ['all resources and what is below', { resources: ['*/*'] }, true],
    ['pods and what is below', { resources: ['pods/*'] }, true],
    ['what is below pods', { resources: ['pods/ephemeralcontainers', 'pods/status'] }, false],
    ['other resources', { resources: ['deployments', 'Pods', 'pod'] }, false],
    ['the status of everything', { resources: ['*/status'] }, false],
    ['what is in a namespace', { scope: 'Namespaced' }, true],
    ['what is in none', { scope: 'Cluster' }, false],
    ['no scope', { scope: undefined }, true],
    ['what no server holds', { resources: [7] }, true],
    ['null for a list', { operations: null }, false],
  ]
  it.each(rows)('%s', (_, change, expected) => {
    expect(among([one({ rules: [{ ...PODS, ...change }] })])).toBe(expected ? 'rewrite.test' : undefined)
  })

  it('are looked at all', () => {
    expect(among([one({ rules: [{ ...PODS, resources: ['jobs'] }, PODS] })])).toBe('rewrite.test')
    expect(among([one({ rules: [] })])).toBeUndefined()
    expect(among([one({ rules: undefined })])).toBeUndefined()
  })
})

describe('the selectors of a webhook', () => {
  const rows: readonly (readonly [string, object, Partial<PodsToCome>, boolean])[] = [
    ['nothing said', ofNamespaces({}), {}, true],
    ['null', ofNamespaces(null), {}, true],
    ['the label of a namespace', ofNamespaces({ matchLabels: { team: 'web' } }), {}, true],
    ['another value', ofNamespaces({ matchLabels: { team: 'db' } }), {}, false],
    ['another label', ofNamespaces({ matchLabels: { team: 'web', tier: 'one' } }), {}, false],
    [
      'labels that could not be read',
      ofNamespaces({ matchLabels: { team: 'db' } }),
      { namespaceLabels: undefined },
      true,
    ],
    [
      'the name of a namespace whose labels could not be read',
      ofNamespaces({ matchLabels: { 'kubernetes.io/metadata.name': 'billing' } }),
      { namespaceLabels: undefined },
      false,
    ],
    [
      'the name that a file does not give',
      ofNamespaces({ matchLabels: { 'kubernetes.io/metadata.name': 'shop' } }),
      { namespaceLabels: {} },
      true,
    ],
    ['in', ofNamespaces(expression('team', 'In', ['db', 'web'])), {}, true],
    ['in others', ofNamespaces(expression('team', 'In', ['db'])), {}, false],
    ['in, without the label', ofNamespaces(expression('tier', 'In', ['one'])), {}, false],
    ['not in others', ofNamespaces(expression('team', 'NotIn', ['db'])), {}, true],
    ['not in', ofNamespaces(expression('team', 'NotIn', ['web'])), {}, false],
    ['not in, without the label', ofNamespaces(expression('tier', 'NotIn', ['one'])), {}, true],
    ['exists', ofNamespaces(expression('team', 'Exists')), {}, true],
    ['exists, without the label', ofNamespaces(expression('tier', 'Exists')), {}, false],
    ['does not exist', ofNamespaces(expression('tier', 'DoesNotExist')), {}, true],
    ['does not exist, with the label', ofNamespaces(expression('team', 'DoesNotExist')), {}, false],
    ['an operator of the future', ofNamespaces(expression('tier', 'Matches', ['x'])), {}, true],
    ['values that are none', ofNamespaces(expression('tier', 'In', [7])), {}, true],
    ['a label of the template', ofObjects({ matchLabels: { app: 'web' } }), {}, true],
    ['a label that it lacks', ofObjects({ matchLabels: { rewrite: 'yes' } }), {}, false],
    ['a label that takes it out', ofObjects(expression('app', 'NotIn', ['web'])), {}, false],
    ['a label that a controller adds', ofObjects(expression('pod-template-hash', 'Exists')), {}, true],
    ['a label that others may add', ofObjects({ matchLabels: { rewrite: 'yes' } }), { builtIn: false }, true],
    ['a label of a template of others', ofObjects({ matchLabels: { app: 'db' } }), { builtIn: false }, false],
    ['a key of prototypes', ofObjects(expression('constructor', 'Exists')), {}, false],
    [
      'both',
      one({ namespaceSelector: { matchLabels: { team: 'web' } }, objectSelector: expression('x', 'Exists') }),
      {},
      false,
    ],
    ['conditions, which may hold', one({ matchConditions: [{ name: 'never', expression: 'false' }] }), {}, true],
  ]
  it.each(rows)('%s', (_, webhook, pods, expected) => {
    expect(among([webhook], pods)).toBe(expected ? 'rewrite.test' : undefined)
  })
})

describe('what is harmless', () => {
  const named = (name: string): object => one({ name })
  const rows: readonly (readonly [string, readonly string[], boolean])[] = [
    ['rev.namespace.sidecar-injector.istio.io', [], true],
    ['object.sidecar-injector.istio.io', [], true],
    ['sidecar-injector.istio.io', [], true],
    ['linkerd-proxy-injector.linkerd.io', [], true],
    ['vault.hashicorp.com', [], true],
    ['pod-identity-webhook.amazonaws.com', [], true],
    ['mutation.azure-workload-identity.io', [], true],
    ['vault.hashicorp.com.evil.test', [], false],
    ['evil-vault.hashicorp.com', [], false],
    ['evilsidecar-injector.istio.io', [], false],
    ['mutate.kyverno.svc-fail', [], false],
    ['mutation.gatekeeper.sh', [], false],
    ['inject.corp.test', [], false],
    ['inject.corp.test', ['inject.corp.test'], true],
    ['inject.corp.test', ['*.corp.test'], true],
    ['corp.test', ['*.corp.test'], false],
    ['inject.corp.test', ['other.test', 'corp.test'], false],
  ]
  it.each(rows)('%s beside %j: %s', (name, harmless, expected) => {
    expect(among([named(name)], {}, harmless)).toBe(expected ? undefined : name)
  })

  it('is passed over, and what is behind it is found', () => {
    const webhooks = ['vault.hashicorp.com', 'registry.corp.test', 'other.corp.test'].map(named)
    expect(among(webhooks)).toBe('registry.corp.test')
  })
})

describe('mutating policies', () => {
  const policy = (matchConstraints: unknown, name = 'pin'): object => ({
    metadata: { name },
    spec: { matchConstraints },
  })
  const binding = (matchResources?: unknown, policyName = 'pin'): object => ({
    metadata: { name: 'b' },
    spec: { policyName, matchResources },
  })
  const POLICY = policy({ resourceRules: [PODS] })
  const rows: readonly (readonly [string, readonly object[], readonly object[], boolean])[] = [
    ['bound', [POLICY], [binding()], true],
    ['not bound', [POLICY], [], false],
    ['another is bound', [POLICY], [binding(undefined, 'other')], false],
    ['a binding without its policy', [], [binding()], false],
    ['for other resources', [policy({ resourceRules: [{ ...PODS, resources: ['jobs'] }] })], [binding()], false],
    ['without rules', [policy({})], [binding()], true],
    ['bound for other resources', [POLICY], [binding({ resourceRules: [{ ...PODS, resources: ['jobs'] }] })], false],
    ['pods left out', [policy({ resourceRules: [PODS], excludeResourceRules: [PODS] })], [binding()], false],
    [
      'some pods left out by name',
      [policy({ resourceRules: [PODS], excludeResourceRules: [{ ...PODS, resourceNames: ['a'] }] })],
      [binding()],
      true,
    ],
    ['for pods of a name', [policy({ resourceRules: [{ ...PODS, resourceNames: ['a'] }] })], [binding()], true],
    [
      'for other namespaces',
      [policy({ resourceRules: [PODS], namespaceSelector: { matchLabels: { a: 'b' } } })],
      [binding()],
      false,
    ],
    ['bound for other namespaces', [POLICY], [binding({ namespaceSelector: { matchLabels: { a: 'b' } } })], false],
    ['bound for other pods', [POLICY], [binding({ objectSelector: { matchLabels: { a: 'b' } } })], false],
    [
      'bound twice, once for ours',
      [POLICY],
      [
        binding({ namespaceSelector: { matchLabels: { a: 'b' } } }),
        binding({ namespaceSelector: { matchLabels: { team: 'web' } } }),
      ],
      true,
    ],
  ]
  it.each(rows)('%s', (_, policies, bindings, expected) => {
    const mutators = boundPolicies(policies.map(readPolicy), bindings.map(readBinding))
    expect(findRewriter(mutators, shop, [])?.name).toBe(expected ? 'pin' : undefined)
  })

  it('have no well-known names, but the configuration may name them', () => {
    const mutators = boundPolicies(
      [readPolicy(policy({ resourceRules: [PODS] }, 'vpa.k8s.io'))],
      [readBinding(binding(undefined, 'vpa.k8s.io'))],
    )
    expect(findRewriter(mutators, shop, [])).toMatchObject({ kind: 'policy', name: 'vpa.k8s.io' })
    expect(findRewriter(mutators, shop, ['vpa.k8s.io'])).toBeUndefined()
  })
})

it('never throws, and shows no name raw', () => {
  for (const odd of [undefined, null, 7, 'x', [], { webhooks: 7 }, { webhooks: [null, 7, 'x', []] }]) {
    expect(readWebhooks(odd)).toEqual([])
    expect(boundPolicies([readPolicy(odd)], [readBinding(odd)]).length).toBeLessThan(2)
  }
  expect(among([one({ name: 'a\u001b[31m\nb' })])).toBe('a [31m b')
})
