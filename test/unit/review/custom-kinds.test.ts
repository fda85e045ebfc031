import { expect, it } from 'vitest'
import { customKindPresets } from '../../../src/engine/workload/index.ts'
import { admit, check } from './cluster.ts'
import type { World } from './cluster.ts'

const GONE: World = { answers: { '*': { kind: 'absent', what: 'manifest' } } }
const WITH: World = { ...GONE, customKinds: customKindPresets['argo-rollouts'] }
const WEB = 'ghcr.io/acme/web:v2'

const rollout = (image: string, more: object = {}): object => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { template: { spec: { containers: [{ name: 'app', image }] } }, ...more },
})
const REQUEST = {
  kind: { group: 'argoproj.io', version: 'v1alpha1', kind: 'Rollout' },
  resource: { group: 'argoproj.io', version: 'v1alpha1', resource: 'rollouts' },
}
const update = (oldObject: object): object => ({ ...REQUEST, operation: 'UPDATE', oldObject })
const any = [
  { namespaceSelector: {}, rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }] },
]
const labelled = any.map((each) => ({
  ...each,
  name: 'rewrite.test',
  objectSelector: { matchLabels: { rewrite: 'yes' } },
}))

it.each<[string, World, object, object, readonly string[] | string, boolean]>([
  ['that is configured', WITH, rollout(WEB), REQUEST, ['manifest-unknown'], false],
  ['that is not', GONE, rollout(WEB), REQUEST, 'kind', true],
  ['that scales', WITH, rollout(WEB, { replicas: 3 }), update(rollout(WEB)), 'unchanged', true],
  ['that changes its image', WITH, rollout(WEB), update(rollout('a:1')), ['manifest-unknown'], false],
  [
    'that takes its template from elsewhere',
    WITH,
    { ...rollout(WEB), spec: { workloadRef: { name: 'web' } } },
    REQUEST,
    'unchanged',
    true,
  ],
  [
    'whose status changes',
    WITH,
    rollout(WEB),
    { ...update(rollout('a:1')), subResource: 'status' },
    'subresource',
    true,
  ],
  ['whose template is a list', WITH, { ...rollout(WEB), spec: { template: [] } }, REQUEST, 'broken', true],
  ['of which it says another', WITH, { ...rollout(WEB), kind: 'Experiment' }, REQUEST, 'kind', true],
  // Who makes pods of it may give them any label.
  ['whose pods may be rewritten', { ...WITH, mutators: labelled }, rollout(WEB), REQUEST, ['manifest-unknown'], true],
])('a kind %s', async (_, world, object, more, causes, allowed) => {
  const answer = await admit(world, object, more)
  expect([answer.causes, answer.allowed]).toEqual([causes, allowed])
})

it('whose template cannot be read is admitted with a warning that names the field', async () => {
  const { warned } = await admit(WITH, { ...rollout(WEB), spec: { template: [] } }, REQUEST)
  expect(warned).toEqual(['pullable could not read spec.template: must be an object, not a list'])
})

it('is not mended by a command that means another kind of the same name', async () => {
  const kruise: World = { ...GONE, customKinds: customKindPresets['openkruise'] }
  const group = { group: 'apps.kruise.io', version: 'v1beta1' }
  const of = (image: string): object => ({
    ...rollout(image),
    apiVersion: 'apps.kruise.io/v1beta1',
    kind: 'StatefulSet',
  })
  const more = {
    ...{ kind: { ...group, kind: 'StatefulSet' }, resource: { ...group, resource: 'statefulsets' } },
    ...{ operation: 'UPDATE', oldObject: of('a:1') },
  }
  const fix = 'Fix: push it, or set spec.template.spec.containers[0].image to ghcr.io/acme/web:TAG'
  expect((await admit(kruise, of(WEB), more)).said).toEqual([expect.stringContaining(fix)])
})

it('is judged by check where it is configured', async () => {
  expect((await check(WITH, rollout(WEB))).causes).toEqual(['manifest-unknown'])
  expect((await check(GONE, rollout(WEB))).reviewed).toEqual({ kind: 'not-a-workload' })
  expect((await check(WITH, { ...rollout(WEB), spec: { template: [] } })).reviewed).toEqual({
    kind: 'broken',
    field: 'spec.template',
    message: 'must be an object, not a list',
  })
})
