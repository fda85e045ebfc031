import type { Credential, PullSecret } from '../credentials/index.ts'
import type { Mutator } from '../mutators/index.ts'
import type { Node, RunningPod } from '../nodes/index.ts'
import type { Host } from '../platform/index.ts'
import type { Reference } from '../reference/index.ts'
import type { ImageFact } from '../verdict/index.ts'

/** One read of the cluster. */
export type Read<T> =
  /** `aged`: from a cache, rather than read for this question. */
  | { readonly kind: 'found'; readonly value: T; readonly aged?: true }
  /** The cluster, or the declared view, does not have it, as of now. */
  | { readonly kind: 'absent' }
  /** Nobody said what the cluster has: `check` with neither cluster nor `--view`. */
  | { readonly kind: 'unsaid' }
  /** It could not be read. */
  | { readonly kind: 'unreadable'; readonly detail: 'forbidden' | 'stale' | 'unreachable' | 'too-large' }

export interface NamespaceView {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

export interface ServiceAccountView {
  readonly name: string
  /** Names in order, empty ones dropped. */
  readonly pullSecrets: readonly string[]
}

/** How to read: `fresh` takes nothing from a cache, since a denial is about to rest on it. */
export interface Reading {
  readonly signal: AbortSignal
  readonly fresh: boolean
}

/** The cluster as a review may see it. Reads never throw, and answer `unreachable` once the signal fires. */
export interface ClusterView {
  namespace(name: string, signal: AbortSignal): Promise<Read<NamespaceView>>
  serviceAccount(namespace: string, name: string, reading: Reading): Promise<Read<ServiceAccountView>>
  secret(namespace: string, name: string, reading: Reading): Promise<Read<PullSecret>>
  /** All nodes. `unsaid` or an empty list: platforms are not judged. */
  nodes(signal: AbortSignal): Promise<Read<readonly Node[]>>
}

export interface PodList {
  /** Pods as the API server has them, those that have ended left out. */
  readonly pods: readonly unknown[]
  /** There are more than were read. */
  readonly more: boolean
}

/** The pods that run in a namespace. Never throws. */
export type ReadPods = (namespace: string, signal: AbortSignal) => Promise<Read<PodList>>

export interface ImageQuestion {
  readonly reference: Reference
  /** Undefined: as nobody. */
  readonly credential: Credential | undefined
  /** Those whose choice in an index is to be fetched. Empty: no child is fetched. */
  readonly hosts: readonly Host[]
  /** Take no answer that is more than a few seconds old: a denial is about to rest on it. */
  readonly fresh?: boolean
}

/** Asks the registry as a node would. Never throws; answers `out-of-time` once the signal fires. */
export type AskImage = (question: ImageQuestion, signal: AbortSignal) => Promise<ImageFact>

/** The user's own logins for a repository name (`docker.io/library/nginx`). `check` alone has it. */
export type OwnLogins = (name: string, signal: AbortSignal) => Promise<readonly Credential[]>

/** The pods of a namespace that run. Never throws; it may leave some out. */
export type ReadRunning = (namespace: string, signal: AbortSignal) => Promise<Read<readonly RunningPod[]>>

/** What of the cluster may change pods when they are made. Reads never throw. */
export type ReadMutators = (signal: AbortSignal) => Promise<Read<readonly Mutator[]>>

/** For `templates: auto`. */
export interface Rewriting {
  readonly mutators: ReadMutators
  /** Names of webhooks and policies, beside the well-known ones, that rewrite neither images nor pull secrets; `*.` before one stands for anything. */
  readonly harmless: readonly string[]
  /** What a list that could not be read is taken for: `rewriter`, as one may be in it, or `none`, as none was seen. */
  readonly unread: 'rewriter' | 'none'
}
