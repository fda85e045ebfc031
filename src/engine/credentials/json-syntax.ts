// Go's encoding/json checks a whole document before it decodes any of it. This is that check, without recursion.

/** As in Go: one deeper is an error. */
const MAX_DEPTH = 10_000
const END = -1
const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c
const PLUS = 0x2b
const MINUS = 0x2d
const DOT = 0x2e
const ZERO = 0x30
const UPPER_E = 0x45
const LOWER_E = 0x65

const OBJECT = 1
const ARRAY = 2

type Next = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'after'

interface Scan {
  readonly bytes: Uint8Array
  at: number
  /** The containers that are open, outermost first, from index 1. */
  readonly open: Uint8Array
  depth: number
  next: Next
  error: string
}

/** Go's wording of the first thing that is wrong with a JSON document, or undefined where it is well-formed. */
export function jsonSyntaxError(bytes: Uint8Array): string | undefined {
  const scan: Scan = { bytes, at: 0, open: new Uint8Array(MAX_DEPTH + 1), depth: 0, next: 'value', error: '' }
  for (;;) {
    while (isSpace(peek(scan))) scan.at++
    const byte = peek(scan)
    if (scan.next === 'after' && scan.depth === 0 && byte === END) return undefined
    if (!step(scan, byte === END ? '' : String.fromCharCode(byte))) return scan.error
  }
}

/** Takes one mark or one literal; false at the first error. */
function step(scan: Scan, char: string): boolean {
  const inObject = scan.open[scan.depth] === OBJECT
  switch (scan.next) {
    case 'key-or-end':
      if (char === '}') return close(scan)
      return char === '"' ? scanString(scan, 'colon') : fail(scan, 'looking for beginning of object key string')
    case 'key':
      return char === '"' ? scanString(scan, 'colon') : fail(scan, 'looking for beginning of object key string')
    case 'colon':
      return char === ':' ? advance(scan, 'value') : fail(scan, 'after object key')
    case 'after':
      if (scan.depth === 0) return fail(scan, 'after top-level value')
      if (char === (inObject ? '}' : ']')) return close(scan)
      if (char === ',') return advance(scan, inObject ? 'key' : 'value')
      return fail(scan, inObject ? 'after object key:value pair' : 'after array element')
    case 'value-or-end':
      return char === ']' ? close(scan) : scanValue(scan, char)
    case 'value':
      return scanValue(scan, char)
  }
}

function scanValue(scan: Scan, char: string): boolean {
  if (char === '"') return scanString(scan, 'after')
  if (char !== '{' && char !== '[') return scanScalar(scan, char)
  if (scan.depth === MAX_DEPTH) return fail(scan, 'exceeded max depth')
  scan.open[++scan.depth] = char === '{' ? OBJECT : ARRAY
  return advance(scan, char === '{' ? 'key-or-end' : 'value-or-end')
}

function close(scan: Scan): boolean {
  scan.depth--
  return advance(scan, 'after')
}

function advance(scan: Scan, next: Next): boolean {
  scan.at++
  scan.next = next
  return true
}

// Go feeds its scanner one space after the last byte, so that what is cut short inside a literal blames a space.
function peek(scan: Scan): number {
  return scan.bytes[scan.at] ?? (scan.at === scan.bytes.length ? SPACE : END)
}

function scanString(scan: Scan, next: Next): boolean {
  scan.at++
  for (let byte = peek(scan); byte !== QUOTE; byte = peek(scan)) {
    if (byte < SPACE) return fail(scan, 'in string literal')
    scan.at++
    if (byte === BACKSLASH && !scanEscape(scan)) return false
  }
  return advance(scan, next)
}

function scanEscape(scan: Scan): boolean {
  const escape = String.fromCharCode(Math.max(peek(scan), 0))
  if (!'bfnrt\\/"u'.includes(escape)) return fail(scan, 'in string escape code')
  scan.at++
  for (let digit = 0; escape === 'u' && digit < 4; digit++) {
    if (!isHex(peek(scan))) return fail(scan, 'in \\u hexadecimal character escape')
    scan.at++
  }
  return true
}

function scanScalar(scan: Scan, first: string): boolean {
  scan.next = 'after'
  if (first === 't') return scanWord(scan, 'true')
  if (first === 'f') return scanWord(scan, 'false')
  if (first === 'n') return scanWord(scan, 'null')
  if (first !== '-' && !isDigit(peek(scan))) return fail(scan, 'looking for beginning of value')
  return scanNumber(scan)
}

function scanWord(scan: Scan, word: string): boolean {
  for (const letter of word) {
    if (peek(scan) !== letter.charCodeAt(0)) return fail(scan, `in literal ${word} (expecting '${letter}')`)
    scan.at++
  }
  return true
}

function scanNumber(scan: Scan): boolean {
  if (peek(scan) === MINUS) scan.at++
  if (peek(scan) === ZERO) scan.at++
  else if (!scanDigits(scan, 'in numeric literal')) return false
  if (peek(scan) === DOT) {
    scan.at++
    if (!scanDigits(scan, 'after decimal point in numeric literal')) return false
  }
  if (peek(scan) !== LOWER_E && peek(scan) !== UPPER_E) return true
  scan.at++
  if (peek(scan) === PLUS || peek(scan) === MINUS) scan.at++
  return scanDigits(scan, 'in exponent of numeric literal')
}

function scanDigits(scan: Scan, context: string): boolean {
  if (!isDigit(peek(scan))) return fail(scan, context)
  while (isDigit(peek(scan))) scan.at++
  return true
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function isHex(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === 0x09 || byte === 0x0a || byte === 0x0d
}

function fail(scan: Scan, context: string): false {
  const byte = peek(scan)
  scan.error = byte === END ? 'unexpected end of JSON input' : `invalid character '${quoteByte(byte)}' ${context}`
  return false
}

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0b, '\\v'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
  [0x27, "\\'"],
  [0x5c, '\\\\'],
])

/** A byte as Go's `strconv.Quote` shows the character of that number. */
function quoteByte(byte: number): string {
  const escape = ESCAPES.get(byte)
  if (escape !== undefined) return escape
  const hex = byte.toString(16).padStart(2, '0')
  if (byte < 0x20 || byte === 0x7f) return `\\x${hex}`
  if ((byte >= 0x80 && byte <= 0xa0) || byte === 0xad) return `\\u00${hex}`
  return String.fromCharCode(byte)
}
