import { normalizePlatform } from './normalize.ts'
import type { Platform } from './platform.ts'

// What shares a kernel may share its nodes: a 32-bit kubelet under a 64-bit kernel says `arm`, and that kernel runs arm64 too.
const FAMILIES: Readonly<Record<string, string>> = {
  '386': 'x86',
  amd64: 'x86',
  arm: 'arm',
  arm64: 'arm',
  loong64: 'loong',
  mips: 'mips',
  mipsle: 'mips',
  mips64: 'mips',
  mips64le: 'mips',
  ppc64: 'power',
  ppc64le: 'power',
  riscv64: 'riscv',
  s390x: 's390',
}

// wasip1 and its like are no systems but sandboxes, which a node may have.
const SYSTEMS = new Set(['linux', 'windows', 'darwin', 'freebsd', 'netbsd', 'openbsd', 'solaris', 'aix'])

/**
 * Whether a host may be able to run what an image config says of itself. False only where both name a CPU family or an OS that is
 * known, and they differ: 386 runs on amd64, arm on arm64; an unknown or empty word runs; variants never matter.
 */
export function canExecute(host: Platform, config: Platform): boolean {
  const own = normalizePlatform(host)
  const other = normalizePlatform(config)
  if (SYSTEMS.has(own.os) && SYSTEMS.has(other.os) && own.os !== other.os) return false
  const ownFamily = familyOf(own.architecture)
  const otherFamily = familyOf(other.architecture)
  return ownFamily === undefined || otherFamily === undefined || ownFamily === otherFamily
}

function familyOf(architecture: string): string | undefined {
  return Object.hasOwn(FAMILIES, architecture) ? FAMILIES[architecture] : undefined
}

/** Whether the word is a CPU architecture that we know. */
export function isKnownArchitecture(architecture: string): boolean {
  return familyOf(architecture) !== undefined
}
