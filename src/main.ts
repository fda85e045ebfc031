#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import type { Io } from './commands/io.ts'

const MISUSE = 2

/** Each command is loaded when it is asked for, and only then. */
const commands: Readonly<Record<string, () => Promise<(io: Io) => Promise<number>>>> = {
  check: async () => (await import('./commands/check.ts')).check,
  serve: async () => (await import('./commands/serve.ts')).serve,
  demo: async () => (await import('./commands/demo.ts')).demo,
}

async function main([command = '', ...argv]: readonly string[]): Promise<number> {
  if (command === '' || command === '--help' || command === '-h' || command === 'help') {
    const { programHelp } = await import('./edges/config/index.ts')
    ;(command === '' ? process.stderr : process.stdout).write(programHelp())
    return command === '' ? MISUSE : 0
  }
  if (command === '--version' || command === '-V') {
    process.stdout.write(`${version()}\n`)
    return 0
  }
  const load = Object.hasOwn(commands, command) ? commands[command] : undefined
  if (load === undefined) {
    const { misspeltCommand } = await import('./edges/config/index.ts')
    return misuse(misspeltCommand(command))
  }
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const run = await load()
  return run({
    version: version(),
    argv,
    env: process.env,
    stdin: process.stdin,
    out: process.stdout,
    err: process.stderr,
    stopped: stop.signal,
  })
}

function version(): string {
  const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(file) as { version: string }).version
}

function misuse(message: string): number {
  process.stderr.write(`pullable: ${message}\n`)
  return MISUSE
}

// A reader that goes away (`pullable check | head`) is no error of ours.
process.stdout.on('error', () => process.exit())

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const { CommandError } = await import('./commands/io.ts')
  if (!(error instanceof CommandError)) throw error
  process.exitCode = misuse(error.message)
}
