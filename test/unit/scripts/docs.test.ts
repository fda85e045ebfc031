import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { pages } from '../../../scripts/docs/pages.ts'
import { causeNames, details } from '../../../src/engine/verdict/index.ts'
import { causeRows } from '../verdict/cause-rows.ts'
import { verdictOf } from '../verdict/evidence.ts'

const made = await pages()

test('there are pages', () => expect([...made.keys()]).toEqual(['causes.md', 'reference.md']))

test.each([...made])('docs/%s is what the code says (else: npm run docs)', (name, text) => {
  expect(readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8')).toBe(text)
})

test('every cause has its section', () => {
  const headings = made.get('causes.md')?.match(/^## .*$/gm) ?? []
  expect(headings).toEqual([...causeNames, 'Notes'].map((name) => `## ${name}`))
})

test('every detail that is found is told', () => {
  const rows = Object.values(causeRows).flatMap(({ produces, not }) => [...produces, ...not])
  const untold = rows.flatMap(({ given }) =>
    verdictOf(given).findings.filter(
      ({ cause, detail }) => detail !== undefined && details[cause]?.includes(detail) !== true,
    ),
  )
  expect(untold).toEqual([])
})
