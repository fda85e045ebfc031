import { normalizePlatform } from './normalize.ts'
import type { Platform } from './platform.ts'
import { runsWindowsVersion } from './windows-version.ts'

/** Where versions of containerd's platform library differ. */
export interface Rules {
  /** From containerd 2.3: an entry with `os.features` that the node lacks does not match. */
  readonly features: boolean
  /** The way of containerd 1.7 and 2.0 with Windows versions. */
  readonly legacyWindows: boolean
}

const NEWEST: Rules = { features: true, legacyWindows: false }
const NO_MATCH = -1

/** Whether containerd's older pull, and every later look at the image, takes `image` on `host` (facts "Index entries that match", LOCAL). */
export function matchesLocal(host: Platform, image: Platform): boolean {
  return ranking(host, NEWEST)(image) !== NO_MATCH
}

/** Whether containerd's transfer service fetches `image` on `host`: the host's own platform alone (the same, TRANSFER). */
export function matchesTransfer(host: Platform, image: Platform): boolean {
  return ranking(host, NEWEST)(image) === 0
}

/** How well an image suits `host` in containerd's order: 0 is the host's own platform, more is less, -1 is no match. */
export function ranking(host: Platform, rules: Rules): (image: Platform) => number {
  const own = normalizePlatform(host)
  const cpus = runnable(own.architecture, own.variant ?? '')
  return (image) => {
    const other = normalizePlatform(image)
    // An entry without an OS is read as the node's own.
    if (other.os !== '' && other.os !== own.os) return NO_MATCH
    const rank = cpus.indexOf(cpu(other.architecture, other.variant ?? ''))
    if (rank === NO_MATCH) return NO_MATCH
    if (rules.features && !hasFeatures(own, other)) return NO_MATCH
    if (own.os !== 'windows') return rank
    return runsWindowsVersion(own.osVersion ?? '', other.osVersion ?? '', rules.legacyWindows) ? rank : NO_MATCH
  }
}

function hasFeatures(host: Platform, image: Platform): boolean {
  if (image.osFeatures === undefined) return true
  const had = new Set(host.osFeatures)
  // containerd strips this one before it compares: base images carried it long before features counted.
  if (host.os === 'windows') had.add('win32k')
  return image.osFeatures.every((feature) => had.has(feature))
}

function cpu(architecture: string, variant: string): string {
  return `${architecture}/${variant}`
}

/** What a CPU runs, its own first (containerd/platforms `platformVector`). */
function runnable(architecture: string, variant: string): readonly string[] {
  switch (architecture) {
    case 'amd64':
      return [...downFrom('amd64', variant, 1), cpu('386', '')]
    case 'arm':
      return downFrom('arm', variant, 5)
    case 'arm64':
      return arm64(variant)
    default:
      return [cpu(architecture, variant)]
  }
}

function downFrom(architecture: string, variant: string, least: number): string[] {
  const found = [cpu(architecture, variant)]
  const level = /^v?(\d{1,2})$/.exec(variant)?.[1]
  for (let at = Number(level ?? 0) - 1; at >= least; at--) {
    found.push(cpu(architecture, architecture === 'amd64' && at === 1 ? '' : `v${at}`))
  }
  return found
}

const ARMV9_OVER_V8 = 5 // v9.N runs what v8.(N+5) runs

function arm64(variant: string): readonly string[] {
  const [, major, minor = '0'] = /^v([89])(?:\.(\d))?$/.exec(variant === '' ? 'v8' : variant) ?? []
  if (major === undefined || (major === '9' && Number(minor) > 7)) return []
  const levels: string[] = []
  if (major === '9') levels.push(...minors(9, Number(minor)))
  levels.push(...minors(8, major === '9' ? Math.min(Number(minor) + ARMV9_OVER_V8, 9) : Number(minor)))
  return [...levels.map((level) => cpu('arm64', level === 'v8' ? '' : level)), ...downFrom('arm', 'v8', 5)]
}

function minors(major: number, from: number): string[] {
  const found: string[] = []
  for (let minor = from; minor > 0; minor--) found.push(`v${major}.${minor}`)
  return [...found, `v${major}`]
}
