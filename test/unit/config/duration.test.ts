import { expect, it } from 'vitest'
import { parseDuration } from '../../../src/base/duration.ts'

it.each([
  ['0', 0],
  ['10s', 10_000],
  ['500ms', 500],
  ['1m30s', 90_000],
  ['1.5h', 5_400_000],
  ['.5s', 500],
  ['1.s', 1000],
  ['+2s', 2000],
  ['250us', 0.25],
  ['250µs', 0.25],
  ['1000000ns', 1],
  ['', undefined],
  ['+', undefined],
  ['10', undefined],
  ['-1s', undefined],
  ['1d', undefined],
  ['s', undefined],
  ['.s', undefined],
  ['1s ', undefined],
  ['1 s', undefined],
  ['1e3s', undefined],
  ['1s'.repeat(50), undefined],
])('a duration %j is %j ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})
