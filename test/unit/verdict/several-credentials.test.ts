import { expect, test } from 'vitest'
import type { ImageFact } from '../../../src/engine/verdict/index.ts'
import { ABSENT, GOOD, LOGIN, REFUSED, host, index, found, landing, single, verdictOf } from './evidence.ts'

const THROTTLED: ImageFact = { kind: 'throttled' }

// Best first: what a mixture comes to is what its best part comes to, in whichever order they were tried.
const ranks: readonly (readonly [string | null, ImageFact])[] = [
  [null, GOOD],
  ['rate-limited', THROTTLED],
  ['manifest-unknown', ABSENT],
  ['access-denied', REFUSED],
  ['credentials-rejected', LOGIN],
]

const pairs = ranks.flatMap(([cause, fact], at) =>
  ranks.slice(at).flatMap(([, worse]) => [[cause, fact, worse] as const, [cause, worse, fact] as const]),
)

test.each(pairs)('%s of %j and %j', (cause, first, second) => {
  const secrets = { a: { kind: 'read' as const }, b: { kind: 'read' as const } }
  const { findings } = verdictOf({ answers: { a: first, b: second }, secrets })
  expect(findings.map((finding) => finding.cause)).toEqual(cause === null ? [] : [cause])
})

test('an image is judged alike in whichever order its nodes come', () => {
  const hosts = [host('linux/amd64'), host('linux/arm64'), host('linux/s390x')]
  const answers = { anonymous: found(index({ 'linux/amd64': single('linux/amd64'), 'linux/arm64': ABSENT })) }
  const outcomes = [hosts, [...hosts].reverse()].map((order) => verdictOf({ answers, landing: landing(order) }).outcome)
  expect(outcomes).toEqual(['undetermined', 'undetermined'])
})
