import type { Terminal } from '../edges/cli/index.ts'
import type { ConfigSource } from './watch-config.ts'

/** What a command may touch of the process that runs it. */
export interface Io {
  readonly version: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: AsyncIterable<Uint8Array | string>
  readonly out: Terminal
  readonly err: Terminal
  /** The configuration file, where there is one, for commands that go on. */
  readonly configSource?: ConfigSource | undefined
  /** For commands that go on until they are told to stop: fires on SIGINT and SIGTERM. */
  readonly untilStopped: () => AbortSignal
}

/** Misuse or broken set-up: one line on standard error, exit code 2. */
export class CommandError extends Error {}
