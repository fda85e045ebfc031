import { z } from 'zod'

/** How many tests of a tier passed, failed and were skipped. A file that could not be loaded is one failure. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const VitestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
})

/** Reads what vitest's JSON reporter wrote; throws where it is no such report. */
export function countsOf(report: unknown): Counts {
  const read = VitestReport.parse(report)
  // A file that throws before its first test has no test to count as failed.
  const unloaded = read.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
  return {
    passed: read.numPassedTests,
    failed: read.numFailedTests + unloaded.length,
    skipped: read.numPendingTests + read.numTodoTests,
  }
}

export function addUp(counts: ReadonlyMap<string, Counts | undefined>): Counts {
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const each of counts.values()) {
    total.passed += each?.passed ?? 0
    total.failed += each?.failed ?? 0
    total.skipped += each?.skipped ?? 0
  }
  return total
}

/** `12 passed, 0 failed, 0 skipped` */
export function totalsLine(counts: Counts): string {
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`
}

/** What keeps a run of all tiers from being complete, one line each: a tier left out counts as a failure, and so does a skipped test. */
export function shortfalls(counts: ReadonlyMap<string, Counts | undefined>): readonly string[] {
  const lines: string[] = []
  for (const [tier, each] of counts) {
    if (each === undefined) lines.push(`${tier}: was left out`)
    else if (each.passed + each.failed === 0) lines.push(`${tier}: ran no test`)
    else if (each.failed > 0) lines.push(`${tier}: ${each.failed} failed`)
    if (each !== undefined && each.skipped > 0) lines.push(`${tier}: ${each.skipped} skipped`)
  }
  return lines
}
