// The grammar of distribution/reference v0.6.0 (`regexp.go`), in pieces that each match in one pass: a component's
// separators and its letters share no character, so nothing here can backtrack further than one run.

const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?'
const DOMAIN_LABEL = new RegExp(`^${LABEL}$`)
const IPV6 = /^\[[0-9A-Fa-f:]+\]$/
const PORT = /^[0-9]+$/
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,}$/

export interface Pieces {
  readonly domain: string
  readonly path: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

/**
 * Splits `first/rest` as the grammar reads it, or answers undefined where it does not match. The domain is an optional
 * part of the grammar: a first component that is no domain but a good path component is read as path.
 */
export function matchGrammar(first: string, rest: string): Pieces | undefined {
  const at = rest.indexOf('@')
  const tagged = at < 0 ? rest : rest.slice(0, at)
  const digest = at < 0 ? undefined : rest.slice(at + 1)
  const colon = tagged.indexOf(':')
  const path = colon < 0 ? tagged : tagged.slice(0, colon)
  const tag = colon < 0 ? undefined : tagged.slice(colon + 1)
  if (!path.split('/').every((component) => PATH_COMPONENT.test(component))) return undefined
  if (tag !== undefined && !TAG.test(tag)) return undefined
  if (digest !== undefined && !DIGEST.test(digest)) return undefined
  if (isDomain(first)) return { domain: first, path, tag, digest }
  return PATH_COMPONENT.test(first) ? { domain: '', path: `${first}/${path}`, tag, digest } : undefined
}

function isDomain(text: string): boolean {
  const colon = text.startsWith('[') ? text.indexOf(':', text.indexOf(']')) : text.indexOf(':')
  if (colon >= 0 && !PORT.test(text.slice(colon + 1))) return false
  const host = colon < 0 ? text : text.slice(0, colon)
  return IPV6.test(host) || host.split('.').every((label) => DOMAIN_LABEL.test(label))
}
