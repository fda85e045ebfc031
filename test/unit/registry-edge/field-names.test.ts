import { expect, test } from 'vitest'
import { withFieldNames } from '../../../src/edges/registry/field-names.ts'

const rows: readonly (readonly [string, string, unknown])[] = [
  [
    'fields in any case',
    '{"Config":{"MEDIATYPE":"x"},"layerS":[{"Digest":"y"}]}',
    { config: { mediaType: 'x' }, layers: [{ digest: 'y' }] },
  ],
  ['of two the last', '{"OS":"a","os":"b","architecture":"c","Architecture":"d"}', { os: 'b', architecture: 'd' }],
  ['the long s', '{"o\u017F":"linux"}', { os: 'linux' }],
  ['others stay', '{"Labels":{"a":1},"errors":null}', { Labels: { a: 1 }, errors: null }],
  ['what is no object', '[1,"OS",null,true]', [1, 'OS', null, true]],
  [
    'the deepest',
    '{"Manifests":[{"Platform":{"OS.Features":["a"]}}]}',
    { manifests: [{ platform: { 'os.features': ['a'] } }] },
  ],
]

test.each(rows)('%s', (_, json, named) => {
  expect(withFieldNames(JSON.parse(json))).toEqual(named)
})

test('a prototype is a field like any other, and depth is bounded', () => {
  const value = withFieldNames(JSON.parse('{"__proto__":{"OS":"x"}}')) as object
  expect([Object.getPrototypeOf(value) === Object.prototype, Object.hasOwn(value, '__proto__')]).toEqual([true, true])
  expect(() => withFieldNames(JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`))).not.toThrow()
})
