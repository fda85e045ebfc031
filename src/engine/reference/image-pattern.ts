import { matchEach, matchesHost } from './host-pattern.ts'
import { registryHost, registryPath } from './names.ts'
import { namesHost, parseReference } from './parse.ts'
import type { Reference } from './reference.ts'

/** Repositories of a registry, whatever the tag or digest. */
export interface ImagePattern {
  /** As it was written. */
  readonly text: string
  readonly host: string
  readonly components: readonly string[]
  /** Whatever lies below `components` is meant: one component more, or several. */
  readonly below: boolean
}

const BELOW = '/**'

/**
 * Reads `HOST/REPOSITORY`, in lower case and with neither tag nor digest; undefined for anything else. In the repository `*` stands for a part of
 * one component, and a last component `**` for all that is below; in the host `*` stands for a part of one label, and the last label has none.
 * `ghcr.io/acme/*` is `ghcr.io/acme/web`, and neither `ghcr.io/acme/team/web` nor `ghcr.io:443/acme/web`.
 *
 * It is read as an image is: `index.docker.io/acme/*` means `docker.io/acme/*`. A single component of Docker Hub is refused: for an image it
 * would be one of `library`, for who writes the pattern perhaps a whole account.
 */
export function parseImagePattern(text: string): ImagePattern | undefined {
  const below = text.endsWith(BELOW)
  const base = below ? text.slice(0, -BELOW.length) : text
  if (base.includes('**') || base !== base.toLowerCase()) return undefined
  const [host = '', ...components] = base.split('/')
  if (host.split('.').at(-1)?.includes('*') === true) return undefined
  // What an image of it could be; no digit makes a star part of a name that is normalised.
  const sample = base.replaceAll('*', '0') + (below ? '/0/0' : '')
  const parsed = parseReference(sample)
  if (!namesHost(sample) || parsed.kind === 'invalid') return undefined
  const { domain, tag, digest } = parsed.reference
  const lengthened = registryPath(parsed.reference).split('/').length !== components.length + (below ? 2 : 0)
  if (tag !== undefined || digest !== undefined || lengthened) return undefined
  return { text, host: host.includes('*') || domain === '' ? host : domain, components, below }
}

/** Reads the host of a registry as `parseImagePattern` does; undefined for anything else. */
export function parseRegistryPattern(text: string): string | undefined {
  return text.includes('/') ? undefined : parseImagePattern(text + BELOW)?.host
}

/** Where an image is: `ghcr.io`, and `acme` and `web`. */
export interface ImagePlace {
  readonly host: string
  readonly components: readonly string[]
}

export function placeOf(reference: Reference): ImagePlace {
  return { host: registryHost(reference), components: registryPath(reference).split('/') }
}

/** Whether an image is one of those that the pattern means: by its normalised name, from the first character to the last. */
export function matchesImage({ host, components, below }: ImagePattern, place: ImagePlace): boolean {
  const more = place.components.length - components.length
  return (below ? more > 0 : more === 0) && matchesHost(host, place.host) && matchEach(components, place.components)
}
