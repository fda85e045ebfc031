import { expect, test } from 'vitest'
import type { ImageFact } from '../../../src/engine/verdict/index.ts'
import { admit, check, deployment, pod } from './cluster.ts'
import type { World } from './cluster.ts'

const ABSENT: ImageFact = { kind: 'absent', what: 'manifest' }
const REFUSED: ImageFact = { kind: 'refused', at: 'registry' }
const WEB = 'ghcr.io/acme/web:v2'
const GONE: World = { answers: { '*': ABSENT } }
const controller = (kind: string) => ({
  ownerReferences: [{ apiVersion: 'apps/v1', kind, name: 'web-1', controller: true }],
})
const byReplicaSet = { userInfo: { username: 'system:serviceaccount:kube-system:replicaset-controller', groups: [] } }
const byKubelet = { userInfo: { username: 'system:node:n1', groups: ['system:nodes'] } }
const update = (oldObject: object) => ({ operation: 'UPDATE', oldObject })
const NONE = { 'pullable.dev/enforce': 'none', 'pullable.dev/warn': 'none', 'pullable.dev/audit': 'none' }
const mirror = { annotations: { 'kubernetes.io/config.mirror': 'x' } }

interface Row {
  readonly name: string
  readonly world?: World
  readonly object?: object
  readonly more?: object
  readonly causes: readonly string[] | string
  readonly allowed?: boolean
  /** How many questions the registry gets; none where nothing is said. */
  readonly asked?: number
}

