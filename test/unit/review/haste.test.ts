import { expect, test } from 'vitest'
import { reviewAdmission } from '../../../src/engine/review/index.ts'
import type { AdmissionDeps } from '../../../src/engine/review/index.ts'
import type { ImageFact } from '../../../src/engine/verdict/index.ts'
import { FOUND, admission, deployment, pod, watch } from './cluster.ts'
import type { World } from './cluster.ts'

const ABSENT: ImageFact = { kind: 'absent', what: 'manifest', tags: [] }
const BAD = 'ghcr.io/acme/bad:v1'
const HUNG = 'hung.example/acme/web:v1'
const SLOW = 'slow.example/acme/web:v1'

const RULE = { apiGroups: [''], apiVersions: ['v1'] }

interface Asked {
  readonly world?: World
  /** Who answers once the grace has begun: `slow.example`, as this. */
  readonly slow?: ImageFact
  /** The deadline, too, is over. */
  readonly deadline?: boolean
}

/** `bad` is absent at once; `hung` never answers; `slow` does when the grace has begun. */
async function hurried(object: object, { world = {}, slow = FOUND, deadline = false }: Asked) {
  const over = new AbortController()
  const begun: number[] = []
  let release: (fact: ImageFact) => void = () => undefined
  const slowly = new Promise<ImageFact>((resolve) => (release = resolve))
  const { deps } = watch(world)
  const ask: AdmissionDeps['ask'] = ({ reference: { name } }, signal) => {
    if (name.startsWith('ghcr.io')) return Promise.resolve(ABSENT)
    const late = new Promise<ImageFact>((resolve) =>
      signal.addEventListener('abort', () => resolve({ kind: 'out-of-time' })),
    )
    return name.startsWith('slow') ? Promise.race([late, slowly]) : late
  }
  const after = (ms: number): AbortSignal => {
    begun.push(ms)
    release(slow)
    const grace = new AbortController()
    setTimeout(() => grace.abort(), 5)
    return grace.signal
  }
  if (deadline) setTimeout(() => over.abort(), 20)
  const answer = await reviewAdmission(admission(object), { ...deps, ask, after }, over.signal)
  if (answer.kind === 'unreadable') throw new Error(answer.problem)
  const { response } = answer.response
  const causes = (response.status?.details?.causes ?? []).map(({ field, reason }) => `${field} ${reason}`)
  const warned = (response.warnings ?? []).map((line) => line.split(': ', 2).join(': '))
  return { begun, causes, warned }
}

const field = (at: number): string => `spec.containers[${at}].image`

test('once one image is certain to be denied, the others get a grace', async () => {
  expect(await hurried(pod([HUNG, BAD]), {})).toEqual({
    begun: [2000],
    causes: [`${field(1)} manifest-unknown`],
    warned: [`${field(0)} "${HUNG}": deadline`],
  })
})

test('what is found out within it is said with the rest', async () => {
  const asked = { slow: { kind: 'absent', what: 'manifest', tags: [] } } as const
  expect(await hurried(pod([BAD, SLOW, BAD]), asked)).toEqual({
    begun: [2000],
    causes: [0, 1, 2].map((at) => `${field(at)} manifest-unknown`),
    warned: [],
  })
})

test.each<[string, object, World]>([
  ['nothing is denied', pod([HUNG]), {}],
  ['the mode is audit', pod([HUNG, BAD]), { policy: { mode: 'audit' } }],
  ['the cause is exempt', pod([HUNG, BAD]), { labels: { 'pullable.dev/exempt-manifest-unknown': 'OPS-1' } }],
  ['the namespace does not enforce', pod([HUNG, BAD]), { labels: { 'pullable.dev/enforce': 'none' } }],
  [
    'it may be rewritten yet',
    deployment([HUNG, BAD]),
    { mutators: [{ name: 'a.example.com', rules: [{ ...RULE, operations: ['CREATE'], resources: ['pods'] }] }] },
  ],
])('where %s, every image has the whole time', async (_, object, world) => {
  const { begun, causes } = await hurried(object, { world, deadline: true })
  expect({ begun, causes }).toEqual({ begun: [], causes: [] })
})

test('where what denies may be mended by a secret that is newer, the second look decides, in haste too', async () => {
  const world = { secrets: { a: { 'ghcr.io': 'new' } }, cached: { secrets: { a: { 'ghcr.io': 'old' } } } }
  const seen = await hurried(pod([HUNG, BAD], { imagePullSecrets: [{ name: 'a' }] }), { world })
  expect(seen).toEqual({
    begun: [2000, 2000],
    causes: [`${field(1)} manifest-unknown`],
    warned: [`${field(0)} "${HUNG}": deadline`],
  })
})
