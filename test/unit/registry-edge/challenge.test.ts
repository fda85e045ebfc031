import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseChallenges } from '../../../src/edges/registry/challenge.ts'

interface Vector {
  readonly headers: readonly string[]
  readonly challenges: readonly { readonly scheme: string; readonly params: Readonly<Record<string, string>> }[]
}

const file = new URL('../../vectors/www-authenticate.json', import.meta.url)
const vectors = JSON.parse(readFileSync(file, 'utf8')) as readonly Vector[]

function plain(headers: readonly string[]): unknown {
  return parseChallenges(headers).map(({ scheme, params }) => ({ scheme, params: Object.fromEntries(params) }))
}

describe('challenges', () => {
  test('there are vectors', () => {
    expect(vectors.length).toBeGreaterThanOrEqual(8)
  })

  test.each(vectors.map((vector) => [vector.headers.join(' | '), vector] as const))('vector %s', (_, vector) => {
    expect(plain(vector.headers)).toEqual(vector.challenges)
  })

  const rows: readonly (readonly [string, string, unknown])[] = [
    ['a comma in quotes', 'Bearer scope="a,b",realm="r"', { scope: 'a,b', realm: 'r' }],
    ['an escaped quote', 'Bearer realm="a\\"b"', { realm: 'a"b' }],
    ['a realm without quotes is cut at its colon', 'Bearer realm=https://a/t,service=s', { realm: 'https' }],
    ['a space before = ends it', 'Bearer realm ="a"', {}],
    ['a quote that never closes', 'Bearer service=s,realm="a', { service: 's', realm: '' }],
    ['a comma too many ends it', 'Bearer realm="a",,service="s"', { realm: 'a' }],
    ['a comma after the scheme ends it', 'Bearer, realm="a"', {}],
    ['a line that was folded', 'Bearer realm="a",\r\n service="s"', { realm: 'a', service: 's' }],
    ['a value that is none', 'Bearer realm==,service="s"', { realm: '' }],
    ['escapes of anything', 'Bearer realm="\\a\\\\"', { realm: 'a\\' }],
    ['commas at the end', 'Bearer realm="a",,', { realm: 'a' }],
    ['a prototype is a name like any other', 'Bearer __proto__="a"', JSON.parse('{"__proto__":"a"}')],
  ]
  test.each(rows)('%s', (_, line, params) => {
    expect(plain([line])).toEqual([{ scheme: 'bearer', params }])
  })

  test.each([' Bearer realm="a"', ',Bearer realm="a"', '"Bearer" realm="a"', 'Bäarer realm="a"', ':'])(
    'no challenge: %j',
    (line) => {
      expect(plain([line])).toEqual([])
    },
  )

  test('never throws, never stalls', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 500 })), (lines) => {
        parseChallenges(lines)
        parseChallenges(lines.map((line) => `Bearer ${line}`))
      }),
    )
    const began = performance.now()
    parseChallenges([
      `Bearer ${'a="'.repeat(100_000)}`,
      `Bearer ${', '.repeat(100_000)}`,
      `Bearer ${'a=b,'.repeat(50_000)}`,
    ])
    expect(performance.now() - began).toBeLessThan(500)
  })
})