const rows: readonly Row[] = [
  { name: 'a pod that cannot pull', causes: ['manifest-unknown'], allowed: false, asked: 1 },
  {
    name: 'a Deployment is refused to who typed it',
    object: deployment([WEB]),
    causes: ['manifest-unknown'],
    allowed: false,
    asked: 1,
  },
  { name: 'all levels none', world: { ...GONE, labels: NONE }, causes: [] },
  {
    name: 'enforce none: warned alone',
    world: { ...GONE, labels: { 'pullable.dev/enforce': 'none' } },
    causes: ['manifest-unknown'],
    asked: 1,
  },
  { name: 'ignored', world: { ...GONE, labels: { 'pullable.dev/ignore': 'OPS-1' } }, causes: 'exempt: label' },
  {
    name: 'audit none and mode audit',
    world: { ...GONE, policy: { mode: 'audit' } },
    causes: ['manifest-unknown'],
    asked: 1,
  },
  {
    name: 'one cause exempt',
    world: { ...GONE, labels: { 'pullable.dev/exempt-manifest-unknown': 'OPS-1' } },
    causes: ['manifest-unknown'],
    asked: 1,
  },
  {
    name: 'a namespace that cannot be read',
    world: { labels: { kind: 'unreadable', detail: 'forbidden' } },
    causes: ['view-incomplete'],
    asked: 1,
  },
  {
    name: 'a namespace that cannot be read may have opted out',
    world: { ...GONE, labels: { kind: 'unreadable', detail: 'stale' } },
    causes: ['manifest-unknown view-incomplete'],
    asked: 1,
  },
  { name: 'kube-system', object: pod([WEB], {}, { namespace: 'kube-system' }), causes: 'system-namespace' },
  { name: 'kube-node-lease', object: pod([WEB], {}, { namespace: 'kube-node-lease' }), causes: 'system-namespace' },
  { name: 'our own namespace', object: pod([WEB], {}, { namespace: 'pullable-system' }), causes: 'own-namespace' },
  { name: 'a mirror pod of the kubelet', object: pod([WEB], {}, mirror), more: byKubelet, causes: 'mirror-pod' },
  {
    name: 'a mirror pod of anybody else',
    object: pod([WEB], {}, mirror),
    causes: ['manifest-unknown'],
    allowed: false,
    asked: 1,
  },
  { name: 'a deletion', more: { operation: 'DELETE', object: null, oldObject: pod([WEB]) }, causes: 'operation' },
  {
    name: 'a pod that is being deleted',
    object: pod([WEB], {}, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    more: update(pod(['a:1'])),
    causes: 'being-deleted',
  },
  {
    name: 'a status',
    more: { ...update(pod(['a:1'])), subResource: 'status', resource: { group: '', version: 'v1', resource: 'pods' } },
    causes: 'subresource',
  },
  {
    name: 'an update of labels',
    object: pod([WEB], {}, { labels: { a: 'b' } }),
    more: update(pod([WEB])),
    causes: 'unchanged',
  },
  {
    name: 'an update of owners, finalizers and annotations',
    object: pod([WEB], {}, { ...controller('ReplicaSet'), finalizers: ['a.test/b'], annotations: { a: 'b' } }),
    more: update(pod([WEB])),
    causes: 'unchanged',
  },
  {
    name: 'a resize',
    more: { ...update(pod(['a:1'])), subResource: 'resize', resource: { group: '', version: 'v1', resource: 'pods' } },
    causes: 'subresource',
  },
  {
    name: 'the scale of a Deployment',
    object: { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'web' }, spec: { replicas: 3 } },
    more: {
      operation: 'UPDATE',
      subResource: 'scale',
      resource: { group: 'apps', version: 'v1', resource: 'deployments' },
    },
    causes: 'subresource',
  },
  {
    name: 'a subresource that nobody knows, with a pod in it',
    more: { ...update(pod(['a:1'])), subResource: 'images', resource: { group: '', version: 'v1', resource: 'pods' } },
    causes: ['manifest-unknown'],
    allowed: false,
    asked: 1,
  },
  {
    name: 'a pause of a rollout, and its labels',
    object: { ...deployment([WEB]), spec: { ...(deployment([WEB]) as { spec: object }).spec, paused: true } },
    more: update(deployment([WEB])),
    causes: 'unchanged',
  },
  {
    name: 'scaling',
    object: { ...deployment([WEB]), spec: { ...(deployment([WEB]) as { spec: object }).spec, replicas: 3 } },
    more: update(deployment([WEB])),
    causes: 'unchanged',
  },
  {
    name: 'one image of two changes',
    object: deployment(['a:1', WEB]),
    more: update(deployment(['a:1', 'b:1'])),
    causes: ['manifest-unknown'],
    allowed: false,
    asked: 1,
  },
  {
    name: 'a change of account asks for all',
    object: deployment(['a:1', WEB], { serviceAccountName: 'robot' }),
    more: update(deployment(['a:1', WEB])),
    causes: ['manifest-unknown', 'manifest-unknown'],
    allowed: false,
    asked: 2,
  },
  {
    name: 'a change of placement asks for all',
    object: deployment([WEB], { nodeSelector: { a: 'b' } }),
    more: update(deployment([WEB])),
    causes: ['manifest-unknown'],
    allowed: false,
    asked: 1,
  },
  {
    name: 'an ephemeral container alone is judged, by its requester',
    object: pod([WEB], { ephemeralContainers: [{ name: 'debug', image: 'busybox' }] }, controller('ReplicaSet')),
    more: {
      ...update(pod([WEB], {}, controller('ReplicaSet'))),
      subResource: 'ephemeralcontainers',
      resource: { group: '', version: 'v1', resource: 'pods' },
    },
    world: {},
    causes: ['tag-missing'],
    allowed: false,
    asked: 1,
  },
  {
    name: "a configured controller's pod without a tag is let in",
    object: pod(['busybox'], {}, controller('Rollout')),
    more: { userInfo: { username: 'system:serviceaccount:argo:rollouts', groups: [] } },
    world: { controllers: ['system:serviceaccount:argo:rollouts'] },
    causes: ['tag-missing'],
    asked: 1,
  },
  {
    name: 'one that is not configured is anybody',
    object: pod(['busybox'], {}, controller('Rollout')),
    more: { userInfo: { username: 'system:serviceaccount:argo:rollouts', groups: [] } },
    world: { controllers: ['system:serviceaccount:argo:others'] },
    causes: ['tag-missing'],
    allowed: false,
    asked: 1,
  },
  {
    name: "a controller's pod without a tag is let in",
    object: pod(['busybox'], {}, controller('ReplicaSet')),
    more: byReplicaSet,
    world: {},
    causes: ['tag-missing'],
    asked: 1,
  },
  {
    name: "a person's pod that claims an owner is not",
    object: pod(['busybox'], {}, controller('ReplicaSet')),
    world: {},
    causes: ['tag-missing'],
    allowed: false,
    asked: 1,
  },
  {
    name: "a controller's pod that cannot pull is denied",
    object: pod([WEB], {}, controller('ReplicaSet')),
    more: byReplicaSet,
    causes: ['manifest-unknown'],
    allowed: false,
    asked: 1,
  },
  {
    name: 'never pulled',
    object: pod([], { containers: [{ name: 'a', image: WEB, imagePullPolicy: 'Never' }] }),
    causes: [''],
  },
  { name: 'an image that does not parse', object: pod(['Foo/Bar:1']), causes: ['reference-invalid'], allowed: false },
  { name: "Istio's placeholder", object: pod(['auto']), causes: 'unchanged' },
  {
    name: 'a volume that is mounted',
    object: pod([], {
      containers: [{ name: 'a', image: WEB, volumeMounts: [{ name: 'v' }] }],
      volumes: [{ name: 'v', image: { reference: 'x:1' } }],
    }),
    causes: ['manifest-unknown', 'manifest-unknown'],
    allowed: false,
    asked: 2,
  },
  {
    name: 'a volume that nobody mounts',
    object: pod([WEB], { volumes: [{ name: 'v', image: { reference: 'x:1' } }] }),
    causes: ['manifest-unknown'],
    allowed: false,
    asked: 1,
  },
  {
    name: 'no node fits',
    world: { nodes: [{ kind: 'Node', metadata: { name: 'n1', labels: {} } }] },
    object: pod([WEB], { nodeSelector: { a: 'b' } }),
    causes: ['no-candidate-node'],
    asked: 1,
  },
  {
    name: 'the wrong platform',
    world: { nodes: ['linux/arm64'] },
    causes: ['platform-mismatch'],
    allowed: false,
    asked: 2,
  },
  {
    name: 'some of the platforms',
    world: { nodes: ['linux/arm64', 'linux/amd64'] },
    causes: ['platform-partial'],
    asked: 1,
  },
  {
    name: 'nodes that cannot be read',
    world: { nodes: { kind: 'unreadable', detail: 'stale' } },
    causes: ['view-incomplete'],
    asked: 1,
  },
  {
    name: 'nodes that cannot be read, and may have what is gone',
    world: { ...GONE, nodes: { kind: 'unreadable', detail: 'stale' } },
    causes: ['view-incomplete'],
    asked: 1,
  },
  {
    name: 'a missing secret of a Pod',
    world: { answers: { '*': REFUSED } },
    object: pod([WEB], { imagePullSecrets: [{ name: 'x' }] }),
    causes: ['access-denied'],
    allowed: false,
    asked: 1,
  },
  {
    name: 'a missing secret of a template may yet come',
    world: { answers: { '*': REFUSED } },
    object: deployment([WEB], { imagePullSecrets: [{ name: 'x' }] }),
    causes: ['pull-secret-absent'],
    asked: 1,
  },
  {
    name: 'a missing account of a template may yet come',
    world: { answers: { '*': REFUSED } },
    object: deployment([WEB]),
    causes: ['pull-secret-absent'],
    asked: 1,
  },
  {
    name: 'an account without secrets is none that may come',
    world: { answers: { '*': REFUSED }, accounts: { default: [] } },
    object: deployment([WEB]),
    causes: ['access-denied'],
    allowed: false,
    asked: 1,
  },
  { name: 'out of time', world: { answers: { '*': { kind: 'out-of-time' } } }, causes: ['deadline'], asked: 1 },
]

