#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { CommandError } from './commands/io.ts'
import type { Io } from './commands/io.ts'
import { loadConfig, misspeltCommand, programHelp } from './edges/config/index.ts'
import type { Command, Config, ConfigReading } from './edges/config/index.ts'

const MISUSE = 2

/** Each command is loaded once it is known to run, and only then. */
const commands: Readonly<Record<Command, () => Promise<(config: Config, io: Io) => Promise<number>>>> = {
  check: async () => (await import('./commands/check.ts')).check,
  serve: async () => (await import('./commands/serve.ts')).serve,
  audit: async () => (await import('./commands/audit.ts')).audit,
  demo: async () => (await import('./commands/demo.ts')).demo,
}

async function main([word = '', ...argv]: readonly string[]): Promise<number> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 22 || (major === 22 && minor < 19)) {
    throw new CommandError(`Node.js 22.19 or newer is needed, and this is ${process.versions.node}`)
  }
  if (word === '') {
    process.stderr.write(programHelp())
    return MISUSE
  }
  if (word === '--help' || word === '-h' || word === 'help') return say(programHelp())
  if (word === '--version' || word === '-V') return say(`${version()}\n`)
  if (!isCommand(word)) throw new CommandError(misspeltCommand(word))
  const files: { readonly path: string; readonly text: string }[] = []
  const load = (): Promise<ConfigReading> =>
    loadConfig({
      command: word,
      argv,
      env: process.env,
      async readFile(path) {
        const text = await readFile(path, 'utf8')
        if (files.length === 0) files.push({ path, text })
        return text
      },
    })
  const reading = await load()
  const [file] = files
  if (reading.kind === 'misuse') throw new CommandError(reading.message)
  if (reading.kind === 'help') return say(reading.text)
  const run = await commands[word]()
  return run(reading.config, {
    version: version(),
    env: process.env,
    stdin: process.stdin,
    out: process.stdout,
    err: process.stderr,
    untilStopped,
    configSource: file && { text: file.text, read: () => readFile(file.path, 'utf8'), load },
  })
}

function isCommand(word: string): word is Command {
  return Object.hasOwn(commands, word)
}

function say(text: string): number {
  process.stdout.write(text)
  return 0
}

function version(): string {
  const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(file) as { version: string }).version
}

/** From here on SIGINT and SIGTERM fire the signal, instead of ending the process; so does a reader that goes away. */
function untilStopped(): AbortSignal {
  const stop = new AbortController()
  process.stdout.once('error', () => stop.abort())
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  return stop.signal
}

// A reader that goes away (`pullable check | head`) is no error of ours, and what was found still says how we exit. A report that could
// not be written, because a disk is full, must not end like one that was.
process.stdout.on('error', () => undefined)
process.stdout.once('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') return
  process.stderr.write(`pullable: cannot write to standard output: ${code}\n`)
  process.once('exit', () => {
    process.exitCode = MISUSE
  })
})
process.stderr.on('error', () => undefined)

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  // A fault of ours must not end with 1, which says that something was denied.
  const fault = error instanceof Error ? (error.stack ?? error.name) : 'not an error'
  process.stderr.write(`pullable: ${error instanceof CommandError ? error.message : `a fault of its own: ${fault}`}\n`)
  process.exitCode = MISUSE
}
