import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readWorkload } from '../../../src/engine/workload/index.ts'
import type { Workload } from '../../../src/engine/workload/index.ts'

const EMPTY: Workload = {
  apiVersion: 'v1',
  kind: 'Pod',
  namespace: '',
  name: '',
  template: false,
  specField: 'spec',
  podLabels: {},
  uses: [],
  serviceAccount: 'default',
  runtimeClass: '',
  pullSecrets: [],
  pullSecretsSaid: false,
  placement: {
    nodeName: '',
    nodeSelector: {},
    terms: undefined,
    tolerations: [],
    os: '',
    daemonSet: false,
    hostNetwork: false,
  },
  controller: undefined,
  mirror: false,
  deleting: false,
}

function pod(spec: unknown, metadata: unknown = {}): unknown {
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec }
}

function read(object: unknown): Workload {
  const reading = readWorkload(object)
  if (reading.kind !== 'workload') throw new Error(JSON.stringify(reading))
  return reading.workload
}

test('a pod that says everything', () => {
  const workload = read(
    pod(
      {
        serviceAccountName: 'builder',
        runtimeClassName: 'kata',
        serviceAccount: 'old-name',
        imagePullSecrets: [{ name: 'one' }, { name: '' }, null, { name: 'two' }],
        nodeName: 'n1',
        nodeSelector: { disk: 'ssd' },
        os: { name: 'linux' },
        hostNetwork: true,
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: 'not ours',
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a', 'b'] }] },
                { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] },
                {},
              ],
            },
          },
        },
        tolerations: [{ operator: 'Exists' }, { key: 'gpu', value: 'yes', effect: 'NoSchedule', tolerationSeconds: 5 }],
        initContainers: [{ name: 'setup', image: 'busybox', restartPolicy: 'Always' }],
        containers: [
          { name: 'web', image: 'ghcr.io/acme/web:v2', imagePullPolicy: 'Never' },
          { name: 'log', image: 'log:1', volumeMounts: [{ name: 'data' }, { name: 'model' }] },
        ],
        ephemeralContainers: [{ name: 'debug', image: 'busybox:1.36', targetContainerName: 'web' }],
        volumes: [
          { name: 'data', emptyDir: {} },
          { name: 'model', image: { reference: 'acme/model:1', pullPolicy: 'Always' } },
          { name: 'unused', image: { reference: 'acme/other:1' } },
        ],
      },
      {
        name: 'web-x',
        generateName: 'web-',
        namespace: 'shop',
        deletionTimestamp: '2026-01-01T00:00:00Z',
        labels: { app: 'web' },
        annotations: { 'kubernetes.io/config.mirror': 'abc' },
        ownerReferences: [
          { apiVersion: 'v1', kind: 'Node', name: 'n1' },
          { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', controller: true },
        ],
      },
    ),
  )
  expect(workload).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    namespace: 'shop',
    name: 'web-x',
    template: false,
    specField: 'spec',
    podLabels: { app: 'web' },
    uses: [
      { field: 'spec.initContainers[0].image', image: 'busybox', role: 'init', name: 'setup', pullPolicy: 'Always' },
      {
        field: 'spec.containers[0].image',
        image: 'ghcr.io/acme/web:v2',
        role: 'container',
        name: 'web',
        pullPolicy: 'Never',
      },
      { field: 'spec.containers[1].image', image: 'log:1', role: 'container', name: 'log', pullPolicy: 'IfNotPresent' },
      {
        field: 'spec.ephemeralContainers[0].image',
        image: 'busybox:1.36',
        role: 'ephemeral',
        name: 'debug',
        pullPolicy: 'IfNotPresent',
      },
      {
        field: 'spec.volumes[1].image.reference',
        image: 'acme/model:1',
        role: 'volume',
        name: 'model',
        pullPolicy: 'Always',
      },
    ],
    serviceAccount: 'builder',
    runtimeClass: 'kata',
    pullSecrets: ['one', 'two'],
    pullSecretsSaid: true,
    placement: {
      nodeName: 'n1',
      nodeSelector: { disk: 'ssd' },
      terms: [
        { expressions: [{ key: 'zone', operator: 'In', values: ['a', 'b'] }], fields: [] },
        { expressions: [], fields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] },
        { expressions: [], fields: [] },
      ],
      tolerations: [
        { key: '', operator: 'Exists', value: '', effect: '' },
        { key: 'gpu', operator: '', value: 'yes', effect: 'NoSchedule' },
      ],
      os: 'linux',
      daemonSet: false,
      hostNetwork: true,
    },
    controller: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web' },
    mirror: true,
    deleting: true,
  })
})

