import { expect, test } from 'vitest'

import { timeBudget } from '../../src/edges/server/time-budget.ts'

test.each<[unknown, number, number, number]>([
  ['10s', 10_000, 9500, 9750],
  ['30s', 10_000, 9500, 9750],
  ['30s', 30_000, 29_500, 29_750],
  ['1s', 10_000, 900, 950],
  ['1m30s', 100_000, 89_500, 89_750],
  ['500ms', 10_000, 450, 475],
  [undefined, 10_000, 9500, 9750],
  ['', 10_000, 9500, 9750],
  ['0s', 10_000, 9500, 9750],
  ['-5s', 10_000, 9500, 9750],
  ['5', 10_000, 9500, 9750],
  [['1s', '2s'], 10_000, 9500, 9750],
])('timeout=%s, at most %i ms: the signal after %i, the last call after %i', (timeout, most, deadline, lastCall) => {
  expect(timeBudget(timeout, most)).toEqual({ deadline, lastCall })
})
