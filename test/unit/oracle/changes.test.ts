import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { transpileModule } from 'typescript'
import { describe, expect, it } from 'vitest'
import type { AskedAgain } from '../../oracle/changes/ask.ts'
import { changedSource, loadChanges } from '../../oracle/changes/change.ts'
import type { Change } from '../../oracle/changes/change.ts'
import { mustApply } from '../../oracle/changes/copy.ts'
import { linesOf, sightsOf } from '../../oracle/changes/sight.ts'
import type { Row } from '../../oracle/grade.ts'
import { loadScenarios } from '../../oracle/load.ts'
import type { Answer } from '../../oracle/product.ts'

const changes = loadChanges()

describe('changes that break the product', () => {
  it('are as many as the oracle is to see, and all different', () => {
    expect(changes.length).toBeGreaterThanOrEqual(15)
    expect(new Set(changes.map(({ name }) => name)).size).toBe(changes.length)
    expect(new Set(changes.map(({ breaks }) => breaks)).size).toBe(changes.length)
  })

  it.each(changes)('$name can be made once', (change) => {
    expect(() => mustApply([change])).not.toThrow()
  })

  it('name rows that there are, and that are the same each time', () => {
    const names = loadScenarios()
      .filter(({ scenario }) => scenario.exception !== 'transient')
      .map(({ scenario }) => scenario.name)
    expect(changes.flatMap(({ caught }) => caught).filter((name) => !names.includes(name))).toEqual([])
  })

  it.each(changes)('$name leaves a source that can be read', (change) => {
    const source = readFileSync(join(import.meta.dirname, '../../../src', change.file), 'utf8')
    const { diagnostics } = transpileModule(changedSource(source, change), { reportDiagnostics: true })
    expect(diagnostics?.map(({ messageText }) => messageText)).toEqual([])
  })
})

const change: Change = {
  name: 'a-change',
  breaks: 'the sum is wrong',
  file: 'engine/sum/sum.ts',
  find: 'a + b',
  replace: 'a - b',
  caught: ['one', 'two'],
}

describe('a change', () => {
  it('replaces its text, whatever is in the new one', () => {
    expect(changedSource('return a + b', { ...change, replace: '$& $1' })).toBe('return $& $1')
  })

  it.each([
    { source: 'return b + a', times: 0 },
    { source: 'a + b, a + b', times: 2 },
  ])('cannot be made where its text is there $times times', ({ source, times }) => {
    const message = `a-change: src/engine/sum/sum.ts has what it replaces ${String(times)} times, and not once`
    expect(() => changedSource(source, change)).toThrow(message)
  })
})

describe('what rows see', () => {
  const rows = [row('one', 'runs', 'pullable'), row('two', 'runs', 'pullable'), row('red', 'pull-fails', 'pullable')]
  const good = answer('pullable')
  const bad = answer('failing')
  const unchanged = new Map([
    ['one', good],
    ['two', good],
    ['red', good],
  ])
  const asked = (one: Answer, two: Answer, before = unchanged): AskedAgain => ({
    unchanged: before,
    changed: [{ change, answers: new Map([...unchanged, ['one', one], ['two', two], ['red', bad]]) }],
  })

  it.each([
    { name: 'both', again: asked(bad, bad), red: ['one', 'two'], unseen: [] },
    { name: 'one of two', again: asked(bad, good), red: ['one'], unseen: ['two'] },
    { name: 'none', again: asked(good, good), red: [], unseen: ['one', 'two'] },
    {
      name: 'one that is red without the change',
      again: asked(bad, bad, new Map([...unchanged, ['two', bad]])),
      red: ['one'],
      unseen: ['two'],
    },
  ])('$name', ({ again, red, unseen }) => {
    const [sight] = sightsOf(rows, again)
    expect(sight?.red).toEqual(red.map((name) => ({ name, problem: 'false denial' })))
    expect(sight?.unseen).toEqual(unseen)
  })

  it('is told row by row', () => {
    expect(sightsOf(rows, asked(bad, good)).flatMap(linesOf)).toEqual([
      'RED  a-change: the sum is wrong: 1 red',
      '       one: false denial',
      '       two does not see it',
    ])
  })

  it('is not asked of scenarios that are not judged', () => {
    expect(sightsOf(rows.slice(0, 1), asked(bad, good)).map(({ unseen }) => unseen)).toEqual([[]])
  })
})

function answer(verdict: string): Answer {
  const said = { verdict, denied: verdict === 'failing', findings: [] }
  return { served: said, checked: { ...said, cause: null, detail: null, message: null } }
}

function row(name: string, outcome: 'runs' | 'pull-fails', verdict: string): Row {
  const scenario = { name, mechanism: 'of no matter', input: '', expect: { node: outcome, cause: null } }
  return { group: 'sums', scenario, answer: answer(verdict), observed: { outcome, reason: '', message: '' } }
}
