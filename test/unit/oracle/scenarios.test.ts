// The scenario files hold what the oracle is to be asked. Needs no lab.
import { expect, it } from 'vitest'
import { causes } from '../../../src/engine/verdict/index.ts'
import { loadScenarios } from '../../oracle/load.ts'
import type { Scenario } from '../../oracle/schema.ts'

const scenarios = loadScenarios().map(({ scenario }) => scenario)

const TRANSIENT = ['rate-limited', 'registry-unreachable', 'registry-error', 'deadline']

it('has enough of each kind, and each once', () => {
  const ending = (...ends: readonly string[]): number =>
    scenarios.filter(({ expect }) => ends.includes(expect.node)).length
  expect(scenarios.length).toBeGreaterThanOrEqual(150)
  expect(ending('runs')).toBeGreaterThanOrEqual(50)
  expect(ending('pull-fails', 'crashes')).toBeGreaterThanOrEqual(70)
  expect(twice(({ name }) => name)).toEqual([])
  expect(twice(({ expect: { cause }, mechanism }) => `${String(cause)}: ${mechanism}`)).toEqual([])
})

it('leaves few open, and each that fails says why', () => {
  const open = scenarios.filter(({ expect: { cause } }) => cause !== null && causes[cause].class === 'undetermined')
  const unexcepted = open.filter(({ exception }) => exception === undefined)
  expect(unexcepted.length).toBeLessThanOrEqual(
    scenarios.filter(({ exception }) => exception === undefined).length / 10,
  )
  const misses = unexcepted.filter(({ expect: { node } }) => node === 'pull-fails' || node === 'crashes')
  expect(misses.map(({ name }) => name)).toEqual([])
})

it('calls transient what is, and makes no exception of what was known', () => {
  const wrong = scenarios.filter(({ exception, expect: { cause } }) => {
    if (exception === undefined) return false
    if (exception === 'transient') return cause === null || !TRANSIENT.includes(cause)
    return cause !== null && causes[cause].class === 'failing'
  })
  expect(wrong.map(({ name }) => name)).toEqual([])
})

/** What more than one scenario has. */
function twice(keyOf: (scenario: Scenario) => string): readonly string[] {
  const keys = scenarios.map(keyOf)
  return keys.filter((key, at) => keys.indexOf(key) !== at)
}
