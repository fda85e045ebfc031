import { expect, test } from 'vitest'
import { causeNames, details } from '../../../src/engine/verdict/index.ts'
import { causeRows } from './cause-rows.ts'
import { verdictOf, wordsOf } from './evidence.ts'
import { presenceRows } from './presence-rows.ts'

const allRows = { ...causeRows, ...presenceRows }

const rows = Object.entries(allRows).flatMap(([cause, { produces, not }]) => [
  ...produces.map(({ name, given }) => ({ cause, produced: true, name, given })),
  ...not.map(({ name, given }) => ({ cause, produced: false, name, given })),
])

test('every cause has facts that produce it, and facts that must not', () => {
  expect(Object.keys(allRows).sort()).toEqual([...causeNames].sort())
  for (const [cause, { produces, not }] of Object.entries(allRows))
    expect([cause, produces.length > 0, not.length > 0]).toEqual([cause, true, true])
})

test.each(rows.map((row) => [`${row.produced ? '' : 'not '}${row.cause}: ${row.name}`, row] as const))(
  '%s',
  (_, { cause, produced, given }) => {
    const verdict = verdictOf(given)
    const causes: readonly string[] = verdict.findings.map((finding) => finding.cause)
    expect(causes.includes(cause)).toBe(produced)
    expect(causes).toEqual(causeNames.filter((name) => causes.includes(name)))
    // What `causes:` in the configuration may name.
    const unlisted = verdict.findings.filter(
      ({ cause, detail }) => detail !== undefined && details[cause]?.includes(detail) !== true,
    )
    expect(unlisted).toEqual([])
    for (const text of verdict.findings.flatMap(({ message, fix }) => [message, fix])) {
      expect(text).toMatch(/^[^\p{Cc}\p{Cf}]{1,480}$/u)
      expect(text).not.toMatch(/canary|undefined|\[object|\[redacted\]|NaN/)
    }
    expect(verdictOf(given)).toEqual(verdict)
  },
)

// Every word of every row. After a change that is meant: `vitest run test/unit/verdict -u`, and read the difference.
test('what is said', async () => {
  const texts = rows.map(({ cause, produced, name, given }) =>
    [`## ${produced ? '' : 'not '}${cause}: ${name}`, ...wordsOf(verdictOf(given))].join('\n'),
  )
  await expect(`${texts.join('\n\n')}\n`).toMatchFileSnapshot('causes.golden.txt')
})
