import type { ByteText } from './byte-text.ts'

/** What Go's `url.Parse` makes of `https://` and a docker config key: user, query and fragment are dropped, escapes decoded. */
export interface KeyUrl {
  readonly host: ByteText
  /** Empty, or from its first slash. */
  readonly path: ByteText
}

const CONTROL = /[\x00-\x1f\x7f]/
// What may stand in a host besides letters and digits; Go lets every byte beyond ASCII pass.
const HOST = /^[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"%\x80-\xff]*$/
const USER_INFO = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/
const OPTIONAL_PORT = /^(?::[0-9]*)?$/
const ESCAPE = /%([0-9A-Fa-f]{2})/g
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/
// In a host, only bytes beyond ASCII and the percent sign may be escaped.
const BAD_HOST_ESCAPE = /%(?![89A-Fa-f][0-9A-Fa-f]|25)/

/** Parses what stands behind `https://`; undefined where Go refuses it. */
export function parseKeyUrl(text: ByteText): KeyUrl | undefined {
  const [address, fragment] = cut(text, '#')
  if (CONTROL.test(address) || BAD_ESCAPE.test(fragment)) return undefined
  const [place] = cut(address, '?')
  const slash = place.indexOf('/')
  const authority = slash < 0 ? place : place.slice(0, slash)
  const path = slash < 0 ? '' : place.slice(slash)
  if (BAD_ESCAPE.test(path)) return undefined
  const at = authority.lastIndexOf('@')
  const user = at < 0 ? '' : authority.slice(0, at)
  const host = authority.slice(at + 1)
  if (!USER_INFO.test(user) || BAD_ESCAPE.test(user) || !isHost(host)) return undefined
  return { host: unescape(host), path: unescape(path) }
}

function isHost(host: ByteText): boolean {
  if (!HOST.test(host) || BAD_HOST_ESCAPE.test(host)) return false
  if (!host.startsWith('[')) return OPTIONAL_PORT.test(host.slice(lastColon(host)))
  const bracket = host.lastIndexOf(']')
  return bracket > 0 && OPTIONAL_PORT.test(host.slice(bracket + 1))
}

function lastColon(host: ByteText): number {
  const colon = host.lastIndexOf(':')
  return colon < 0 ? host.length : colon
}

function unescape(text: ByteText): ByteText {
  return text.replace(ESCAPE, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function cut(text: ByteText, separator: string): readonly [before: ByteText, after: ByteText] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
