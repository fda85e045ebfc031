import { spawnSync } from 'node:child_process'

const RUNS = 11

/** Milliseconds from start to end, the median of several runs. */
export function benchStartUp(): { readonly help: number; readonly nothing: number } {
  return { help: median(['dist/main.js', '--help']), nothing: median(['-e', '0']) }
}

function median(args: readonly string[]): number {
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now()
    const { status } = spawnSync(process.execPath, args)
    if (status !== 0) throw new Error(`bench: node ${args.join(' ')} ended with ${String(status)}`)
    return performance.now() - start
  })
  return times.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0
}
