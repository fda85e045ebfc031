import { expect, test } from 'vitest'

import { timeBudget } from '../../src/edges/server/time-budget.ts'

test.each<[unknown, number, number, number]>([
  ['10s', 10_000, 8_500, 9_250],
  ['30s', 10_000, 8_500, 9_250],
  ['30s', 30_000, 28_500, 29_250],
  ['1s', 10_000, 850, 925],
  ['1m30s', 100_000, 88_500, 89_250],
  ['500ms', 10_000, 425, 462.5],
  [undefined, 10_000, 8_500, 9_250],
  ['', 10_000, 8_500, 9_250],
  ['0s', 10_000, 8_500, 9_250],
  ['-5s', 10_000, 8_500, 9_250],
  ['5', 10_000, 8_500, 9_250],
  [['1s', '2s'], 10_000, 8_500, 9_250],
])('timeout=%s, at most %i ms: the signal after %i, the last call after %i', (timeout, most, deadline, lastCall) => {
  expect(timeBudget(timeout, most)).toEqual({ deadline, lastCall })
})
