import { describe, expect, test } from 'vitest'

import { respond } from '../../../src/engine/admission/index.ts'
import type { Answer } from '../../../src/engine/admission/index.ts'
import { request } from './build.ts'

const answer = (changes: Partial<Answer> = {}): Answer => ({ warnings: [], annotations: {}, ...changes })
const response = (changes: Partial<Answer>): object => respond(request(), answer(changes)).response
const runes = (texts: readonly string[] = []): number => texts.reduce((sum, text) => sum + Array.from(text).length, 0)

test('allowed, with nothing to say', () => {
  expect(respond(request({ uid: 'abc' }), answer())).toEqual({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: 'abc', allowed: true },
  })
})

test('denied, with all there is', () => {
  const whole = answer({ denial: 'one\ntwo', warnings: ['w'], annotations: { enforce: 'a b' } })
  expect(respond(request(), whole)).toEqual({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid: 'uid-1',
      allowed: false,
      status: { status: 'Failure', code: 403, reason: 'Forbidden', message: 'one\ntwo' },
      warnings: ['w'],
      auditAnnotations: { enforce: 'a b' },
    },
  })
})

test('a denial without a word is one', () => {
  expect(response({ denial: '' })).toMatchObject({ allowed: false, status: { code: 403, message: '' } })
})

test('a denial is bounded, and keeps its lines alone', () => {
  const message = (denial: string): unknown => (response({ denial }) as { status: { message: string } }).status.message
  expect(message('a\u0000b\r\nc\td\u202e')).toBe('a b\nc d')
  expect(message('x'.repeat(5000))).toBe('x'.repeat(2048))
})

test('causes are bounded, and single lines', () => {
  const causes = Array.from({ length: 40 }, (_, at) => ({
    reason: 'manifest-unknown',
    message: `no\n${'x'.repeat(1000)}`,
    field: `spec.containers[${at}].image`,
  }))
  const kept = respond(request(), answer({ denial: 'no', causes })).response.status?.details?.causes ?? []
  expect(kept.length).toBe(16)
  expect(kept[15]).toEqual({
    reason: 'manifest-unknown',
    message: `no ${'x'.repeat(252)}…`,
    field: 'spec.containers[15].image',
  })
  expect(respond(request(), answer({ denial: 'no', causes: [] })).response.status).not.toHaveProperty('details')
})

describe('warnings', () => {
  const warnings = (...texts: string[]): readonly string[] | undefined =>
    respond(request(), answer({ warnings: texts })).response.warnings
  test.each<[string, string[], string[] | undefined]>([
    ['are single lines', ['a\nb\tc\u007fd\u0085e'], ['a b c d e']],
    ['hide nothing', ['a\u202eb\u200bc'], ['a b c']],
    ['are UTF-8', ['a\ud800b'], ['a\ufffdb']],
    ['are said once', ['a', 'b', 'a', 'a\n'], ['a', 'b']],
    ['are not empty', ['', '\n', ' '], undefined],
    ['may be of any language', ['größer als 😀'], ['größer als 😀']],
  ])('%s', (_name, texts, expected) => expect(warnings(...texts)).toEqual(expected))

  test('are cut one by one', () => {
    expect(warnings('y'.repeat(1024))).toEqual(['y'.repeat(1024)])
    expect(warnings('😀'.repeat(2000))).toEqual([`${'😀'.repeat(1023)}…`])
  })

  test('stay within what the API server shows whole', () => {
    const fits = [1, 2, 3, 4].map((digit) => String(digit).repeat(1024))
    expect(warnings(...fits)).toEqual(fits)
    const more = warnings(...fits, 'x', 'y')
    expect(more).toEqual([...fits.slice(0, 3), 'and 3 more'])
    const many = warnings(...Array.from({ length: 1000 }, (_, at) => `${at} ${'z'.repeat(60)}`))
    expect(many?.at(-1)).toBe('and 936 more')
    expect(runes(many)).toBeLessThanOrEqual(4096)
  })
})

describe('annotations', () => {
  test.each<[string, Record<string, string>, Record<string, string> | undefined]>([
    [
      'with keys that the API server takes',
      { 'a-B.c_9': 'v', ['k'.repeat(63)]: 'v' },
      { 'a-B.c_9': 'v', ['k'.repeat(63)]: 'v' },
    ],
    [
      'and no others',
      { 'a/b': 'v', '': 'v', '-a': 'v', 'a.': 'v', 'a b': 'v', ['k'.repeat(64)]: 'v', ä: 'v' },
      undefined,
    ],
    ['on one line', { a: 'b\nc' }, { a: 'b c' }],
    ['bounded', { a: 'v'.repeat(5000) }, { a: `${'v'.repeat(4095)}…` }],
  ])('%s', (_name, annotations, expected) => {
    expect(respond(request(), answer({ annotations })).response.auditAnnotations).toEqual(expected)
  })

  test('no more than a few', () => {
    const annotations = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`key-${at}`, 'v']))
    expect(Object.keys(respond(request(), answer({ annotations })).response.auditAnnotations ?? {})).toHaveLength(32)
  })

  test('a key of prototypes is none', () => {
    const annotations = JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>
    expect(JSON.stringify(respond(request(), answer({ annotations })).response.auditAnnotations)).toBe(
      '{"constructor":"y"}',
    )
  })
})

test('it never patches', () => {
  expect(JSON.stringify(response({ denial: 'x', warnings: ['y'] }))).not.toContain('patch')
})
