import { describe, expect, it } from 'vitest'
import { reviewAdmission } from '../../../src/engine/review/index.ts'
import type { AdmissionOutcome, PodList, Read } from '../../../src/engine/review/index.ts'
import { admission, pod, watch } from './cluster.ts'
import type { World } from './cluster.ts'

type Labels = Readonly<Record<string, unknown>>

function namespaceOf(labels: Labels | undefined, more: object = {}): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', ...(labels && { labels }), ...more } }
}

interface Asked {
  readonly now: Labels
  /** Absent: the namespace is being made. */
  readonly before?: Labels | undefined
  readonly world?: World
  readonly pods?: readonly object[] | Read<never>
  readonly more?: boolean
  readonly request?: object
}

async function told({ now, before, world = {}, pods, more = false, request = {} }: Asked) {
  const { deps, asked } = watch(world)
  const listed: string[] = []
  const readPods = (namespace: string): Promise<Read<PodList>> => {
    listed.push(namespace)
    return Promise.resolve(
      pods !== undefined && 'kind' in pods ? pods : { kind: 'found', value: { pods: pods ?? [], more } },
    )
  }
  const body = admission(namespaceOf(now), {
    kind: { group: '', version: 'v1', kind: 'Namespace' },
    resource: { group: '', version: 'v1', resource: 'namespaces' },
    namespace: 'shop',
    name: 'shop',
    ...(before && { operation: 'UPDATE', oldObject: namespaceOf(before) }),
    ...request,
  })
  const answer = await reviewAdmission(body, { ...deps, pods: readPods }, new AbortController().signal)
  if (answer.kind === 'unreadable') throw new Error(answer.problem)
  const { response } = answer.response
  expect(response.allowed).toBe(true)
  return { warned: response.warnings ?? [], listed, asked, outcome: answer.outcome }
}

const label = (name: string, value: unknown = 'OPS-1'): Labels => ({ [`pullable.dev/${name}`]: value })

describe('a label of a namespace that misleads is said to whoever sets it', () => {
  it.each<[string, Asked, readonly string[]]>([
    ['none is', { now: { team: 'a', ...label('enforce', 'strict'), ...label('exempt-tag-latest') } }, []],
    [
      'no level',
      { now: { ...label('enforce', 'on'), ...label('warn', 'Strict'), ...label('audit', '') } },
      [
        'label pullable.dev/enforce of namespace shop is "on", not none, baseline or strict: the default holds, baseline',
        'label pullable.dev/warn of namespace shop is "Strict", not none, baseline or strict: the default holds, strict',
        'label pullable.dev/audit of namespace shop is "", not none, baseline or strict: the default holds, strict',
      ],
    ],
    [
      'below the floor',
      { now: label('enforce', 'none'), world: { policy: { floor: 'baseline' } } },
      ['label pullable.dev/enforce is "none", which is below the floor of this cluster: baseline holds'],
    ],
    [
      'an exemption from what there is not',
      {
        now: { ...label('exempt-manifest-unknwon'), ...label('exempt-registry-unreachable.dns'), ...label('exempt-') },
      },
      [
        'label "pullable.dev/exempt-" exempts from nothing: there is no such cause',
        'label "pullable.dev/exempt-manifest-unknwon" exempts from nothing: there is no such cause; did you mean pullable.dev/exempt-manifest-unknown?',
        'label "pullable.dev/exempt-registry-unreachable.dns" exempts from nothing: there is no such cause; did you mean pullable.dev/exempt-registry-unreachable?',
      ],
    ],
    [
      'no label of ours',
      { now: { ...label('enforced', 'strict'), ...label('reason', 'why'), ...label('mode', 'x') } },
      [
        'label "pullable.dev/enforced" means nothing; did you mean pullable.dev/enforce?',
        'label "pullable.dev/mode" means nothing',
        'label pullable.dev/reason means nothing: it is an annotation',
      ],
    ],
    ['what was there before is not said again', { now: label('enforce', 'on'), before: label('enforce', 'on') }, []],
    [
      'what is hostile is shown as it can be',
      { now: { ...label(`a\u001b[31m${'x'.repeat(200)}`), ...label('enforce', 7), __proto__: 'x' } },
      [`label "pullable.dev/a [31m${'x'.repeat(60)}…" means nothing`],
    ],
  ])('%s', async (_, asked, warned) => {
    expect((await told(asked)).warned).toEqual(warned)
  })
})

