import { quoted } from '../../base/text.ts'
import type { ValueKind } from './value-kinds.ts'

export type ScalarReading<T> =
  | { readonly kind: 'read'; readonly value: T }
  /** `"x" is not a duration, such as 10s`; fit to print. */
  | { readonly kind: 'refused'; readonly message: string }

/** One value of the file: text, a number or true and false are all read as they are written. */
export function readScalar<T>(value: unknown, kind: ValueKind<T>): ScalarReading<T> {
  const read = isScalar(value) ? kind.read(String(value)) : undefined
  if (read !== undefined) return { kind: 'read', value: read }
  return { kind: 'refused', message: `${typeOf(value)} is not ${kind.accepts}` }
}

/** What stands in the file where something else belongs. */
export function typeOf(value: unknown): string {
  if (isScalar(value)) return quoted(String(value), 80)
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' && value !== null ? 'a map' : 'nothing'
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
