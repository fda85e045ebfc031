import { withFieldNames } from './field-names.ts'

/** JSON from outside, its fields named as the node reads them, or undefined: bytes that are no JSON never throw here. */
export function parseJson(bytes: Buffer): unknown {
  try {
    const text = bytes.toString('utf8')
    return withFieldNames(FRACTION.test(text) ? JSON.parse(text, exactNumber as Reviver) : JSON.parse(text))
  } catch {
    return undefined
  }
}

// The third argument is newer than the types.
type Reviver = (key: string, value: unknown) => unknown

const FRACTION = /"\s*:\s*-?\d+[.eE]/

// Where Go wants a whole number it takes no 405.0, which JavaScript cannot tell from 405.
function exactNumber(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  return typeof value === 'number' && !/^-?\d+$/.test(context.source ?? '') ? NaN : value
}

/** The media type of a Content-Type as containerd reads it (`resolver.go`): parameters cut, and nothing else; empty where there is none. */
export function announcedType(contentType: string | readonly string[] | undefined): string {
  return (headerValue(contentType) ?? '').split(';', 1)[0]?.slice(0, 255) ?? ''
}

/** The same as RFC 9110 reads it: letter case and spaces do not matter. */
export function plainType(announced: string): string {
  return announced.trim().toLowerCase()
}

/** A page for people: a proxy, a login page, a web server on this port. */
export function looksLikeHtml(contentType: string | undefined, body: Buffer): boolean {
  return (
    plainType(announcedType(contentType)) === 'text/html' ||
    body.subarray(0, 64).toString('latin1').trimStart().startsWith('<')
  )
}

/** The one value of a header; where a server repeats it, the first. */
export function headerValue(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0]
}
