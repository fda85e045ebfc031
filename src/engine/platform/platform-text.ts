import { printable } from '../../base/text.ts'
import { isKnownArchitecture } from './can-execute.ts'
import { normalizePlatform } from './normalize.ts'
import type { Platform } from './platform.ts'

/** As people write it: `linux/arm/v7`, `windows(10.0.20348)/amd64`. Fit to print, wherever the platform comes from. */
export function formatPlatform(platform: Platform): string {
  const { osVersion = '', variant = '' } = platform
  const os = platform.os === '' ? 'unknown' : platform.os
  const system = os === 'windows' && osVersion !== '' ? `${os}(${osVersion})` : os
  const parts = [system, platform.architecture === '' ? 'unknown' : platform.architecture, variant]
  return parts
    .filter((part) => part !== '')
    .map((part) => printable(part, 40))
    .join('/')
}

const WRITTEN = /^(linux|windows|freebsd)(?:\((\d[\d.]{0,30})\))?\/([a-z0-9_-]{1,20})(?:\/([a-z0-9.]{1,10}))?$/

/**
 * Reads what a user writes for a node: `linux/arm64/v8` is `{ os: 'linux', architecture: 'arm64' }`. Undefined where it names no OS
 * that nodes have or no CPU that we know. `linux/arm` says no variant, and keeps none.
 */
export function parsePlatform(text: string): Platform | undefined {
  const [, os, osVersion = '', architecture, variant = ''] = WRITTEN.exec(text.trim().toLowerCase()) ?? []
  if (os === undefined || architecture === undefined) return undefined
  const platform = normalizePlatform({ os, architecture, variant, osVersion })
  if (!isKnownArchitecture(platform.architecture)) return undefined
  if (architecture === 'arm' && variant === '') return { os, architecture }
  return platform
}
