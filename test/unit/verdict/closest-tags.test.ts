import { expect, test } from 'vitest'
import { closestTags } from '../../../src/engine/verdict/closest-tags.ts'

test.each([
  ['v2', ['v1.9', 'v2.1', 'v2.0', 'latest'], ['v2.0', 'v2.1', 'v1.9']],
  ['1.2', ['v1.2', '1.3', '9'], ['v1.2', '1.3']],
  ['1.25.9', ['1.25', '1.25.3', '1.24.9', '1.25-alpine'], ['1.25', '1.24.9', '1.25.3']],
  ['v2', ['v2', 'v2; rm -rf ~', '.v2', `v2${'0'.repeat(200)}`, ''], []],
  ['x', [], []],
] as const)('%s among %j', (wanted, tags, closest) => {
  expect(closestTags(wanted, tags)).toEqual(closest)
})

test('a thousand long tags take no time', () => {
  const tags = Array.from({ length: 5000 }, (_, at) => `${'a'.repeat(120)}${at}`)
  const start = performance.now()
  expect(closestTags('b'.repeat(128), tags)).toHaveLength(0)
  expect(performance.now() - start).toBeLessThan(1000)
})
