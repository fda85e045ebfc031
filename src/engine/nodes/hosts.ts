import { formatPlatform } from '../platform/index.ts'
import type { Host } from '../platform/index.ts'
import type { Node } from './node.ts'

/**
 * The distinct platforms and runtimes of these nodes, in an order that does not depend on theirs. Nodes whose platform nobody
 * says are left out: `nodes.some((node) => node.platform === undefined)` tells.
 */
export function hostsOf(nodes: readonly Node[]): readonly Host[] {
  const hosts = new Map<string, Host>()
  for (const { platform, runtime, hostKey } of nodes) {
    if (platform !== undefined && !hosts.has(hostKey)) hosts.set(hostKey, { platform, runtime })
  }
  return [...hosts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, host]) => host)
}

/** What tells the hosts of `hostsOf` apart. */
export function hostKeyOf({ platform, runtime }: Host): string {
  return JSON.stringify([formatPlatform(platform), platform.osFeatures, runtime.name, runtime.version])
}
