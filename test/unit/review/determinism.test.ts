// The same state gives the same bytes, in whatever order it is told: a controller that tries again must not make a new event each time.
import fc from 'fast-check'
import { test } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import { reviewAdmission } from '../../../src/engine/review/index.ts'
import type { AdmissionDeps } from '../../../src/engine/review/index.ts'
import type { Document, ImageFact } from '../../../src/engine/verdict/index.ts'
import { FOUND, admission, deployment, pod, watch } from './cluster.ts'
import type { World } from './cluster.ts'

const configType = 'application/vnd.oci.image.config.v1+json'
const ARM: Document = {
  kind: 'manifest',
  configType,
  layerTypes: [],
  config: { os: 'linux', architecture: 'arm64' },
}

/** One registry for each kind of answer. */
const ANSWERS: Readonly<Record<string, ImageFact>> = {
  'good.example': FOUND,
  'absent.example': { kind: 'absent', what: 'manifest', tags: ['v1', 'v2', 'latest'] },
  'refused.example': { kind: 'refused', at: 'registry' },
  'arm.example': { kind: 'found', digest: `sha256:${'c'.repeat(64)}`, document: ARM },
  'slow.example': { kind: 'out-of-time' },
}

const IMAGES = [
  'good.example/a/web:v1',
  'absent.example/a/web:v3',
  'refused.example/a/web',
  'arm.example/a/web:latest',
  'slow.example/a/web:v1',
  'Not An Image',
]

const NODES = [
  'linux/amd64',
  'linux/arm64',
  'windows/amd64',
  {
    metadata: { name: 'n4', labels: { zone: 'b' } },
    status: { nodeInfo: { operatingSystem: 'linux', architecture: 's390x' } },
  },
]

const LABELS = {
  'pullable.dev/enforce': 'baseline',
  'pullable.dev/warn': 'lenient',
  'pullable.dev/audit': 'x',
  'pullable.dev/exempt-tag-latest': 'OPS-1',
  'pullable.dev/exempt-tag-missing': 'OPS-2',
}

const SECRETS = { a: { 'absent.example': 'x', 'refused.example': 'y' }, b: { 'refused.example': 'z' } }

const SPEC = {
  nodeSelector: { 'kubernetes.io/os': 'linux', zone: 'a', disk: 'ssd' },
  tolerations: [{ key: 'k', operator: 'Exists', effect: 'NoSchedule' }],
  imagePullSecrets: [{ name: 'a' }, { name: 'b' }, { name: 'gone' }],
}

/** The same value, with the keys of each map in another order. */
function reordered(value: unknown, order: (keys: string[]) => string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => reordered(item, order))
  if (typeof value !== 'object' || value === null) return value
  const keys = order(Object.keys(value))
  return Object.fromEntries(keys.map((key) => [key, reordered((value as Record<string, unknown>)[key], order)]))
}

async function bytes(object: object, world: World, delays: readonly number[]): Promise<string> {
  const { deps } = watch(world)
  let at = 0
  const ask: AdmissionDeps['ask'] = async ({ reference: { name } }) => {
    at += 1
    await sleep(delays[at % delays.length] ?? 0)
    return ANSWERS[name.split('/')[0] ?? ''] ?? FOUND
  }
  const answer = await reviewAdmission(admission(object), { ...deps, ask }, new AbortController().signal)
  return JSON.stringify(answer.kind === 'answered' ? answer.response : answer)
}

test('whatever the order of keys, of nodes, and of answers', async () => {
  const bodies = [pod(IMAGES, SPEC), deployment(IMAGES, SPEC)]
  const world: World = { labels: LABELS, nodes: NODES, secrets: SECRETS, nodeCredentials: ['refused.example'] }
  const expected = await Promise.all(bodies.map((body) => bytes(body, world, [0])))
  await fc.assert(
    fc.asyncProperty(
      fc.nat(bodies.length - 1),
      fc.shuffledSubarray(NODES, { minLength: NODES.length }),
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      fc.array(fc.nat(5), { minLength: 1, maxLength: 8 }),
      async (which, nodes, chances, delays) => {
        const order = (keys: string[]): string[] =>
          keys
            .map((key) => [chances.next().value as number, key] as const)
            .sort(([a], [b]) => a - b)
            .map(([, key]) => key)
        const body = reordered(bodies[which], order) as object
        const labels = reordered(LABELS, order) as Record<string, string>
        const secrets = reordered(SECRETS, order) as typeof SECRETS
        return (await bytes(body, { ...world, nodes, labels, secrets }, delays)) === expected[which]
      },
    ),
    { numRuns: 60 },
  )
})
