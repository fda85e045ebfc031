import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'

const SCRIPT = join(import.meta.dirname, '../../../scripts/tiers.ts')

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pullable-totals-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** The runner's end and what it printed, on a machine where PATH leads nowhere. */
function tiers(...args: readonly string[]): { status: number | null; out: string; err: string } {
  const env = { ...process.env, PATH: folder, TIER_RESULTS: folder }
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { env })
  return { status, out: stdout.toString(), err: stderr.toString() }
}

function leave(tier: string, passed: number, skipped = 0): void {
  const report = {
    numPassedTests: passed,
    numFailedTests: 0,
    numPendingTests: skipped,
    numTodoTests: 0,
    testResults: [],
  }
  writeFileSync(join(folder, `${tier}.json`), JSON.stringify(report))
}

it('names the tiers where one is misspelt', () => {
  expect(tiers('regisrty')).toEqual({
    status: 2,
    out: '',
    err: 'no tier regisrty: there are unit, wire, cli, server, registry, manifests, image, lab, oracle, e2e\n',
  })
})

it('fails, and says why, where a tier that was asked for cannot run', () => {
  const { status, out } = tiers('registry')
  expect(status).toBe(1)
  expect(out).toMatch(/registry: .*cannot run: docker-registry, skopeo, umoci, .*test\/registry\/tools\/install/)
  expect(tiers('lab').out).toMatch(/lab: .*cannot run: etcd, .*test\/lab\/install/)
})

it('adds up, and fails where a tier was left out or a test skipped', () => {
  for (const tier of ['unit', 'wire', 'cli', 'server', 'manifests', 'image', 'lab', 'oracle', 'e2e']) leave(tier, 2)
  expect(tiers('--totals', folder)).toEqual({
    status: 1,
    out: 'registry: was left out\n18 passed, 0 failed, 0 skipped\n',
    err: '',
  })
  leave('registry', 3, 1)
  expect(tiers('--totals', folder).out).toBe('registry: 1 skipped\n21 passed, 0 failed, 1 skipped\n')
  leave('registry', 3)
  expect(tiers('--totals', folder)).toEqual({ status: 0, out: '21 passed, 0 failed, 0 skipped\n', err: '' })
})
