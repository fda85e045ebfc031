import type { Unfollowed } from '../../engine/verdict/index.ts'

/** What a question may be led to. */
export interface Trust {
  /** The registry, or mirror, that was asked first. */
  readonly registry: URL
  /** Whether plain HTTP is normal for this host (name and port): insecure by option, or by the hosts file. */
  readonly insecure: (host: string) => boolean
  /** Whether the registry may be on this machine. */
  readonly loopback: boolean
}

/**
 * May a realm or a redirect named by a registry be followed? A node would follow all of these; what we refuse is
 * undetermined. Addresses are judged where the connection is made (`agents.ts`).
 */
export function followRule(target: URL, from: URL, trust: Trust): Unfollowed | undefined {
  const host = target.host.slice(0, 255)
  if (target.protocol !== 'https:' && target.protocol !== 'http:') {
    return { kind: 'unfollowed', detail: 'scheme', host: `${target.protocol}//${host}`.slice(0, 255) }
  }
  const downgrade = from.protocol === 'https:' && target.protocol === 'http:'
  if (downgrade && !trust.insecure(target.host)) return { kind: 'unfollowed', detail: 'downgrade', host }
  return undefined
}
