import { describe, expect, it } from 'vitest'
import { addUp, countsOf, shortfalls, totalsLine } from '../../../scripts/totals.ts'

const good = { passed: 3, failed: 0, skipped: 0 }

/** What vitest's JSON reporter writes, as far as it is read. */
function report(passed: number, failed: number, pending: number, todo: number, files: readonly object[] = []): object {
  return {
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: pending,
    numTodoTests: todo,
    testResults: files,
  }
}

describe('countsOf', () => {
  it.each([
    ['all passed', report(3, 0, 0, 0), good],
    ['skipped and todo', report(3, 1, 2, 1), { passed: 3, failed: 1, skipped: 3 }],
    [
      'a file that does not load is a failure',
      report(3, 0, 0, 0, [{ status: 'failed', assertionResults: [] }]),
      { passed: 3, failed: 1, skipped: 0 },
    ],
    [
      'a file whose tests failed is not counted twice',
      report(3, 1, 0, 0, [{ status: 'failed', assertionResults: [{}] }]),
      { passed: 3, failed: 1, skipped: 0 },
    ],
  ])('%s', (_, given, counts) => {
    expect(countsOf(given)).toEqual(counts)
  })

  it.each([[null], [{}], [{ numPassedTests: '3' }]])('does not take %j for a report', (given) => {
    expect(() => countsOf(given)).toThrow()
  })
})

describe('shortfalls', () => {
  it.each([
    ['nothing', good, []],
    ['a tier without a report', undefined, ['wire: was left out']],
    ['a tier without a test', { passed: 0, failed: 0, skipped: 0 }, ['wire: ran no test']],
    ['a skipped test', { passed: 3, failed: 0, skipped: 2 }, ['wire: 2 skipped']],
    ['failures', { passed: 3, failed: 1, skipped: 2 }, ['wire: 1 failed', 'wire: 2 skipped']],
  ])('%s', (_, wire, lines) => {
    expect(
      shortfalls(
        new Map([
          ['unit', good],
          ['wire', wire],
        ]),
      ),
    ).toEqual(lines)
  })
})

it('adds up', () => {
  const counts = new Map([
    ['unit', good],
    ['wire', { passed: 4, failed: 2, skipped: 1 }],
    ['cli', undefined],
  ])
  expect(totalsLine(addUp(counts))).toBe('7 passed, 2 failed, 1 skipped')
})