test.each(rows.map((row) => [row.name, row] as const))('%s', async (_, row) => {
  const { causes, allowed, asked } = await admit(row.world ?? GONE, row.object ?? pod([WEB]), row.more)
  expect({ causes, allowed, asked: asked.length }).toEqual({
    causes: row.causes,
    allowed: row.allowed ?? true,
    asked: row.asked ?? 0,
  })
})

test('where nothing is asked, of what is exempt nothing is read either', async () => {
  expect((await admit({ labels: NONE }, pod([WEB]))).read).toEqual(['namespace shop'])
  expect((await admit({}, pod([WEB], {}, { namespace: 'kube-system' }))).read).toEqual([])
  expect((await admit({}, pod([WEB]), update(pod([WEB])))).read).toEqual([])
})

test('the whole answer to a denied pod', async () => {
  const { response } = await admit(
    { answers: { '*': { kind: 'absent', what: 'manifest', tags: ['v2.1'] } } },
    pod([WEB]),
  )
  expect(response).toEqual({
    uid: 'a-uid',
    allowed: false,
    status: {
      status: 'Failure',
      code: 403,
      reason: 'Forbidden',
      message:
        'spec.containers[0].image "ghcr.io/acme/web:v2": manifest-unknown: no tag "v2" in ghcr.io/acme/web (read anonymously); closest tags: v2.1. Fix: set spec.containers[0].image to ghcr.io/acme/web:v2.1',
      details: {
        causes: [
          {
            reason: 'manifest-unknown',
            message: 'no tag "v2" in ghcr.io/acme/web (read anonymously); closest tags: v2.1',
            field: 'spec.containers[0].image',
          },
        ],
      },
    },
    auditAnnotations: {
      decision: 'deny',
      verdict: 'failing',
      findings: 'spec.containers[0].image: manifest-unknown',
    },
  })
})

test('an update that is denied can be typed', async () => {
  const { said } = await admit({ answers: { '*': ABSENT } }, deployment([WEB]), update(deployment(['a:1'])))
  expect(said).toEqual([
    'spec.template.spec.containers[0].image "ghcr.io/acme/web:v2": manifest-unknown: no tag "v2" in ghcr.io/acme/web (read anonymously). Fix: push it, or kubectl set image deployment/web c0=ghcr.io/acme/web:TAG -n shop, with a tag that is there',
  ])
})

test('an image without a host: the other image tells which is meant', async () => {
  const { said } = await admit({ answers: { '-': REFUSED } }, pod(['my-app:2.0', WEB]))
  expect(said[0]).toMatch(/; or did you mean ghcr\.io\/my-app:2\.0\?$/)
})

test.each([
  ['no workload', { kind: 'ConfigMap', apiVersion: 'v1' }, 'not-a-workload'],
  ['null', null, 'not-a-workload'],
  ['a field of a wrong type', { kind: 'Pod', apiVersion: 'v1', spec: { containers: 'none' } }, 'broken'],
] as const)('check: %s', async (_, object, kind) => {
  const { reviewed, asked } = await check({}, object as object)
  expect([reviewed.kind, asked]).toEqual([kind, []])
})

test('check: the namespace is the object’s, else the default', async () => {
  const namespaces = await Promise.all(
    [pod([WEB]), pod([WEB], {}, { namespace: '' })].map(async (object) => (await check({}, object)).read[0]),
  )
  expect(namespaces).toEqual(['namespace shop', 'namespace shop'])
  expect((await check({}, pod([WEB], {}, { namespace: 'other' }))).read[0]).toBe('namespace other')
})