const ABSENT = { '-@ghcr.io/acme/gone:v1': { kind: 'absent', what: 'manifest' } } as const
const REFUSED = { '-@ghcr.io/acme/secret:v1': { kind: 'refused', at: 'registry' } } as const
const world: World = { answers: { ...ABSENT, ...REFUSED, '-@slow.example/web:v1': { kind: 'out-of-time' } } }
const none = label('enforce', 'none')
const baseline = label('enforce', 'baseline')
const controlled = { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', controller: true }] }
const named = (name: string, image: string, metadata: object = {}, spec: object = {}): object =>
  pod([image], spec, { name, ...metadata })

describe('what runs in a namespace that becomes stricter', () => {
  it('is judged as if it were made anew, and grouped', async () => {
    const pods = [
      named('web-2', 'ghcr.io/acme/gone:v1', {}, { nodeName: 'a' }),
      named('web-1', 'ghcr.io/acme/gone:v1', {}, { nodeName: 'b' }),
      named('api-1', 'ghcr.io/acme/secret:v1'),
      named('good', 'ghcr.io/acme/good:v1'),
      named('slow', 'slow.example/web:v1'),
      pod(['ghcr.io/acme/gone:v1', 'ghcr.io/acme/secret:v1'], {}, { name: 'both' }),
      // A rule is not held against what a controller makes.
      named('rule-1', 'ghcr.io/acme/good', controlled),
      named('rule-2', 'ghcr.io/acme/good'),
      named('ends', 'ghcr.io/acme/gone:v1', { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      named('static', 'ghcr.io/acme/gone:v1', { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
    ]
    const { warned, asked } = await told({ now: baseline, before: none, world, pods, more: true })
    expect(warned).toEqual([
      '2 pods would be refused: manifest-unknown: web-1 (and 1 other)',
      '1 pod would be refused: access-denied: api-1',
      '1 pod would be refused: manifest-unknown, access-denied: both',
      '1 pod would be refused: tag-missing: rule-2',
      '1 pod could not be judged in time',
      'there are more pods than were looked at',
    ])
    // Pods that are the same in what matters are one question.
    expect(asked.filter((line) => line.includes('gone'))).toHaveLength(2)
  })

  const gone = [named('web-1', 'ghcr.io/acme/gone:v1')]
  const said = ['1 pod would be refused: manifest-unknown: web-1']
  it.each<[string, Asked, readonly string[]]>([
    ['a label takes it to a stricter level', { now: label('enforce', 'strict'), before: baseline }, said],
    ['a label that made it laxer goes', { now: {}, before: none }, said],
    ['it is ignored no longer', { now: {}, before: label('ignore') }, said],
    ['an exemption goes', { now: {}, before: label('exempt-manifest-unknown') }, said],
    ['the mode is audit: it is what would be', { now: {}, before: none, world: { policy: { mode: 'audit' } } }, said],
    ['a trial run', { now: {}, before: none, request: { dryRun: true } }, said],
    ['through another way to write it', { now: {}, before: none, request: { subResource: 'status' } }, said],
    [
      'pods may not be listed',
      { now: {}, before: none, pods: { kind: 'unreadable', detail: 'forbidden' } },
      ['what runs in the namespace already could not be looked at: pullable may not list pods'],
    ],
  ])('is looked at where %s', async (_, asked, warned) => {
    const seen = await told({ pods: gone, ...asked, world: { ...world, ...asked.world } })
    expect({ warned: seen.warned, listed: seen.listed }).toEqual({ warned, listed: ['shop'] })
  })

  it.each<[string, Asked]>([
    ['nothing becomes stricter', { now: none, before: baseline }],
    ['another label changes', { now: { ...baseline, ...label('warn', 'none') }, before: baseline }],
    ['an exemption comes', { now: label('exempt-manifest-unknown'), before: {} }],
    ['an exemption goes where nothing is enforced', { now: none, before: { ...none, ...label('exempt-tag-latest') } }],
    ['the namespace is being made', { now: baseline }],
    ['the floor held before', { now: baseline, before: none, world: { policy: { floor: 'baseline' } } }],
    ['it is one of the cluster’s own', { now: baseline, before: none, request: { name: 'kube-system' } }],
    ['it is ours', { now: baseline, before: none, request: { name: 'pullable-system' } }],
    ['it is deleted', { now: baseline, before: none, request: { operation: 'DELETE' } }],
  ])('is not looked at where %s', async (_, asked) => {
    const seen = await told({ ...asked, pods: gone })
    expect({ warned: seen.warned, listed: seen.listed, asked: seen.asked }).toEqual({
      warned: [],
      listed: [],
      asked: [],
    })
  })

  it('is exempt where the configuration says so', async () => {
    const exemptions = {
      namespaces: [{ name: 'shop' }],
      users: [],
      groups: [],
      runtimeClasses: [],
      images: [],
      registries: {},
    }
    const seen = await told({ now: baseline, before: none, pods: gone, world: { ...world, policy: { exemptions } } })
    expect([seen.warned, seen.asked]).toEqual([[], []])
  })

  it('is bounded in what is said and in what is asked', async () => {
    const pods = Array.from({ length: 250 }, (_, at) => named(`p-${at}`, `ghcr.io/acme/web-${at}:v1`))
    const seen = await told({
      now: baseline,
      before: none,
      pods,
      world: { answers: { '*': { kind: 'refused', at: 'registry' } } },
    })
    expect(seen.warned).toEqual([
      '200 pods would be refused: access-denied: p-0 (and 199 others)',
      '50 pods could not be judged in time',
    ])
    expect(seen.asked).toHaveLength(200)
  })
})

it('tells the log and the metrics what it said', async () => {
  const { outcome } = await told({
    now: { ...label('enforce', 'x'), ...label('exempt-x') },
    before: none,
    world,
    pods: [],
  })
  const expected: AdmissionOutcome = {
    kind: 'namespace',
    review: {
      warnings: expect.any(Array) as readonly string[],
      misleading: [
        { kind: 'level', mode: 'enforce', value: 'x', level: 'baseline' },
        { kind: 'cause', cause: 'x', nearest: undefined },
      ],
      running: { kind: 'looked', refused: [], unknown: 0, more: false },
    },
  }
  expect(outcome).toEqual(expected)
})
