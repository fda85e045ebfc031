// Reads a document that `jsonSyntaxError` has passed, in place: a pull secret may be a megabyte of which we want a few
// strings, in the order in which they stand and with duplicates, which JSON.parse does not tell.

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'bool' | 'null'

/** A value in a well-formed document: where it begins. */
export interface JsonValue {
  readonly bytes: Uint8Array
  readonly at: number
}

export interface JsonMember {
  readonly key: string
  readonly value: JsonValue
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING: readonly number[] = [0x7b, 0x5b]
const CLOSING: readonly number[] = [0x7d, 0x5d]
const KINDS: Readonly<Record<string, JsonKind>> = {
  '{': 'object',
  '[': 'array',
  '"': 'string',
  t: 'bool',
  f: 'bool',
  n: 'null',
}

/** The whole document, as a value. */
export function jsonDocument(bytes: Uint8Array): JsonValue {
  return { bytes, at: afterSpace(bytes, 0) }
}

export function jsonKind(value: JsonValue): JsonKind {
  return KINDS[String.fromCharCode(value.bytes[value.at] ?? 0)] ?? 'number'
}

/** The members of an object in their order, duplicates included. */
export function* jsonMembers({ bytes, at }: JsonValue): Generator<JsonMember> {
  let next = afterSpace(bytes, at + 1)
  while (bytes[next] === QUOTE) {
    const colon = afterSpace(bytes, afterString(bytes, next))
    const start = afterSpace(bytes, colon + 1)
    yield { key: jsonString({ bytes, at: next }), value: { bytes, at: start } }
    // Behind the value stands a comma, or the closing brace, which ends the loop.
    next = afterSpace(bytes, afterSpace(bytes, afterValue(bytes, start)) + 1)
  }
}

/** A string's text. As in Go, half a surrogate pair and bytes that are no UTF-8 become U+FFFD. */
export function jsonString({ bytes, at }: JsonValue): string {
  const literal = utf8.decode(bytes.subarray(at, afterString(bytes, at)))
  return String(JSON.parse(literal)).toWellFormed()
}

function afterValue(bytes: Uint8Array, at: number): number {
  let depth = 0
  let next = at
  do {
    const byte = bytes[next] ?? 0
    if (byte === QUOTE) next = afterString(bytes, next)
    else if (depth === 0 && !OPENING.includes(byte)) return afterScalar(bytes, next)
    else {
      if (OPENING.includes(byte)) depth++
      if (CLOSING.includes(byte)) depth--
      next++
    }
  } while (depth > 0)
  return next
}

function afterScalar(bytes: Uint8Array, at: number): number {
  let next = at
  while (next < bytes.length && !isSpace(bytes[next]) && bytes[next] !== 0x2c && !CLOSING.includes(bytes[next] ?? 0))
    next++
  return next
}

function afterString(bytes: Uint8Array, at: number): number {
  let next = at + 1
  while (next < bytes.length && bytes[next] !== QUOTE) next += bytes[next] === BACKSLASH ? 2 : 1
  return next + 1
}

function afterSpace(bytes: Uint8Array, at: number): number {
  let next = at
  while (isSpace(bytes[next])) next++
  return next
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d
}
