import { format, inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyText } from '../../support/any-text.ts'
import { Secret } from '../../../src/base/secret.ts'
import { printable, quoted } from '../../../src/base/text.ts'

describe('a secret', () => {
  const secret = new Secret('canary')
  test.each([
    ['text', String(secret)],
    ['a sum of texts', ['', secret].join()],
    ['JSON', JSON.stringify({ secret })],
    ['inspect', inspect({ deep: [secret] }, { showHidden: true, depth: 9 })],
    ['format', format('%s %o %j %O', secret, secret, secret, secret)],
    ['a copy', JSON.stringify(Object.assign({}, secret))],
    ['its keys', JSON.stringify([Object.keys(secret), Object.getOwnPropertyNames(secret)])],
  ])('cannot be seen in %s', (_, shown) => {
    expect(shown).not.toContain('canary')
  })
  test('can be revealed', () => expect(secret.reveal()).toBe('canary'))
})

describe('printable', () => {
  test.each([
    ['nginx:1.25', 200, 'nginx:1.25'],
    ['a\u001b[31m\nb', 200, 'a [31m b'],
    ['a\u202Eb\u200Bc\u2028d', 200, 'a b c d'],
    ['é😀', 200, 'é😀'],
    ['abcde', 5, 'abcde'],
    ['abcdef', 5, 'abcd…'],
    ['😀😀😀', 2, '😀…'],
    ['\ud800', 200, '\uFFFD'],
    ['\n'.repeat(30) + 'hidden', 5, ' …'],
  ])('%j in %i is %j', (text, most, want) => {
    expect(printable(text, most)).toBe(want)
  })

  test('is in double quotes where asked', () => expect(quoted('a\nb')).toBe('"a b"'))

  test('is short and clean, whatever comes', () => {
    fc.assert(
      fc.property(anyText(), fc.integer({ min: 1, max: 40 }), (text, most) => {
        const shown = printable(text, most)
        expect(Array.from(shown).length).toBeLessThanOrEqual(most)
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
      }),
    )
  })
})