const spec = { containers: [{ name: 'c', image: 'a:1' }] }
const metadata = { labels: { of: 'the pod' } }
const template = { spec: { template: { metadata, spec } } }

test.each<[apiVersion: string, kind: string, body: object, specField: string | undefined]>([
  ['v1', 'Pod', { metadata, spec }, 'spec'],
  ['v1', 'PodTemplate', { template: { metadata, spec } }, 'template.spec'],
  ['v1', 'ReplicationController', template, 'spec.template.spec'],
  ['apps/v1', 'Deployment', template, 'spec.template.spec'],
  ['apps/v1beta2', 'Deployment', template, 'spec.template.spec'],
  ['extensions/v1beta1', 'Deployment', template, 'spec.template.spec'],
  ['extensions/v1beta1', 'DaemonSet', template, 'spec.template.spec'],
  ['apps/v1', 'ReplicaSet', template, 'spec.template.spec'],
  ['apps/v1', 'StatefulSet', template, 'spec.template.spec'],
  ['apps/v1', 'DaemonSet', template, 'spec.template.spec'],
  ['batch/v1', 'Job', template, 'spec.template.spec'],
  ['batch/v1', 'CronJob', { spec: { jobTemplate: template } }, 'spec.jobTemplate.spec.template.spec'],
  ['batch/v1beta1', 'CronJob', { spec: { jobTemplate: template } }, 'spec.jobTemplate.spec.template.spec'],
  ['serving.knative.dev/v1', 'Deployment', template, undefined],
  ['argoproj.io/v1alpha1', 'CronJob', template, undefined],
  ['v1', 'Service', { spec }, undefined],
  ['v1', 'Deployment', template, undefined],
  ['v2', 'Pod', { spec }, undefined],
  ['apps/v1', 'Pod', { spec }, undefined],
  ['v1', 'PodList', { items: [] }, undefined],
  ['v1', 'constructor', { spec }, undefined],
  ['v1', '__proto__', { spec }, undefined],
  ['', '', { spec }, undefined],
])('%s %s', (apiVersion, kind, body, specField) => {
  const reading = readWorkload({ apiVersion, kind, ...body })
  if (specField === undefined) {
    expect(reading).toEqual({ kind: 'not-a-workload' })
    return
  }
  const use = { image: 'a:1', role: 'container', name: 'c', pullPolicy: 'IfNotPresent' }
  expect(reading).toEqual({
    kind: 'workload',
    workload: {
      ...EMPTY,
      apiVersion,
      kind,
      template: kind !== 'Pod',
      specField,
      podLabels: metadata.labels,
      uses: [{ ...use, field: `${specField}.containers[0].image` }],
      placement: { ...EMPTY.placement, daemonSet: kind === 'DaemonSet' },
    },
  })
})

