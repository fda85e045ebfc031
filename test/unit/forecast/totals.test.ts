import { describe, expect, it } from 'vitest'
import {
  addTotals,
  adviceOf,
  answerOf,
  isEmpty,
  noResults,
  noTotals,
  readTotals,
  totalsText,
} from '../../../src/engine/forecast/index.ts'
import type { ForecastRow, Totals } from '../../../src/engine/forecast/index.ts'
import { auditReport, auditSummary, auditText } from '../../../src/engine/report/index.ts'

const rowOf = (cause: string, host: string, counts: Partial<typeof noResults>): ForecastRow => ({
  cause,
  host,
  outcome: 'failing',
  results: { ...noResults, ...counts },
})

const AT = Date.UTC(2026, 10, 14, 8)
const DAY = 86_400_000

function totalsOf(judged: number, pods: Partial<typeof noResults>, rows: readonly ForecastRow[] = []): Totals {
  return { from: AT, to: AT + DAY, judged, pods: { ...noResults, ...pods }, rows }
}

describe('totals', () => {
  it('of two replicas are one', () => {
    const a = totalsOf(3, { right: 1 }, [rowOf('manifest-unknown', 'a', { right: 1 }), rowOf('access-denied', 'a', {})])
    const b = { ...totalsOf(2, { wrong: 1 }, [rowOf('manifest-unknown', 'a', { wrong: 1 })]), from: AT - 1, to: AT }
    expect(addTotals(a, b)).toEqual({
      from: AT - 1,
      to: AT + DAY,
      judged: 5,
      pods: { right: 1, wrong: 1, unproved: 0, unknown: 0 },
      rows: [rowOf('access-denied', 'a', {}), rowOf('manifest-unknown', 'a', { right: 1, wrong: 1 })],
    })
    expect([addTotals(a, noTotals), addTotals(noTotals, a)]).toEqual([a, a])
    expect([isEmpty(noTotals), isEmpty(a)]).toEqual([true, false])
  })

  it('are bounded: from some hundreds on, registries are other', () => {
    let all: Totals = noTotals
    for (let at = 0; at < 1_000; at++)
      all = addTotals(all, totalsOf(0, {}, [rowOf('access-denied', `h${at}`, { right: 1 })]))
    expect(all.rows.length).toBe(401)
    expect(all.rows.find(({ host }) => host === 'other')?.results.right).toBe(600)
    expect(totalsText(all).length).toBeLessThan(64 * 1024)
  })

  it('are read as they were written', () => {
    const totals = totalsOf(7, { right: 2 }, [rowOf('manifest-unknown', '[::1]:5000', { right: 2 })])
    expect(readTotals(totalsText(totals))).toEqual(totals)
  })

  it.each([
    ['nothing', '', undefined],
    ['no JSON', '{', undefined],
    ['no object', 'null', undefined],
    ['a list', '[]', undefined],
    ['no counts', '{"judged":3}', undefined],
    ['foul counts', '{"judged":-1,"pods":{"right":"7","wrong":1.5,"unknown":1e300,"__proto__":3}}', noTotals],
    [
      'foul rows',
      '{"pods":{},"rows":[null,7,{"cause":"Über","host":"a"},{"cause":"a","host":"x y"},{"cause":"a","host":"a","outcome":"deny"}]}',
      noTotals,
    ],
  ])('are read from %s', (_, text, totals) => {
    expect(readTotals(text)).toEqual(totals)
  })
})

it.each([
  ['nothing yet', noTotals, 'too-few'],
  ['enough, and none denied', totalsOf(100, {}), 'safe'],
  ['enough, all right', totalsOf(100, { right: 3, unknown: 3 }), 'safe'],
  ['too few, all right', totalsOf(99, { right: 3 }), 'too-few'],
  ['most were not seen', totalsOf(100, { right: 3, unknown: 4 }), 'too-few'],
  ['one ran from what its node had', totalsOf(100, { right: 3, unproved: 1 }), 'unproved'],
  ['one was wrong', totalsOf(3, { right: 3, unproved: 1, wrong: 1 }), 'wrong'],
])('the answer to %s', (_, totals, answer) => {
  expect(answerOf(totals, 100)).toBe(answer)
})

const learned = totalsOf(1204, { right: 9, wrong: 3, unproved: 1, unknown: 2 }, [
  rowOf('access-denied', 'registry.example', { right: 1, wrong: 2 }),
  rowOf('manifest-unknown', 'docker.io', { right: 8 }),
  rowOf('manifest-unknown', 'mirror.example:5000', { wrong: 1 }),
  rowOf('platform-mismatch', 'other', { unproved: 1, unknown: 2 }),
])

const plain = { bold: same, dim: same, red: same, yellow: same, green: same }
function same(text: string): string {
  return text
}

const words = { least: 100, anew: 'kubectl delete it' }

describe('the report', () => {
  it('says what to configure first', () => {
    expect(auditText(learned, words, plain))
      .toBe(`Since 2026-11-14T08:00:00Z: 1204 pods judged, 15 would have been denied:
       9  failed to start, as was said
       3  started all the same: their nodes know more
       1  started, but from an image that their node had, or after a first failure: that proves nothing
       2  were not seen to their end

Not yet: 3 pods would have been denied and started. Configure first:
  registry.example (access-denied, 2 images): its nodes hold credentials for it: add registry.example to nodes.credentials
  mirror.example:5000 (manifest-unknown, 1 image): its nodes have a mirror of it: give their certs.d as nodes.hostsDir
After that, start counting anew: kubectl delete it
`)
  })

  it.each([
    ['nothing', noTotals, 'Too few yet: 100 pods are to be judged before an answer (--least).'],
    ['nothing denied', totalsOf(100, {}), 'Safe to enforce: nothing would have been denied.'],
    ['all right', totalsOf(100, { right: 1 }), 'Safe to enforce: what would have been denied failed to start.'],
    [
      'not seen',
      totalsOf(100, { unknown: 1 }),
      'Too few yet: of 1 pod nobody saw what became of them; the log says why',
    ],
    ['not proved', totalsOf(100, { unproved: 1 }), 'Not proved: 1 pod would have been denied and started from what'],
  ])('of %s', (_, totals, text) => {
    expect(auditText(totals, words, plain)).toContain(`\n\n${text}`)
  })

  it('is one line for helm', () => {
    expect(auditSummary(learned)).toBe(
      '1204 pods judged, 15 would have been denied: 9 failed to start, 3 started, 1 started from what their node had, 2 unknown',
    )
  })

  it('is one object for scripts', () => {
    expect(auditReport(learned, 100)).toEqual({
      apiVersion: 'pullable.dev/v1',
      kind: 'AuditReport',
      answer: 'wrong',
      from: '2026-11-14T08:00:00Z',
      to: '2026-11-15T08:00:00Z',
      pods: { judged: 1204, wouldBeDenied: 15, right: 9, wrong: 3, unproved: 1, unknown: 2 },
      configureFirst: adviceOf(learned),
      images: learned.rows,
    })
    expect(auditReport({ ...noTotals, from: 1e17, to: 1e17 }, 100)).toMatchObject({ from: null, to: null })
  })
})
