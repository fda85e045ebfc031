import type { Secret } from '../../base/secret.ts'

/** One place to ask, as a `hosts.toml` names it (kubelet-pull 5.2: containerd's hosts configuration). */
export interface Endpoint {
  /** The base of every request, `/v2` or the overriding path included: `https://mirror.example/v2`. */
  readonly url: string
  /** It is HTTP, and containerd asks by HTTPS before. */
  readonly httpsFirst?: boolean
  readonly resolve: boolean
  readonly pull: boolean
  /** PEM, beside the default roots. */
  readonly ca?: string
  readonly client?: { readonly cert: string; readonly key: string }
  readonly skipVerify: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly dialTimeoutMs?: number
}

/** What stands between us and a registry, by the operator's word. */
export interface Proxy {
  /** HTTP or HTTPS; no more than scheme, host and port. */
  readonly url: URL
  /** The value of Proxy-Authorization. */
  readonly authorization?: Secret
}

/** One HTTP exchange that took place; `status` is 0 where no answer came. */
export interface Exchange {
  readonly method: string
  readonly host: string
  readonly status: number
  readonly ms: number
}

export interface RegistryOptions {
  /**
   * The endpoints of a registry host, in the order in which the node asks them. Undefined: it has no hosts file.
   * `unreadable`: it has one that the node could not load either (a CA file that is missing).
   */
  readonly endpointsFor?: (domain: string) => Promise<readonly Endpoint[] | 'unreadable' | undefined>
  /** `host` or `host:port`: HTTPS without verification, then HTTP, as docker does. */
  readonly insecure?: readonly string[]
  /** PEM, beside the default roots. */
  readonly ca?: string
  /** Addresses and CIDRs that our safety rules would refuse. */
  readonly allowAddresses?: readonly string[]
  /**
   * Where registries on this very machine are asked. `by-hosts-file`: only where a hosts file leads there, since the loopback of a
   * webhook is not the node's. Else always. `allowAddresses` opens it, too.
   */
  readonly loopback?: 'always' | 'by-hosts-file'
  /** The proxy that a URL is reached through, or undefined where there is none. Without it, all is reached directly. */
  readonly proxyFor?: (target: URL) => Proxy | undefined
  readonly userAgent?: string
  /** Milliseconds, above zero (a cache takes zero for never); only differences matter. */
  readonly now?: () => number
  readonly observe?: (exchange: Exchange) => void
  readonly resolveHost?: ResolveHost
  readonly limits?: Partial<Limits>
}

export type ResolveHost = (
  hostname: string,
) => Promise<readonly { readonly address: string; readonly family: number }[]>

/** Bounds. Times in milliseconds, sizes in bytes. */
export interface Limits {
  readonly dialMs: number
  /** To the first byte of an answer, and between two pieces of a body. */
  readonly answerMs: number
  /** One question, whoever waits for it. */
  readonly flightMs: number
  /** A question that nobody waits for any more. */
  readonly abandonedMs: number
  /** The hints after a 404: closest tags, `latest`. */
  readonly hintsMs: number
  readonly connections: number
  readonly redirects: number
  readonly foundMs: number
  readonly refusedMs: number
  readonly unansweredMs: number
  /** Children of one index that are fetched, and how deep indexes may nest. */
  readonly children: number
  readonly depth: number
  /** What the caches may hold, in bytes, roughly. */
  readonly cacheBytes: number
}

export const defaultLimits: Limits = {
  dialMs: 5_000,
  // A node waits 30 s, and an answer after 6 s is still good there; the caller's signal ends sooner anyway.
  answerMs: 10_000,
  flightMs: 15_000,
  abandonedMs: 2_000,
  hintsMs: 3_000,
  // To one registry. Few enough to be polite, and enough that some slow repositories do not hold up the rest.
  connections: 8,
  // As Go's HTTP client, which the node uses.
  redirects: 10,
  foundMs: 60_000,
  refusedMs: 5_000,
  unansweredMs: 3_000,
  children: 16,
  depth: 3,
  cacheBytes: 64 * 1024 * 1024,
}

/** containerd's `MaxManifestSize`, 4 x 1048 x 1048 (sic). */
export const MAX_MANIFEST = 4_393_216
export const MAX_CONFIG = 4 * 1024 * 1024
export const MAX_TOKEN = 64 * 1024
/** A registry may answer an error with anything. */
export const MAX_ERROR = 64 * 1024
export const MAX_TAGS = 1024 * 1024
