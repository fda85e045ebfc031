import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { EXIT, runCheck, styleFor, wantsColour } from '../../../src/edges/cli/index.ts'
import type { CheckTask } from '../../../src/edges/cli/index.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

interface Fake {
  readonly isTTY: boolean
  readonly columns: number
  text: string
  write(text: string): void
}

function terminal(isTTY: boolean): Fake {
  return {
    isTTY,
    columns: 80,
    text: '',
    write(text) {
      this.text += text
    },
  }
}

const SLOW_MS = 1000

/** Three objects, of which each takes a second longer than the one before. */
const slow: CheckTask = {
  objects: [1, 2, 3].map((document) => ({ source: 'p.yaml', document, line: 1, object: {} })),
  problems: [],
  skipped: 0,
  review: ({ document }) =>
    new Promise((resolve) => {
      setTimeout(() => resolve({ kind: 'not-a-workload' }), document * SLOW_MS)
    }),
}

async function progressOn(err: Fake, ms: number): Promise<string> {
  const out = terminal(false)
  const output = { out, err, format: 'text', color: 'auto', quiet: false, failOn: 'denied', env: {} } as const
  const code = runCheck(slow, output)
  await vi.advanceTimersByTimeAsync(ms)
  const seen = err.text
  await vi.advanceTimersByTimeAsync(3 * SLOW_MS)
  expect([await code, out.text]).toEqual([EXIT.admitted, '0 objects: 0 denied, 0 warned, 0 allowed\n'])
  return seen
}

const line = (count: number): string => `\r\u001b[Kchecking ${String(count)}/3`

it('counts up on a terminal once it takes a while, and takes its line away', async () => {
  const err = terminal(true)
  expect(await progressOn(err, 250)).toBe('')
  const drawn = err.text.split('\r').map((each) => `\r${each}`)
  expect([...new Set(drawn)]).toEqual(['\r', line(0), line(1), line(2), '\r\u001b[K'])
  expect(err.text.endsWith('\r\u001b[K')).toBe(true)
})

it('is silent in a pipe', async () => {
  const err = terminal(false)
  expect(await progressOn(err, 2500)).toBe('')
  expect(err.text).toBe('')
})

it.each([
  [true, 'auto', {}, true],
  [true, 'auto', { NO_COLOR: '1' }, false],
  [true, 'auto', { NO_COLOR: '' }, true],
  [true, 'auto', { TERM: 'dumb' }, false],
  [false, 'auto', { FORCE_COLOR: '1' }, false],
  [false, 'always', { NO_COLOR: '1' }, true],
  [true, 'never', {}, false],
] as const)('colour on a terminal (%s) with --color %s and %j: %s', (isTTY, choice, env, wanted) => {
  expect(wantsColour(terminal(isTTY), choice, env)).toBe(wanted)
  expect(styleFor(wanted).red('x')).toBe(wanted ? '\u001b[31mx\u001b[39m' : 'x')
})
