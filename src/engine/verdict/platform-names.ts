import { printable } from '../../base/text.ts'
import { formatPlatform } from '../platform/index.ts'
import type { Host, Platform } from '../platform/index.ts'
import { isFailure } from './failure-cause.ts'
import type { Document } from './facts.ts'

const MOST_SHOWN = 8

/** The platforms that a document names, in its order, attestations left out. */
export function platformNames(document: Document): readonly string[] {
  const names = platformsIn(document).map((platform) => formatPlatform(platform))
  return [...new Set(names)].map((name) => printable(name, 40))
}

/** The same, as they are written. */
export function platformsIn(document: Document): readonly Platform[] {
  if (document.kind === 'index')
    return document.entries.flatMap(({ platform }) => (platform !== undefined && isKnown(platform) ? [platform] : []))
  if (document.kind !== 'manifest' || document.config === undefined || isFailure(document.config)) return []
  return isKnown(document.config) ? [document.config] : []
}

/** For messages: `linux/amd64, linux/386`; at most eight, then `and N more`. */
export function platformsOf(document: Document): string {
  return shown(platformNames(document), 'no platform')
}

/** The platforms of hosts, each once; `a node` where none is known. */
export function hostsNamed(hosts: readonly (Host | undefined)[]): string {
  return shown([...new Set(hosts.map((host) => (host === undefined ? 'a node' : formatPlatform(host.platform))))], '')
}

// Attestations sit in an index under this platform, and are for no node.
function isKnown({ os, architecture }: Platform): boolean {
  return os !== 'unknown' && architecture !== 'unknown' && architecture !== ''
}

function shown(names: readonly string[], none: string): string {
  if (names.length === 0) return none
  const first = names.slice(0, MOST_SHOWN).join(', ')
  return names.length > MOST_SHOWN ? `${first} and ${names.length - MOST_SHOWN} more` : first
}
