import { normalizePlatform } from './normalize.ts'
import type { Platform } from './platform.ts'

// From the most capable to the least (containers/image `compatibility`).
const VARIANTS: Readonly<Record<string, readonly string[]>> = { arm: ['v8', 'v7', 'v6', 'v5'], arm64: ['v8'] }

/**
 * How well an image suits a host that runs CRI-O: 0 is best, -1 is no match. CRI-O compares the words as they are written,
 * so `x86_64` and `amd64/v1` do not match, and it never runs 386 on amd64 or arm on arm64 (facts "CRI-O").
 */
export function crioRanking(host: Platform): (image: Platform) => number {
  const own = normalizePlatform(host)
  const variants = wantedVariants(own)
  return (image) =>
    image.os === own.os && image.architecture === own.architecture ? variants.indexOf(image.variant ?? '') : -1
}

function wantedVariants(host: Platform): readonly string[] {
  const known = Object.hasOwn(VARIANTS, host.architecture) ? (VARIANTS[host.architecture] ?? []) : []
  const variant = host.variant ?? (host.architecture === 'arm64' ? 'v8' : '')
  if (variant === '') return ['']
  const at = known.indexOf(variant)
  return at === -1 ? [variant, ''] : [...known.slice(at), '']
}
