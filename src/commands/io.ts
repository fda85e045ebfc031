import type { Terminal } from '../edges/cli/index.ts'

/** What a command may touch of the process that runs it. */
export interface Io {
  readonly version: string
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadableStream
  readonly out: Terminal
  readonly err: Terminal
  /** Fires on SIGINT and SIGTERM. */
  readonly stopped: AbortSignal
}

/** Misuse or broken set-up: one line on standard error, exit code 2. */
export class CommandError extends Error {}
