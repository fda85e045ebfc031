import { digestError } from './digest.ts'
import { matchGrammar } from './grammar.ts'
import type { ParsedReference } from './reference.ts'

const HUB = 'docker.io'
const LEGACY_HUB = 'index.docker.io'
const OFFICIAL = 'library/'
const IDENTIFIER = /^[a-f0-9]{64}$/
const MAX_PATH = 255
/** The grammar does not bound a host name; no host of this length can be asked, so what is longer is not looked at. */
const MAX_IMAGE = 4096

const INVALID_FORMAT = 'invalid reference format'

/**
 * Reads an image as the kubelet does (distribution/reference `ParseNormalizedNamed`; facts "Normalisation algorithm").
 * Never throws. An `error` repeats parts of the image as they are: show it through `printable`.
 * `nginx:1.25` is tag `1.25` of `docker.io/library/nginx`; `foo/Bar` is invalid.
 */
export function parseReference(image: string): ParsedReference {
  if (image.length > MAX_IMAGE) return invalid(INVALID_FORMAT)
  if (IDENTIFIER.test(image)) {
    return invalid(`invalid repository name (${image}), cannot specify 64-byte hexadecimal strings`)
  }
  const [domain, rest] = splitDomain(image)
  const colon = rest.indexOf(':')
  const remote = colon < 0 ? rest : rest.slice(0, colon)
  if (lower(remote) !== remote) {
    return invalid(`${INVALID_FORMAT}: repository name (${remote}) must be lowercase`)
  }
  const pieces = matchGrammar(domain, rest)
  if (pieces === undefined) {
    const lowered = matchGrammar(lower(domain), lower(rest)) !== undefined
    return invalid(lowered ? 'repository name must be lowercase' : INVALID_FORMAT)
  }
  if (pieces.path.length > MAX_PATH) return invalid(`repository name must not be more than ${MAX_PATH} characters`)
  const error = pieces.digest === undefined ? undefined : digestError(pieces.digest)
  if (error !== undefined) return invalid(error)
  const name = pieces.domain === '' ? pieces.path : `${pieces.domain}/${pieces.path}`
  return { kind: 'parsed', reference: { ...pieces, name } }
}

/** Whether the first component of an image names a registry host, or Docker Hub has to be assumed. */
export function namesHost(image: string): boolean {
  const slash = image.indexOf('/')
  if (slash < 0) return false
  const first = image.slice(0, slash)
  return first === 'localhost' || first.includes('.') || first.includes(':') || lower(first) !== first
}

function splitDomain(image: string): readonly [domain: string, rest: string] {
  const slash = image.indexOf('/')
  const named = namesHost(image)
  const first = named ? image.slice(0, slash) : HUB
  const rest = named ? image.slice(slash + 1) : image
  const domain = first === LEGACY_HUB ? HUB : first
  return [domain, domain === HUB && !rest.includes('/') ? OFFICIAL + rest : rest]
}

// Go lowers U+0130 to one letter, where JavaScript makes two of it.
function lower(text: string): string {
  return text.replaceAll('\u0130', 'i').toLowerCase()
}

function invalid(error: string): ParsedReference {
  return { kind: 'invalid', error }
}
