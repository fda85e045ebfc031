export type Base64Reading =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** Go's wording, `illegal base64 data at input byte 4`. */
  | { readonly kind: 'illegal'; readonly error: string }

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const NEITHER = 255
const VALUES = new Uint8Array(256).fill(NEITHER)
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value

const LF = 0x0a
const CR = 0x0d
const PAD = 0x3d

/**
 * Decodes as Go's `encoding/base64` does, `StdEncoding` where `padded`, else `RawStdEncoding`: line ends are passed over
 * anywhere, everything else that does not belong is an error at its byte, and unused low bits may be anything.
 */
export function decodeBase64(text: string, padded: boolean): Base64Reading {
  const source = Buffer.from(text, 'utf8')
  const bytes = new Uint8Array(Math.ceil((source.length * 3) / 4))
  let length = 0
  let bits = 0
  let digits = 0
  let at = 0
  for (; at < source.length; at++) {
    const byte = source[at] ?? 0
    if (byte === LF || byte === CR) continue
    const value = VALUES[byte] ?? NEITHER
    if (value === NEITHER) break
    bits = (bits << 6) | value
    digits = (digits + 1) % 4
    if (digits === 0) {
      bytes[length++] = (bits >> 16) & 0xff
      bytes[length++] = (bits >> 8) & 0xff
      bytes[length++] = bits & 0xff
    }
  }
  const error = at < source.length ? strayByte(source, at, digits, padded) : missingDigits(source, digits, padded)
  if (error !== undefined) return { kind: 'illegal', error: `illegal base64 data at input byte ${error}` }
  bits <<= 6 * (4 - digits)
  if (digits >= 2) bytes[length++] = (bits >> 16) & 0xff
  if (digits === 3) bytes[length++] = (bits >> 8) & 0xff
  return { kind: 'bytes', bytes: bytes.subarray(0, length) }
}

/** The offset that Go blames where the text ends inside a group of four, or undefined where that is allowed. */
function missingDigits(source: Uint8Array, digits: number, padded: boolean): number | undefined {
  if (digits === 0 || (digits > 1 && !padded)) return undefined
  return source.length - digits
}

/** The offset that Go blames for the first byte outside the alphabet, or undefined where it begins a good padding. */
function strayByte(source: Uint8Array, at: number, digits: number, padded: boolean): number | undefined {
  if (source[at] !== PAD || !padded || digits < 2) return at
  let next = at + 1
  if (digits === 2) {
    next = afterLineEnds(source, next)
    if (next === source.length) return next
    if (source[next] !== PAD) return next - 1
    next++
  }
  next = afterLineEnds(source, next)
  return next < source.length ? next : undefined
}

function afterLineEnds(source: Uint8Array, at: number): number {
  let next = at
  while (source[next] === LF || source[next] === CR) next++
  return next
}
