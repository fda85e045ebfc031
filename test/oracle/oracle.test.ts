// The whole of the oracle: the product and a real kubelet judge every scenario (npm run oracle).
import { beforeAll, describe, expect, it } from 'vitest'
import { askAgain } from './changes/ask.ts'
import type { AskedAgain } from './changes/ask.ts'
import { loadChanges } from './changes/change.ts'
import { sightsOf } from './changes/sight.ts'
import type { Sight } from './changes/sight.ts'
import { fidelityOf, readFidelity } from './fidelity-file.ts'
import { problemsOf } from './grade.ts'
import type { Row } from './grade.ts'
import { loadScenarios } from './load.ts'
import { countOf } from './report.ts'
import { runOracle } from './run.ts'
import type { Ask } from './run.ts'

/** The programs of the lab may have to be built. */
const RUN_MS = 45 * 60_000

const scenarios = loadScenarios()
const changes = loadChanges()
let rows: readonly Row[] = []
let sights: readonly Sight[] = []

beforeAll(async () => {
  const say = (line: string): void => console.log(line)
  let again: AskedAgain = { unchanged: new Map(), changed: [] }
  const before = async (ask: Ask): Promise<void> => {
    again = await askAgain(changes, scenarios, ask, say)
  }
  rows = await runOracle({ scenarios, say, before })
  sights = sightsOf(rows, again)
}, RUN_MS)

describe('the product and the kubelet agree on', () => {
  for (const { group, scenario } of scenarios) {
    it(`${group}: ${scenario.name}: ${scenario.mechanism}`, () => {
      const row = rows.find((each) => each.scenario.name === scenario.name)
      expect(row, 'it was judged').toBeDefined()
      if (row === undefined) return
      expect({ problems: problemsOf(row), node: row.observed.message, we: row.answer.checked.message }).toMatchObject({
        problems: [],
      })
    })
  }
})

describe('a row turns red where', () => {
  for (const change of changes) {
    it(change.breaks, () => {
      const sight = sights.find((each) => each.change.name === change.name)
      expect(sight?.unseen).toEqual([])
      expect(sight?.red.map(({ name }) => name)).toEqual(expect.arrayContaining([...change.caught]))
    })
  }
})

it('denies nothing that runs, and misses nothing that fails', () => {
  expect({ denied: countOf(rows, 'false denial'), missed: countOf(rows, 'miss') }).toEqual({ denied: 0, missed: 0 })
})

it('has docs/fidelity.md say what this run found', async () => {
  expect(readFidelity()).toBe(await fidelityOf(rows))
})