test.each<[name: string, object: unknown, expected: Partial<Workload>]>([
  ['no spec', { apiVersion: 'v1', kind: 'Pod' }, {}],
  [
    'a null template',
    { apiVersion: 'v1', kind: 'ReplicationController', spec: { template: null } },
    { kind: 'ReplicationController', template: true, specField: 'spec.template.spec' },
  ],
  ['nulls are absent', pod({ containers: null, nodeSelector: null, affinity: null, os: null, hostNetwork: null }), {}],
  ['null items', pod({ containers: [null], volumes: [null], tolerations: [] }), {}],
  ['generateName', pod({}, { generateName: 'web-' }), { name: 'web-' }],
  ['the old account field', pod({ serviceAccount: 'old' }), { serviceAccount: 'old' }],
  ['an empty name of a secret is said', pod({ imagePullSecrets: [{ name: '' }] }), { pullSecretsSaid: true }],
  ['an empty list of secrets is not', pod({ imagePullSecrets: [] }), {}],
  ['an empty image', pod({ containers: [{ name: 'a', image: '' }, { name: 'b' }] }), {}],
  ['the placeholder of Istio', pod({ containers: [{ name: 'istio-proxy', image: 'auto' }] }), {}],
  [
    'an empty or null reference of a mounted volume',
    pod({
      containers: [{ volumeMounts: [{ name: 'v' }, { name: 'w' }] }],
      volumes: [
        { name: 'v', image: { reference: '' } },
        { name: 'w', image: null },
      ],
    }),
    {},
  ],
  [
    'a required affinity without terms',
    pod({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } } }),
    { placement: { ...EMPTY.placement, terms: [] } },
  ],
  [
    'what is inherited is not there',
    Object.assign(Object.create({ spec }) as object, { apiVersion: 'v1', kind: 'Pod' }),
    {},
  ],
  ['an owner that does not control', pod({}, { ownerReferences: [{ kind: 'Node', controller: false }] }), {}],
  ['unknown keys of any type', pod({ resources: 7, schedulingGates: 'x', volumes: [{ name: 'v', nfs: 3 }] }), {}],
  [
    '__proto__ is a key as any other',
    JSON.parse(
      '{"apiVersion":"v1","kind":"Pod","__proto__":{"spec":{"nodeName":"x"}},"spec":{"nodeSelector":{"__proto__":"a"},"__proto__":{"nodeName":"y"}}}',
    ),
    { placement: { ...EMPTY.placement, nodeSelector: Object.fromEntries([['__proto__', 'a']]) } },
  ],
])('%s', (_, object, expected) => {
  expect(read(object)).toEqual({ ...EMPTY, ...expected })
})

test('an image volume counts where any kind of container mounts it', () => {
  const volumes = ['a', 'b', 'c', 'd'].map((name) => ({ name, image: { reference: `acme/${name}:1` } }))
  const mounts = (name: string): object => ({ name, image: 'x:1', volumeMounts: [{ name, mountPath: '/m' }] })
  const workload = read(
    pod({ initContainers: [mounts('a')], containers: [mounts('b')], ephemeralContainers: [mounts('c')], volumes }),
  )
  expect(workload.uses.filter(({ role }) => role === 'volume').map(({ field }) => field)).toEqual([
    'spec.volumes[0].image.reference',
    'spec.volumes[1].image.reference',
    'spec.volumes[2].image.reference',
  ])
})

const NODE_TERMS = 'affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution'

