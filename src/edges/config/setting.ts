import { quoted } from '../../base/text.ts'
import type { Option } from './options.ts'

/** What one layer (file, environment, flags) says: by option, its value or, for lists and maps, its values. */
export type Layer = Map<Option, unknown>

/** A mistake of the user's: one line, fit to print. */
export interface Misuse {
  readonly kind: 'misuse'
  readonly message: string
}

export function misuse(message: string): Misuse {
  return { kind: 'misuse', message }
}

/** `"x" is not a duration, such as 10s`. */
export function notAccepted(text: string, option: Option): string {
  return `${quoted(text, 80)} is not ${option.kind.accepts}`
}

/** Puts the text of a flag or variable into the layer. A list takes commas, and adds to what it has. A message where it is not accepted. */
export function set(layer: Layer, option: Option, text: string, where: string): string | undefined {
  if (option.shape === 'one') {
    const value = option.kind.read(text)
    if (value === undefined) return `${where}: ${notAccepted(text, option)}`
    layer.set(option, value)
    return undefined
  }
  const values: unknown[] = [...((layer.get(option) ?? []) as readonly unknown[])]
  for (const part of text.split(',')) {
    const value = option.kind.read(part.trim())
    if (value === undefined) return `${where}: ${notAccepted(part, option)}`
    values.push(value)
  }
  layer.set(option, values)
  return undefined
}
