import type { Platform } from './platform.ts'

const ARM_VARIANTS: Readonly<Record<string, string>> = { '': 'v7', '5': 'v5', '6': 'v6', '7': 'v7', '8': 'v8' }
const ARM64_VARIANTS: Readonly<Record<string, string>> = {
  '8': '',
  v8: '',
  'v8.0': '',
  '9': 'v9',
  '9.0': 'v9',
  'v9.0': 'v9',
}

/**
 * A platform in containerd's terms (containerd/platforms `Normalize`): lower case, aliases resolved, the base variant
 * of amd64 and arm64 dropped, arm without a variant taken for v7. `{ os: 'Linux', architecture: 'x86_64', variant: 'v1' }`
 * is `{ os: 'linux', architecture: 'amd64' }`. An empty OS stays empty: what it means depends on who reads it.
 */
export function normalizePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase()
  const [architecture, variant] = normalizeCpu(
    platform.architecture.toLowerCase(),
    (platform.variant ?? '').toLowerCase(),
  )
  return {
    os: os === 'macos' ? 'darwin' : os,
    architecture,
    ...(variant !== '' && { variant }),
    ...(platform.osVersion !== undefined && platform.osVersion !== '' && { osVersion: platform.osVersion }),
    ...(platform.osFeatures !== undefined && platform.osFeatures.length > 0 && { osFeatures: platform.osFeatures }),
  }
}

function normalizeCpu(architecture: string, variant: string): readonly [architecture: string, variant: string] {
  switch (architecture) {
    case 'i386':
      return ['386', '']
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return ['amd64', variant === 'v1' ? '' : variant]
    case 'aarch64':
    case 'arm64':
      return ['arm64', ownOr(ARM64_VARIANTS, variant)]
    case 'armhf':
      return ['arm', 'v7']
    case 'armel':
      return ['arm', 'v6']
    case 'arm':
      return ['arm', ownOr(ARM_VARIANTS, variant)]
    default:
      return [architecture, variant]
  }
}

function ownOr(table: Readonly<Record<string, string>>, key: string): string {
  return Object.hasOwn(table, key) ? (table[key] ?? key) : key
}
