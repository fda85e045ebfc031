import { isLoopbackName } from './addresses.ts'
import type { TlsSettings } from './agents.ts'
import type { Endpoint } from './options.ts'

/** An endpoint as we ask it. */
export interface Station {
  /** `https://registry-1.docker.io/v2`, without a trailing slash. */
  readonly base: URL
  readonly tls: TlsSettings
  readonly headers: Readonly<Record<string, string>>
  readonly resolve: boolean
  readonly pull: boolean
  /** The registry that a mirror stands for: `?ns=`. */
  readonly ns: string | undefined
  /**
   * Whether HTTP is tried after HTTPS: once the answer is plain HTTP or the handshake hangs, and without a port also where nobody
   * listens (containerd, for loopback and for HTTP endpoints with TLS settings), or after any failure to connect (docker, for
   * insecure registries).
   */
  readonly fallback: 'never' | 'plain-http' | 'any'
}

export interface StationRules {
  readonly insecure: (host: string) => boolean
}

/** The stations of a registry host; undefined where its name makes no URL. `endpoints` undefined: no hosts file. */
export function stationsOf(
  domain: string,
  endpoints: readonly Endpoint[] | undefined,
  rules: StationRules,
): readonly Station[] | undefined {
  const upstream = domain === 'docker.io' ? 'registry-1.docker.io' : domain
  const own = URL.parse(`https://${upstream}/v2`)
  if (own === null || own.host === '' || own.pathname !== '/v2') return undefined
  if (endpoints === undefined) return [fromDefaults(own, isLoopback(domain), rules)]
  const stations: Station[] = []
  for (const endpoint of endpoints) {
    const base = URL.parse(endpoint.url.replace(/\/$/, ''))
    if (base === null || (base.protocol !== 'https:' && base.protocol !== 'http:')) continue
    stations.push(fromEndpoint(base, endpoint, own, rules))
  }
  return stations
}

function fromDefaults(base: URL, loopback: boolean, rules: StationRules): Station {
  const insecure = rules.insecure(base.host)
  // containerd: port 80 is HTTP, no port or 443 is HTTPS alone, another port is tried as both.
  const scheme = base.port === '80' ? 'http:' : 'https:'
  const url = new URL(base)
  if (loopback) url.protocol = scheme
  return {
    base: url,
    tls: { skipVerify: insecure || loopback },
    headers: {},
    resolve: true,
    pull: true,
    ns: undefined,
    fallback: insecure ? 'any' : loopback && base.port !== '' && base.port !== '80' ? 'plain-http' : 'never',
  }
}

// containerd looks at the name as it is written: `[::1]` without a port and `Localhost` are none.
function isLoopback(domain: string): boolean {
  const host = /^\[([^\]]*)\]:\d+$/.exec(domain)?.[1] ?? domain.replace(/:\d+$/, '')
  return !host.startsWith('[') && host === host.toLowerCase() && isLoopbackName(host)
}

function fromEndpoint(base: URL, endpoint: Endpoint, own: URL, rules: StationRules): Station {
  const { ca, client, dialTimeoutMs, skipVerify, headers, resolve, pull, httpsFirst = false } = endpoint
  const upstream = base.host === own.host
  const insecure = rules.insecure(base.host)
  // A hosts file that leaves `server` out ends in the default upstream, which may be an insecure one of the operator's.
  const plain = upstream && base.pathname === own.pathname && base.protocol === 'https:' && ca === undefined
  const url = new URL(base)
  if (httpsFirst) url.protocol = 'https:'
  return {
    base: url,
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(client === undefined ? {} : { client }),
      ...(dialTimeoutMs === undefined ? {} : { dialTimeoutMs }),
      skipVerify: skipVerify || insecure,
    },
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    resolve,
    pull,
    ns: upstream ? undefined : nsOf(own),
    fallback: httpsFirst ? 'plain-http' : plain && insecure ? 'any' : 'never',
  }
}

function nsOf(own: URL): string {
  return own.host === 'registry-1.docker.io' ? 'docker.io' : own.host
}

/** The same station over plain HTTP, its default port with it. */
export function asHttp(station: Station): Station {
  const base = new URL(station.base)
  base.protocol = 'http:'
  return { ...station, base, fallback: 'never' }
}

/** `host` and `host:port` of the operator's list; an entry without a port holds for every port. */
export function insecureList(entries: readonly string[]): (host: string) => boolean {
  const list = new Set(entries.map((entry) => entry.trim().toLowerCase()))
  return (host) => list.has(host.toLowerCase()) || list.has(host.toLowerCase().replace(/:\d+$/, ''))
}
