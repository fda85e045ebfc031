import { pino } from 'pino'

import type { Secret } from '../secret.ts'
import { printable } from '../text.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Flat on purpose: an object could bring along a secret that nobody thought of. */
export type LogValue = string | number | boolean | null | undefined | readonly string[] | Secret | Error

export type LogFields = Readonly<Record<string, LogValue>>

/** Nothing but a literal: from warn up the message is constant and the data is fields, so that lines can be counted. */
// What makes a pattern of a literal is that an object without keys can be a record of it.
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type
type Constant<Message extends string> = Record<never, never> extends Record<Message, unknown> ? never : Message

export interface Logger {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn<Message extends string>(fields: LogFields, message: Constant<Message>): void
  error<Message extends string>(fields: LogFields, message: Constant<Message>): void
}

export interface LoggerOptions {
  readonly level: LogLevel | 'silent'
  /** Where the lines go, each with its line feed; else to standard error. */
  readonly stream?: { write(line: string): void }
}

const MAX_TEXT = 512
const MAX_LIST = 32

/** Names under which no value is ever written, whoever passes it. */
const SECRET_NAME = /(?:password|passwd|token|authorization|cookie|privatekey)$/i

/**
 * One JSON object a line: `{"level":"info","time":"2026-01-31T12:00:00.000Z","port":8443,"message":"serving"}`.
 * Text is bounded and on one line; of an error its name, code and place are written, never its message.
 */
export function createLogger({ level, stream = pino.destination(2) }: LoggerOptions): Logger {
  const lines = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  )
  function write(at: LogLevel, fields: LogFields, message: string): void {
    if (lines.isLevelEnabled(at)) lines[at](safeFields(fields), printable(message, MAX_TEXT))
  }
  return {
    debug: (fields, message) => write('debug', fields, message),
    info: (fields, message) => write('info', fields, message),
    warn: (fields, message) => write('warn', fields, message),
    error: (fields, message) => write('error', fields, message),
  }
}

function safeFields(fields: LogFields): Record<string, unknown> {
  const safe: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    safe[name] = SECRET_NAME.test(name) ? '[redacted]' : safeValue(value)
  }
  return safe
}

/** Takes anything: types are no hindrance to a value that came from a cast. */
function safeValue(value: unknown): unknown {
  if (typeof value === 'string') return safeText(value)
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined) return value
  if (value instanceof Error) return safeError(value)
  if (Array.isArray(value)) {
    return value.slice(0, MAX_LIST).map((item: unknown) => (typeof item === 'string' ? safeText(item) : '[redacted]'))
  }
  return '[redacted]'
}

/** What is left of a secret once it is in the middle of a text: an URL's user, and what a header says. */
function safeText(text: string): string {
  return printable(text, MAX_TEXT)
    .replace(/\/\/[^\s/@]*@/g, '//[redacted]@')
    .replace(/\b(basic|bearer) +[\w.~+/=-]+/gi, '$1 [redacted]')
}

function safeError(error: Error): Record<string, unknown> {
  const code: unknown = 'code' in error ? error.code : undefined
  return {
    name: safeText(error.name),
    ...(typeof code === 'string' ? { code: safeText(code) } : {}),
    ...(error.cause instanceof Error ? { cause: safeError(error.cause) } : {}),
    at: frames(error),
  }
}

/** The first lines of the stack that follow the message; none where the message cannot be told from them. */
function frames(error: Error): readonly string[] {
  const { stack, message } = error
  const start = stack?.indexOf(message) ?? -1
  if (stack === undefined || start < 0) return []
  const lines = stack.slice(start + message.length).split('\n')
  return lines.slice(1, 6).map((line) => safeText(line.trim()))
}
