// A cluster for people: `npm run lab -- --help`.
import { findPrograms } from './programs.ts'
import { startLab } from './cluster.ts'
import { stopLab, tidyUp } from './state.ts'
import { usage } from './usage.ts'

const HELP = `A real cluster on this Linux machine, with registries in several moods. Wants root.

npm run lab             builds its programs where they are missing, brings it up, and keeps it until Ctrl-C
npm run lab -- down     takes it down, whoever started it, with all that it or a crash has left
npm run lab -- tidy     takes down only what a crash has left, and fails where a lab is up
npm run lab -- build    only builds the programs; wants no root

test/lab/install brings what it needs of Debian's. docs/lab.md says more.
`

async function main(args: readonly string[]): Promise<number> {
  const [command = 'up', ...rest] = args
  if (rest.length > 0) return misused()
  switch (command) {
    case 'up':
      return up()
    case 'down':
      await stopLab()
      console.log('nothing of the lab is left')
      return 0
    case 'tidy':
      await tidyUp()
      return 0
    case 'build':
      await findPrograms(say)
      return 0
    case '--help':
    case '-h':
      console.log(HELP.trimEnd())
      return 0
    default:
      return misused()
  }
}

function misused(): number {
  console.error(HELP.trimEnd())
  return 2
}

async function up(): Promise<number> {
  // Ctrl-C ends a build at once; only a lab is to be taken down in order.
  await findPrograms(say)
  const asked = Promise.withResolvers<undefined>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => asked.resolve(undefined))
  const start = performance.now()
  const lab = await startLab({ services: true, say })
  console.log(`up in ${String(Math.round((performance.now() - start) / 1000))} s\n\n${await usage(lab)}`)
  await asked.promise
  console.log('taking it down')
  await lab.stop()
  return 0
}

function say(line: string): void {
  console.log(line)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
