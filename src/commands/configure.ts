import { readFile } from 'node:fs/promises'
import { loadConfig } from '../edges/config/index.ts'
import type { Command, Config } from '../edges/config/index.ts'
import type { Io } from './io.ts'
import { CommandError } from './io.ts'

/** The configuration of a command; undefined where `--help` was asked for, which is then printed. */
export async function configure(command: Command, io: Io): Promise<Config | undefined> {
  const reading = await loadConfig({ command, argv: io.argv, env: io.env, readFile: (path) => readFile(path, 'utf8') })
  if (reading.kind === 'misuse') throw new CommandError(reading.message)
  if (reading.kind === 'config') return reading.config
  io.out.write(reading.text)
  return undefined
}
