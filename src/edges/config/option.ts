import type { Command } from './config.ts'
import type { ValueKind } from './value-kinds.ts'

/** One thing that a user may say. Parsing, help and the reference are all made from the table of these. */
export interface Option<T = unknown> {
  /** Without its dashes; absent for what only the file says. */
  readonly flag?: string
  readonly short?: string
  /** The variable, where it is not the flag's name behind `PULLABLE_`. */
  readonly variable?: string
  /** Its path in the file; absent where the file cannot say it. */
  readonly key?: string
  readonly commands: readonly Command[]
  readonly kind: ValueKind<T>
  /** `list`: repeated, or separated by commas. In the file only: `map`, by cause or by `keys`; `exempt`, a list of names, each with a reason or none; `kinds`, a list of presets and custom kinds. */
  readonly shape: 'one' | 'list' | 'map' | 'exempt' | 'kinds'
  /** What the keys of a map are; absent: causes. */
  readonly keys?: ValueKind<string>
  /** As it is written, for help and the reference. */
  readonly fallback?: string
  readonly about: string
}

interface Row {
  readonly flag?: string
  readonly short?: string
  readonly variable?: string
  readonly key?: string
  readonly fallback?: string
  readonly shape?: Option['shape']
  readonly keys?: ValueKind<string>
}

export function option<T>(commands: readonly Command[], row: Row, kind: ValueKind<T>, about: string): Option<T> {
  return { shape: 'one', ...row, commands, kind, about }
}
