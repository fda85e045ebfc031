import { expect, it } from 'vitest'
import type { Read } from '../../../src/engine/review/index.ts'
import type { ImageFact } from '../../../src/engine/verdict/index.ts'
import { admit, deployment, pod } from './cluster.ts'
import type { World } from './cluster.ts'

const WEB = 'ghcr.io/acme/web:v2'
const ABSENT: ImageFact = { kind: 'absent', what: 'manifest' }

const runs = (image: string, node = 'n1'): object => ({
  metadata: { name: 'old', namespace: 'shop' },
  spec: { nodeName: node, containers: [{ name: 'app', image }] },
  status: { phase: 'Running', containerStatuses: [{ name: 'app', imageID: 'sha256:1' }] },
})
const node = (name: string, labels: object = {}): object => ({
  metadata: { name, labels },
  status: { nodeInfo: { operatingSystem: 'linux', architecture: 'amd64', kubeletVersion: 'v1.34.0' }, images: [] },
})
const using = (policy: string, image = WEB): object => ({
  containers: [{ name: 'app', image, imagePullPolicy: policy }],
})

const GONE: World = { answers: { '*': ABSENT }, nodes: [node('n1'), node('n2', { zone: 'b' })] }
const forbidden: Read<never> = { kind: 'unreadable', detail: 'forbidden' }

interface Row {
  readonly name: string
  readonly world: World
  readonly object?: object
  readonly causes: string
  readonly allowed: boolean
  /** Pods are read. */
  readonly looked: boolean
}

const rows: readonly Row[] = [
  {
    name: 'a pod runs it',
    world: { ...GONE, running: [runs(WEB)] },
    causes: 'cached-only',
    allowed: true,
    looked: true,
  },
  {
    name: 'a pod runs it, for a template',
    world: { ...GONE, running: [runs(WEB)] },
    object: deployment([WEB]),
    causes: 'cached-only',
    allowed: true,
    looked: true,
  },
  {
    name: 'a pod runs another',
    world: { ...GONE, running: [runs('ghcr.io/acme/web:v1')] },
    causes: 'manifest-unknown',
    allowed: false,
    looked: true,
  },
  {
    name: 'a pod runs it where this one may not land',
    world: { ...GONE, running: [runs(WEB)] },
    object: pod([], { ...using('IfNotPresent'), nodeSelector: { zone: 'b' } }),
    causes: 'manifest-unknown',
    allowed: false,
    looked: true,
  },
  {
    name: 'a pod runs it, and it is always pulled',
    world: { ...GONE, running: [runs(WEB)] },
    object: pod([], using('Always')),
    causes: 'manifest-unknown',
    allowed: false,
    looked: false,
  },
  {
    name: 'a pod runs it, and no node is known',
    world: { ...GONE, nodes: [], running: [runs(WEB)] },
    causes: 'cached-only',
    allowed: true,
    looked: true,
  },
  {
    name: 'pods may not be read',
    world: { ...GONE, running: forbidden },
    causes: 'view-incomplete',
    allowed: true,
    looked: true,
  },
  { name: 'nobody looks', world: GONE, causes: 'manifest-unknown', allowed: false, looked: false },
  { name: 'it is there', world: { running: [runs(WEB)] }, causes: '', allowed: true, looked: false },
  {
    name: 'the registry is away',
    world: { ...GONE, answers: { '*': { kind: 'out-of-time' } }, running: [runs(WEB)] },
    causes: 'deadline',
    allowed: true,
    looked: false,
  },
]

it.each(rows)('$name', async ({ world, object, causes, allowed, looked }) => {
  const answer = await admit(world, object ?? pod([], using('IfNotPresent')))
  expect([answer.causes, answer.allowed, answer.read.includes('pods in shop')]).toEqual([[causes], allowed, looked])
})

it('is said with the reason that the registry gave, and denied where a namespace is strict', async () => {
  const world: World = { ...GONE, running: [runs(WEB)], labels: { 'pullable.dev/enforce': 'strict' } }
  const { said } = await admit(world, pod([], using('IfNotPresent')))
  expect(said).toEqual([
    'spec.containers[0].image "ghcr.io/acme/web:v2": cached-only: a pod of this namespace runs the image on a node where this one may land; on a node without it the pod fails: no tag "v2" in ghcr.io/acme/web (read anonymously). Fix: push it, or set spec.containers[0].image to ghcr.io/acme/web:TAG, with a tag that is there',
  ])
})
