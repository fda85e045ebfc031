import type { Platform } from '../platform/index.ts'

/** What a registry answered about one reference, asked with one credential or none. */
export type ImageFact = Found | Failure

/** Every answer that is not the image. Certainty differs by kind: `verdict` decides what each means. */
export type Failure =
  Absent | Refused | Blocked | Throttled | Unreachable | Faulty | Invalid | Unfollowed | Unasked | OutOfTime

export interface Found {
  readonly kind: 'found'
  /** The digest of `document`: what to pin. */
  readonly digest: string
  readonly document: Document
  /** As Docker Hub says it in headers: `{ limit: 100, remaining: 7, window: 21600 }`, window in seconds. */
  readonly rate?: { readonly limit: number; readonly remaining: number; readonly window: number }
}

export type Document = IndexDocument | ManifestDocument | Schema1Document | OtherDocument

export interface IndexDocument {
  readonly kind: 'index'
  readonly entries: readonly IndexEntry[]
  /** By digest: those entries that some host would choose, fetched. */
  readonly children: ReadonlyMap<string, Document | Failure>
}

export interface IndexEntry {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  /** Absent where the entry says none. As written, not normalised. */
  readonly platform?: Platform
}

export interface ManifestDocument {
  readonly kind: 'manifest'
  readonly configType: string
  readonly layerTypes: readonly string[]
  readonly artifactType?: string
  /** What the image config says of itself; fields empty where it does not. A failure where the config could not be had. Undefined where `configType` is no image config. */
  readonly config: Platform | Failure | undefined
}

/** Docker schema 1. */
export interface Schema1Document {
  readonly kind: 'schema1'
}

/** A media type that no runtime takes for an image: the withdrawn artifact manifest, for one. */
export interface OtherDocument {
  readonly kind: 'other'
  readonly mediaType: string
  /** It is that of an image but for letter case or a space: containerd minds, and CRI-O and Docker do not. */
  readonly misspelt?: boolean
}

/** 404, told by a registry. */
export interface Absent {
  readonly kind: 'absent'
  /** `repository` only where the registry tells the two apart and says so. */
  readonly what: 'manifest' | 'repository'
  /** Tags that the repository has, as far as one page tells; undefined where it was not asked or would not say. */
  readonly tags?: readonly string[]
  /** The digest of `:latest`, where it exists and another tag was asked for. */
  readonly latest?: string
}

/** 401 or 403 in a registry's own voice. */
export interface Refused {
  readonly kind: 'refused'
  /** `login`: the credential itself was refused, in each form that containerd goes on to. `registry`: it, or none, gives no access. */
  readonly at: 'login' | 'registry'
  /** `expired` where the registry says so. */
  readonly detail?: 'expired'
}

/** 403, 412 or 451 that is not a registry's own error: a firewall, a country, an address list, a scan policy. */
export interface Blocked {
  readonly kind: 'blocked'
  readonly status: number
  readonly detail: 'firewall' | 'policy' | 'legal'
}

/** 429, or a quota. */
export interface Throttled {
  readonly kind: 'throttled'
  /** Seconds over which the registry counts, where it says (`ratelimit-limit: 100;w=21600`). */
  readonly window?: number
}

/** No answer came. */
export type Unreachable = Unconnected | Unproxied

export interface Unconnected {
  readonly kind: 'unreachable'
  readonly detail:
    | 'dns'
    | 'refused'
    | 'timeout'
    | 'tls-unknown-ca'
    | 'tls-expired'
    | 'tls-name'
    | 'tls'
    | 'plain-http'
    | 'reset'
    | 'network'
  /** The host and port that did not answer: the registry's, its token service's, or a mirror's. */
  readonly host: string
}

/** The proxy that we are told to go through did not let us, or is not there. Nodes may have another, or none. */
export interface Unproxied {
  readonly kind: 'unreachable'
  readonly detail: 'proxy'
  /** Where we wanted to. */
  readonly host: string
  readonly proxy: {
    readonly host: string
    /** The status with which it refused, or why it gave none. */
    readonly answer: number | Exclude<Unconnected['detail'], 'plain-http'> | 'not-http'
  }
}

/** 5xx, or an answer that is none: HTML, a redirect loop, a token response without a token. */
export interface Faulty {
  readonly kind: 'faulty'
  readonly detail: 'status' | 'token-service' | 'not-a-registry' | 'redirects' | 'challenge'
  /** Zero where no status is to blame. */
  readonly status: number
  readonly host: string
}

/** An answer that no node accepts. */
export interface Invalid {
  readonly kind: 'invalid'
  readonly detail:
    | 'digest-mismatch'
    | 'digest-header'
    | 'too-large'
    | 'media-type'
    | 'malformed'
    | 'size'
    | 'empty'
    | 'config-missing'
    | 'child-missing'
}

/**
 * Our own safety rules refuse to follow it, though a node might: a link-local address, a realm that downgrades to HTTP.
 * `loopback` is the asker's, not the node's.
 */
export interface Unfollowed {
  readonly kind: 'unfollowed'
  readonly detail: 'address' | 'loopback' | 'downgrade' | 'scheme'
  readonly host: string
}

/** A bound of ours was reached before it was asked. */
export interface Unasked {
  readonly kind: 'unasked'
  readonly detail: 'too-many-images' | 'too-many-credentials'
}

/** Our deadline came first. */
export interface OutOfTime {
  readonly kind: 'out-of-time'
}
