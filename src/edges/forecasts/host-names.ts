import { OTHER_HOST } from '../../engine/forecast/index.ts'

/** Hosts that counts tell apart. They are pod authors' to choose, so there is an end to them, and to those of one namespace sooner. */
const MOST_HOSTS = 64
const MOST_OF_NAMESPACE = 8
const MOST_NAMESPACES = 10_000

/** A registry's host as the grammar of references has it (distribution, `reference/regexp.go`), not longer than a name may be. */
const HOST = /^[A-Za-z0-9._:[\]-]{1,255}$/

/** The host by which it is counted: `other` for the later ones. Each namespace brings some few that nobody else has brought. */
export function createHostNames(): (namespace: string, host: string) => string {
  const known = new Set<string>()
  const brought = new Map<string, number>()
  return (namespace, host) => {
    if (host === '' || known.has(host)) return host
    const before = brought.get(namespace) ?? 0
    if (!HOST.test(host) || known.size >= MOST_HOSTS || before >= MOST_OF_NAMESPACE) return OTHER_HOST
    if (brought.size < MOST_NAMESPACES) brought.set(namespace, before + 1)
    known.add(host)
    return host
  }
}
