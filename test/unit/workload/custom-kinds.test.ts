import { describe, expect, it } from 'vitest'
import { customKindPresets, readWorkload, specPathOf } from '../../../src/engine/workload/index.ts'
import type { CustomKind } from '../../../src/engine/workload/index.ts'

const spec = { containers: [{ name: 'c', image: 'a:1' }] }
const template = { metadata: { labels: { app: 'web' } }, spec }
const machine: CustomKind = {
  group: 'acme.test',
  versions: ['v1', 'v1beta1'],
  kind: 'Machine',
  resource: 'machines',
  template: 'spec.pods.template',
}
const all = [machine, ...Object.values(customKindPresets).flat()]

describe('the presets', () => {
  it.each([
    ['argoproj.io/v1alpha1', 'Rollout', { template }, 'spec.template.spec'],
    ['serving.knative.dev/v1', 'Service', { template }, 'spec.template.spec'],
    ['serving.knative.dev/v1', 'Configuration', { template }, 'spec.template.spec'],
    ['apps.kruise.io/v1alpha1', 'CloneSet', { template }, 'spec.template.spec'],
    ['apps.kruise.io/v1beta1', 'StatefulSet', { template }, 'spec.template.spec'],
    ['apps.kruise.io/v1alpha1', 'DaemonSet', { template }, 'spec.template.spec'],
    ['apps.kruise.io/v1alpha1', 'BroadcastJob', { template }, 'spec.template.spec'],
    ['keda.sh/v1alpha1', 'ScaledJob', { jobTargetRef: { template } }, 'spec.jobTargetRef.template.spec'],
  ])('read %s %s', (apiVersion, kind, body, specField) => {
    const reading = readWorkload({ apiVersion, kind, spec: body }, all)
    expect(reading).toMatchObject({
      kind: 'workload',
      workload: {
        kind,
        template: true,
        specField,
        podLabels: { app: 'web' },
        uses: [{ field: `${specField}.containers[0].image`, image: 'a:1' }],
      },
    })
    expect(readWorkload({ apiVersion, kind, spec: body })).toEqual({ kind: 'not-a-workload' })
  })

  it('are each of one group, and take the place of none of Kubernetes', () => {
    for (const { group, versions, kind, resource } of all) {
      expect([group.includes('.'), versions.length > 0, resource]).toEqual([true, true, `${kind.toLowerCase()}s`])
      for (const version of versions) expect(specPathOf(`${group}/${version}`, kind)).toBeUndefined()
    }
  })
})

describe('a custom kind', () => {
  const read = (object: object): unknown => {
    const reading = readWorkload({ apiVersion: 'acme.test/v1', kind: 'Machine', ...object }, all)
    return reading.kind === 'workload' ? reading.workload.uses.map(({ field }) => field) : reading
  }
  const none = { kind: 'not-a-workload' }
  it.each<[string, object, unknown]>([
    [
      'is read where its template is',
      { spec: { pods: { template } } },
      ['spec.pods.template.spec.containers[0].image'],
    ],
    [
      'of another version that is configured',
      { apiVersion: 'acme.test/v1beta1', spec: { pods: { template } } },
      ['spec.pods.template.spec.containers[0].image'],
    ],
    ['of a version that is not', { apiVersion: 'acme.test/v2', spec: { pods: { template } } }, none],
    ['of another group', { apiVersion: 'acme.example/v1', spec: { pods: { template } } }, none],
    ['of no group', { apiVersion: 'v1', spec: { pods: { template } } }, none],
    ['of two slashes', { apiVersion: 'acme.test/v1/v1', spec: { pods: { template } } }, none],
    ['in other letters', { kind: 'machine', spec: { pods: { template } } }, none],
    ['without its template pulls nothing', { spec: { pods: {} } }, []],
    ['with null on the way pulls nothing', { spec: { pods: null } }, []],
    ['without a spec pulls nothing', {}, []],
    [
      'with a list on the way',
      { spec: { pods: [{ template }] } },
      { kind: 'broken', field: 'spec.pods', message: 'must be an object, not a list' },
    ],
    [
      'with a template that is text',
      { spec: { pods: { template: 'web' } } },
      { kind: 'broken', field: 'spec.pods.template', message: 'must be an object, not text' },
    ],
    ['that inherits its template has none', { spec: Object.create({ pods: { template } }) as object }, []],
    [
      'with __proto__ on the way',
      { spec: JSON.parse('{"__proto__":{"pods":{"template":{"spec":{"containers":[{"image":"a:1"}]}}}}}') as object },
      [],
    ],
  ])('%s', (_, object, expected) => {
    expect(read(object)).toEqual(expected)
  })

  it('of all versions', () => {
    const any = [{ ...machine, versions: ['*'] }]
    expect(specPathOf('acme.test/v7', 'Machine', any)).toEqual(['spec', 'pods', 'template', 'spec'])
    expect(specPathOf('acme.test', 'Machine', any)).toBeUndefined()
  })

  it('with a path that no configuration lets in reads nothing that is inherited', () => {
    for (const path of ['__proto__', 'constructor.prototype', 'toString'])
      expect(
        readWorkload({ apiVersion: 'acme.test/v1', kind: 'Machine' }, [{ ...machine, template: path }]),
      ).toMatchObject({
        kind: 'workload',
        workload: { uses: [] },
      })
  })
})
