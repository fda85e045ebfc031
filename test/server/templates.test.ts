// Templates, custom kinds and pods that run already, as an API server and an operator see them.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Webhook } from '../../src/commands/webhook.ts'
import { serverPair } from '../support/certificates.ts'
import type { ServerPair } from '../support/certificates.ts'
import { post, reviewOf } from '../support/review.ts'
import { startScriptedApi } from '../support/scripted-api-server.ts'
import type { ScriptedApi } from '../support/scripted-api-server.ts'
import { startScriptedRegistry } from '../support/scripted-registry.ts'
import type { ScriptedRegistry } from '../support/scripted-registry.ts'
import { startInPod } from './in-pod.ts'

let pair: ServerPair
let api: ScriptedApi
let registry: ScriptedRegistry
let webhook: Webhook

beforeAll(async () => {
  pair = await serverPair()
  api = await startScriptedApi(pair)
  registry = await startScriptedRegistry({
    images: { 'acme/web:v1': { platform: 'linux/amd64' }, 'acme/web:latest': { platform: 'linux/amd64' } },
  })
  const config = `
registries: { insecure: ["${registry.host}"], allowAddresses: [127.0.0.0/8] }
workloads: [argo-rollouts]
controllers: ["system:serviceaccount:argo:rollouts"]
mutators: { harmless: ["*.sidecars.test"] }
`
  api.set('namespaces', { metadata: { name: 'shop', labels: { team: 'web' } } })
  const nodeInfo = { operatingSystem: 'linux', architecture: 'amd64', containerRuntimeVersion: 'containerd://2.1.4' }
  api.set('nodes', { metadata: { name: 'n1' }, status: { nodeInfo } })
  webhook = await startInPod(pair, api, config)
})

afterAll(async () => {
  await webhook.close()
  await Promise.all([api.stop(), registry.close()])
})

/** `deny`, `warn` or `allow`, and why a denial became a warning. */
async function rule(object: object, request: object = {}): Promise<string> {
  const { text } = await post(webhook.port, pair.ca, JSON.stringify(reviewOf(object, request)))
  const { response } = JSON.parse(text.split('\n')[1] ?? '') as {
    response: { allowed: boolean; warnings?: readonly string[]; auditAnnotations?: Readonly<Record<string, string>> }
  }
  const { decision = 'passed', advisory = '' } = response.auditAnnotations ?? {}
  expect(response.allowed).toBe(decision !== 'deny')
  return `${decision} ${advisory}`.trim()
}

const spec = (tag: string): object => ({ containers: [{ name: 'app', image: `${registry.host}/acme/web${tag}` }] })
const pod = (tag: string, metadata: object = {}): object => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', ...metadata } },
  spec: spec(tag),
})
const templated = (apiVersion: string, kind: string, tag: string): object => ({
  ...{ apiVersion, kind, metadata: { name: 'web' } },
  spec: { template: { metadata: { labels: { app: 'web' } }, spec: spec(tag) } },
})
const of = (group: string, version: string, kind: string): object => ({
  kind: { group, version, kind },
  resource: { group, version, resource: `${kind.toLowerCase()}s` },
})
const deployment = (tag: string): Promise<string> =>
  rule(templated('apps/v1', 'Deployment', tag), of('apps', 'v1', 'Deployment'))
const rollout = (tag: string): Promise<string> =>
  rule(templated('argoproj.io/v1alpha1', 'Rollout', tag), of('argoproj.io', 'v1alpha1', 'Rollout'))

const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }]
const mutating = (name: string, selectors: object = {}) => ({
  metadata: { name: 'a' },
  webhooks: [{ name, rules, ...selectors }],
})

it('templates are denied, until something is seen that may rewrite their pods', async () => {
  expect([await deployment(':v1'), await deployment(':v9'), await rollout(':v1'), await rollout(':v9')]).toEqual([
    'allow',
    'deny',
    'allow',
    'deny',
  ])
  api.set(
    'mutatingwebhookconfigurations',
    mutating('mirror.test', { namespaceSelector: { matchLabels: { team: 'web' } } }),
  )
  await expect.poll(() => deployment(':v9')).toBe('warn may be rewritten by webhook mirror.test')
  expect([await rollout(':v9'), await deployment(':v1')]).toEqual([
    'warn may be rewritten by webhook mirror.test',
    'allow',
  ])
  expect(await rule(pod(':v9'))).toBe('deny')
  // Another namespace, by its label; a sidecar; nothing.
  for (const change of [
    mutating('mirror.test', { namespaceSelector: { matchLabels: { team: 'db' } } }),
    mutating('add.sidecars.test'),
    mutating('mirror.test', { objectSelector: { matchLabels: { mirror: 'yes' } } }),
  ]) {
    api.set('mutatingwebhookconfigurations', mutating('mirror.test'))
    await expect.poll(() => deployment(':v9')).toBe('warn may be rewritten by webhook mirror.test')
    api.set('mutatingwebhookconfigurations', change)
    await expect.poll(() => deployment(':v9')).toBe('deny')
  }
  // Who makes the pods of a Rollout may give them the label.
  expect(await rollout(':v9')).toBe('warn may be rewritten by webhook mirror.test')
  api.remove('mutatingwebhookconfigurations', 'a')
  await expect.poll(() => rollout(':v9')).toBe('deny')
})

it('a policy counts once it is bound', async () => {
  api.set('mutatingadmissionpolicies', {
    metadata: { name: 'pin' },
    spec: { matchConstraints: { resourceRules: rules } },
  })
  expect(await deployment(':v9')).toBe('deny')
  api.set('mutatingadmissionpolicybindings', { metadata: { name: 'pin' }, spec: { policyName: 'pin' } })
  await expect.poll(() => deployment(':v9')).toBe('warn may be rewritten by policy pin')
  api.remove('mutatingadmissionpolicies', 'pin')
  await expect.poll(() => deployment(':v9')).toBe('deny')
})

it('a pod that a controller makes is let in without a tag, and what another runs is let in without its tag', async () => {
  const owned = {
    ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', controller: true }],
  }
  const by = (username: string): object => ({ userInfo: { username, groups: [] } })
  expect([
    await rule(pod('', owned), by('jane')),
    await rule(pod('', owned), by('system:serviceaccount:argo:rollouts')),
    await rule(pod('', owned), by('system:serviceaccount:kube-system:replicaset-controller')),
    await rule(pod(':v2', owned), by('system:serviceaccount:kube-system:replicaset-controller')),
  ]).toEqual(['deny', 'warn', 'warn', 'deny'])
  api.set('pods', {
    metadata: { name: 'old', namespace: 'shop' },
    spec: { nodeName: 'n1', ...spec(':v2') },
    status: { phase: 'Running', containerStatuses: [{ name: 'app', imageID: 'sha256:1' }] },
  })
  // What was read of pods is kept for some seconds.
  await expect.poll(() => rule(pod(':v2')), { timeout: 10_000, interval: 500 }).toBe('warn')
  expect(await deployment(':v2')).toBe('warn')
}, 20_000)
