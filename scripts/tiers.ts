// Runs the tests by tier. `npm test` is this without arguments: every tier that needs only what npm brings, and then
// the name of each that was left out. `.ci/run` calls it again for the others, and last with --totals.
//
//   node scripts/tiers.ts                  the tiers that need only npm
//   node scripts/tiers.ts registry         these tiers, whatever they need
//   node scripts/tiers.ts --totals DIR     adds up what the runs with TIER_RESULTS=DIR left there
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IMAGE_TOOLS } from '../test/image/buildah.ts'
import { LAB_TOOLS } from '../test/lab/needs.ts'
import { missingTools } from '../test/support/tools.ts'
import { addUp, countsOf, shortfalls, totalsLine } from './totals.ts'
import type { Counts } from './totals.ts'

interface Tier {
  readonly name: string
  readonly paths: readonly string[]
  /** It runs the built command. */
  readonly built?: boolean
  /** Programs that npm does not bring. */
  readonly tools: readonly string[]
  /** What brings them. */
  readonly install?: string
  /** It changes the machine. */
  readonly root?: boolean
}

const programs = { tools: ['helm', 'kubeconform'], install: 'test/manifests/programs/install' }
const lab = { built: true, tools: LAB_TOOLS, install: 'test/lab/install', root: true }

const tiers: readonly Tier[] = [
  { name: 'unit', paths: ['test/rooms.test.ts', 'test/unit/'], tools: [] },
  { name: 'wire', paths: ['test/wire/'], tools: [] },
  { name: 'cli', paths: ['test/cli/'], built: true, tools: [] },
  { name: 'server', paths: ['test/server/'], tools: [] },
  {
    name: 'registry',
    paths: ['test/registry/'],
    built: true,
    tools: ['docker-registry', 'skopeo', 'umoci', 'htpasswd', 'busybox', 'crane'],
    install: 'test/registry/tools/install',
  },
  {
    name: 'manifests',
    paths: ['test/manifests/'],
    ...programs,
  },
  {
    name: 'image',
    paths: ['test/image/'],
    tools: IMAGE_TOOLS,
    install: 'test/image/install',
    root: true,
  },
  { name: 'lab', paths: ['test/lab/'], ...lab },
  { name: 'oracle', paths: ['test/oracle/'], ...lab },
  {
    name: 'e2e',
    paths: ['test/e2e/'],
    ...lab,
    tools: [...new Set([...LAB_TOOLS, ...IMAGE_TOOLS, ...programs.tools])],
    install: `${lab.install}, ${programs.install} and test/image/install`,
  },
]

function main(args: readonly string[]): number {
  if (args[0] === '--totals') return printTotals(args[1] ?? '')
  const unknown = args.filter((name) => !tiers.some((tier) => tier.name === name))
  if (unknown.length > 0) {
    console.error(`no tier ${unknown.join(', ')}: there are ${tiers.map((tier) => tier.name).join(', ')}`)
    return 2
  }
  const chosen = tiers.filter((tier) => (args.length > 0 ? args.includes(tier.name) : tier.tools.length === 0))
  const kept = process.env['TIER_RESULTS']
  const results = kept ?? mkdtempSync(join(tmpdir(), 'pullable-tiers-'))
  mkdirSync(results, { recursive: true })
  try {
    return runTiers(chosen, results, args.length === 0)
  } finally {
    if (kept === undefined) rmSync(results, { recursive: true })
  }
}

function runTiers(chosen: readonly Tier[], results: string, nameTheRest: boolean): number {
  const failed: string[] = []
  if (chosen.some((tier) => tier.built) && !run('npm', ['run', '--silent', 'build'])) {
    console.error('the build failed: its tiers test what was built before, if anything')
    failed.push('build')
  }
  const lines: string[] = []
  for (const tier of chosen) {
    const problem = runTier(tier, results)
    const counts = read(results, tier)
    if (problem !== undefined) failed.push(tier.name)
    lines.push(`${tier.name}: ${counts === undefined ? '' : totalsLine(counts)}${problem ? ` (${problem})` : ''}`)
  }
  console.log(`\n${lines.join('\n')}`)
  for (const tier of nameTheRest ? tiers.filter((each) => !chosen.includes(each)) : []) {
    const needs = [...tier.tools, ...(tier.root === true ? ['root'] : [])].join(', ')
    console.log(`left out: ${tier.name}: needs ${needs}, which npm does not bring: run .ci/run`)
  }
  if (failed.length > 0) console.error(`failed: ${failed.join(', ')}`)
  return failed.length > 0 ? 1 : 0
}

/** Runs one tier; why it did not pass, or undefined. */
function runTier(tier: Tier, results: string): string | undefined {
  console.log(`\n== tier ${tier.name}`)
  const missing = missingTools(tier.tools)
  if (missing.length > 0) return `cannot run: ${missing.join(', ')} not found: ${tier.install ?? ''} brings them`
  if (tier.root === true && process.getuid?.() !== 0) return 'cannot run: wants root'
  const output = `--outputFile.json=${resultFile(results, tier)}`
  rmSync(resultFile(results, tier), { force: true })
  return run('vitest', ['run', ...tier.paths, '--reporter=default', '--reporter=json', output]) ? undefined : 'failed'
}

function run(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0
}

function printTotals(results: string): number {
  const counts = new Map(tiers.map((tier) => [tier.name, read(results, tier)]))
  const lacking = shortfalls(counts)
  for (const line of lacking) console.log(line)
  console.log(totalsLine(addUp(counts)))
  return lacking.length > 0 ? 1 : 0
}

function read(results: string, tier: Tier): Counts | undefined {
  try {
    return countsOf(JSON.parse(readFileSync(resultFile(results, tier), 'utf8')))
  } catch {
    return undefined
  }
}

function resultFile(results: string, tier: Tier): string {
  return join(results, `${tier.name}.json`)
}

process.exitCode = main(process.argv.slice(2))
