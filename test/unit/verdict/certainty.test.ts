import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Document, Failure, ImageFact } from '../../../src/engine/verdict/index.ts'
import {
  ABSENT,
  GOOD,
  LOGIN,
  NO_NODE,
  REFUSED,
  found,
  host,
  index,
  landing,
  manifest,
  single,
  verdictOf,
} from './evidence.ts'
import type { Given } from './evidence.ts'

// Facts of every kind in any mixture: what is not certain is never failing, whatever stands beside it.

const OPEN: readonly Failure[] = [
  { kind: 'throttled' },
  { kind: 'out-of-time' },
  { kind: 'unasked', detail: 'too-many-credentials' },
  { kind: 'unreachable', detail: 'dns', host: 'ghcr.io' },
  { kind: 'unfollowed', detail: 'address', host: '169.254.1.1' },
  { kind: 'faulty', detail: 'status', status: 500, host: 'ghcr.io' },
  { kind: 'blocked', status: 403, detail: 'firewall' },
]
const CLOSED: readonly Failure[] = [
  ABSENT,
  { kind: 'absent', what: 'repository' },
  { kind: 'invalid', detail: 'malformed' },
]
const PARTS: readonly (Document | Failure | undefined)[] = [
  ...OPEN,
  ...CLOSED,
  REFUSED,
  LOGIN,
  undefined,
  single('linux/amd64'),
  single('linux/arm64'),
  { kind: 'schema1' },
  manifest(ABSENT),
  manifest(REFUSED),
]

const part = fc.constantFrom(...PARTS)
const platform = fc.constantFrom(
  'linux/amd64',
  'linux/arm64',
  'linux/386',
  'linux/arm',
  'windows/amd64',
  'unknown/unknown',
  'bare',
)
const anyIndex = fc.dictionary(platform, part, { maxKeys: 4 }).map((children) => index(children))
const anyDocument = fc.oneof(
  anyIndex,
  part
    .filter((one) => one !== undefined && 'kind' in one && ['manifest', 'schema1'].includes(one.kind))
    .map((one) => one as Document),
)
const anyFound = anyDocument.map((document) => found(document))
const anyHost = fc
  .tuple(
    fc.constantFrom('linux/amd64', 'linux/arm64', 'linux/arm', 'windows/amd64'),
    fc.constantFrom('containerd://1.7.1', 'containerd://2.3.4', 'cri-o://1.31.0', 'docker://27.0.0', ''),
  )
  .map(([name, runtime]) => host(name, runtime))
const anyLanding = fc.oneof(
  fc.constant({ kind: 'unknown' } as const),
  fc.constant(NO_NODE),
  fc.tuple(fc.array(anyHost, { minLength: 1, maxLength: 3 }), fc.nat(1)).map(([hosts, more]) => landing(hosts, more)),
)
const refused = fc.constantFrom<Failure[]>(REFUSED, LOGIN)
const anyFact: fc.Arbitrary<ImageFact> = fc.oneof(anyFound, refused, fc.constantFrom(...OPEN, ...CLOSED))

function answersOf(facts: readonly ImageFact[]): Record<string, ImageFact> {
  return Object.fromEntries(facts.map((fact, at) => [`s${at}`, fact]))
}

function failing(given: Given): readonly string[] {
  return verdictOf(given).outcome === 'failing' ? verdictOf(given).findings.map(({ cause }) => cause) : []
}

test('one attempt that came to nothing certain', () => {
  const mixtures = fc.tuple(fc.array(anyFact, { maxLength: 3 }), fc.constantFrom(...OPEN))
  fc.assert(
    fc.property(mixtures, anyLanding, ([facts, open], where) => {
      const answers = answersOf([...facts.filter(({ kind }) => kind !== 'found'), open])
      expect(failing({ answers, landing: where })).toEqual([])
    }),
  )
})

test('refused, and somebody may hold the right credential', () => {
  const lacks = fc.constantFrom<Given[]>(
    { nodeCredentials: true },
    { account: 'pending' },
    { account: 'unreadable' },
    { secrets: { x: { kind: 'pending' } } },
    { secrets: { x: { kind: 'unreadable', detail: 'stale' } } },
  )
  const refusedPart = fc.tuple(platform, refused).map(([name, failure]) => found(index({ [name]: failure })))
  fc.assert(
    fc.property(fc.array(refused, { minLength: 1, maxLength: 3 }), lacks, anyLanding, (facts, lack, where) => {
      expect(failing({ ...lack, answers: answersOf(facts), landing: where })).toEqual([])
    }),
  )
  fc.assert(
    fc.property(refusedPart, lacks, anyLanding, (fact, lack, where) => {
      const causes = failing({ ...lack, answers: { anonymous: fact }, landing: where })
      expect(causes.filter((cause) => cause === 'access-denied' || cause === 'credentials-rejected')).toEqual([])
    }),
  )
})

test('a platform is judged only where all nodes say theirs', () => {
  fc.assert(
    fc.property(anyFound, fc.array(anyHost, { maxLength: 3 }), (fact, hosts) => {
      for (const where of [{ kind: 'unknown' } as const, landing(hosts, 1)]) {
        const causes = failing({ answers: { anonymous: fact }, landing: where })
        expect(causes.filter((cause) => cause.startsWith('platform-'))).toEqual([])
      }
    }),
  )
})

test('one kind of node that runs it is enough not to fail', () => {
  fc.assert(
    fc.property(fc.array(anyHost, { maxLength: 3 }), (others) => {
      expect(failing({ answers: { anonymous: GOOD }, landing: landing([...others, host('linux/amd64')]) })).toEqual([])
    }),
  )
})

test('any success is the answer', () => {
  fc.assert(
    fc.property(fc.array(anyFact, { maxLength: 4 }), fc.nat(4), (facts, at) => {
      const mixed = [...facts.filter(({ kind }) => kind !== 'found')]
      mixed.splice(at, 0, GOOD)
      expect(verdictOf({ answers: answersOf(mixed) }).outcome).toBe('pullable')
    }),
  )
})