test.each<[spec: unknown, field: string, message: string]>([
  ['x', 'spec', 'must be an object, not text'],
  [[], 'spec', 'must be an object, not a list'],
  [{ containers: {} }, 'spec.containers', 'must be a list, not an object'],
  [{ containers: [{}, 7] }, 'spec.containers[1]', 'must be an object, not a number'],
  [{ containers: [{ image: 1.25 }] }, 'spec.containers[0].image', 'must be text, not a number'],
  [{ containers: [{ image: ['a'] }] }, 'spec.containers[0].image', 'must be text, not a list'],
  [
    { containers: [{ image: 'a', imagePullPolicy: 'Sometimes' }] },
    'spec.containers[0].imagePullPolicy',
    'must be Always, IfNotPresent or Never, not "Sometimes"',
  ],
  [
    { containers: [{ image: 'auto', imagePullPolicy: 'always\u001b[2J' }] },
    'spec.containers[0].imagePullPolicy',
    'must be Always, IfNotPresent or Never, not "always [2J"',
  ],
  [
    { containers: [{ volumeMounts: [{ name: 'v' }] }], volumes: [{ name: 'v', image: { reference: true } }] },
    'spec.volumes[0].image.reference',
    'must be text, not true or false',
  ],
  [{ imagePullSecrets: ['regcred'] }, 'spec.imagePullSecrets[0]', 'must be an object, not text'],
  [{ imagePullSecrets: { name: 'regcred' } }, 'spec.imagePullSecrets', 'must be a list, not an object'],
  [{ nodeSelector: { gpu: true } }, 'spec.nodeSelector["gpu"]', 'must be text, not true or false'],
  [{ hostNetwork: 'yes' }, 'spec.hostNetwork', 'must be true or false, not text'],
  [{ os: 'linux' }, 'spec.os', 'must be an object, not text'],
  [
    { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [] } } },
    `spec.${NODE_TERMS}`,
    'must be an object, not a list',
  ],
  [
    {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Gt', values: [6] }] }],
          },
        },
      },
    },
    `spec.${NODE_TERMS}.nodeSelectorTerms[0].matchExpressions[0].values[0]`,
    'must be text, not a number',
  ],
  [{ containers: Array.from({ length: 10_001 }, () => ({})) }, 'spec.containers', 'must have at most 10000 items'],
  [
    { nodeSelector: Object.fromEntries(Array.from({ length: 10_001 }, (_, at) => [`k${at}`, ''])) },
    'spec.nodeSelector',
    'must have at most 10000 items',
  ],
])('broken: %#', (spec, field, message) => {
  expect(readWorkload(pod(spec))).toEqual({ kind: 'broken', field, message })
})

test('broken metadata, and only the first break is told', () => {
  expect(readWorkload(pod({ containers: 1 }, { name: 7 }))).toMatchObject({ kind: 'broken' })
  expect(readWorkload(pod({}, { name: 7 }))).toEqual({
    kind: 'broken',
    field: 'metadata.name',
    message: 'must be text, not a number',
  })
  expect(readWorkload({ apiVersion: 'v1', kind: 'Pod', metadata: [] })).toEqual({
    kind: 'broken',
    field: 'metadata',
    message: 'must be an object, not a list',
  })
})

test('never throws, whatever comes', () => {
  const keys = fc.constantFrom('spec', 'template', 'metadata', 'containers', 'image', 'volumes', 'name', '__proto__')
  const tree = fc.letrec((tie) => ({
    any: fc.oneof(
      fc.jsonValue(),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(keys, tie('any'), { maxKeys: 4 }),
    ),
  })).any
  fc.assert(
    fc.property(tree, tree, (body, metadata) => {
      for (const object of [body, pod(body, metadata), { apiVersion: 'apps/v1', kind: 'Deployment', spec: body }]) {
        expect(['workload', 'broken', 'not-a-workload']).toContain(readWorkload(object).kind)
      }
    }),
  )
})

function bestOf(runs: number, work: () => void): number {
  const times = Array.from({ length: runs }, () => {
    const start = performance.now()
    work()
    return performance.now() - start
  })
  return Math.min(...times)
}

test('a pod of 200 containers takes well under a millisecond, and 8 MiB of rubbish harms nothing', () => {
  const large = pod({
    containers: Array.from({ length: 200 }, (_, at) => ({
      name: `c${at}`,
      image: `registry.example/team/app-${at}:1.${at}`,
      volumeMounts: [{ name: 'a' }, { name: 'b' }],
    })),
  })
  expect(bestOf(300, () => read(large))).toBeLessThan(2) // about 0.3 on a quiet machine
  const rubbish = [
    { containers: Array.from({ length: 9999 }, () => ({ volumeMounts: Array.from({ length: 200 }, () => ({})) })) },
    { nodeSelector: Object.fromEntries(Array.from({ length: 300_000 }, (_, at) => [`k${at}`, ''])) },
  ]
  expect(bestOf(3, () => rubbish.map((spec) => readWorkload(pod(spec))))).toBeLessThan(3000)
})
