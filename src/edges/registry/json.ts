import { withFieldNames } from './field-names.ts'

/** JSON from outside, its fields named as the node reads them, or undefined: bytes that are no JSON never throw here. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return withFieldNames(JSON.parse(bytes.toString('utf8')))
  } catch {
    return undefined
  }
}

/** The media type of a Content-Type: parameters cut, lower case; empty where there is none. */
export function mediaTypeOf(contentType: string | readonly string[] | undefined): string {
  const line = typeof contentType === 'string' ? contentType : (contentType?.[0] ?? '')
  return (line.split(';', 1)[0] ?? '').trim().toLowerCase().slice(0, 255)
}

/** A page for people: a proxy, a login page, a web server on this port. */
export function looksLikeHtml(contentType: string | undefined, body: Buffer): boolean {
  return mediaTypeOf(contentType) === 'text/html' || body.subarray(0, 64).toString('latin1').trimStart().startsWith('<')
}

/** The one value of a header; where a server repeats it, the first. */
export function headerValue(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0]
}
