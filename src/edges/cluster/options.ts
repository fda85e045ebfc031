import type { Logger } from '../../base/telemetry/index.ts'
import type { Proxy } from './target.ts'

/** Where it is written how to reach the API server. */
export type ClusterSource =
  /** `directory`: where the service account's token and CA are mounted, if elsewhere than Kubernetes mounts them. */
  | { readonly kind: 'in-cluster'; readonly directory?: string }
  /** Without a path: the files of `$KUBECONFIG`, then `~/.kube/config`, as kubectl. Without a context: the current one. */
  | { readonly kind: 'kubeconfig'; readonly path?: string | undefined; readonly context?: string | undefined }

export interface ClusterOptions {
  readonly source: ClusterSource
  /** KUBECONFIG, HOME, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are read. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** `serve`: nodes and namespaces are watched. `check`: nodes are listed when first asked for, namespaces are read one by one. */
  readonly watch: boolean
  /** Whether mutating webhooks and policies are read, in the same way as nodes. Absent: no. */
  readonly mutators?: boolean
  readonly log: Pick<Logger, 'warn' | 'info'>
  readonly observe?: (exchange: ClusterExchange) => void
  /**
   * The proxy of the environment for a kubeconfig that names none, as kubectl takes it. A pod reaches the API server of its own cluster
   * directly, whatever the environment says: a proxy for registries rarely leads there.
   */
  readonly proxyFor?: ((server: URL) => Proxy | undefined) | undefined
  readonly userAgent?: string
  /** Milliseconds, above zero; only differences matter. */
  readonly now?: () => number
  readonly limits?: Partial<ClusterLimits>
}

/** What may change pods when they are made. */
export type MutatorResource =
  'mutatingwebhookconfigurations' | 'mutatingadmissionpolicies' | 'mutatingadmissionpolicybindings'

/** What is read one by one, by name. */
export type NamedResource = 'namespaces' | 'secrets' | 'serviceaccounts' | 'pods'

export type Resource = 'nodes' | 'events' | NamedResource | MutatorResource

export type Verb = 'get' | 'list' | 'watch'

/** What is written is never what a review reads. */
export type WrittenResource = 'secrets' | 'configmaps' | 'validatingwebhookconfigurations'

/** One request to the API server; `status` is 0 where no answer came. A watch is told when it opens. */
export interface ClusterExchange {
  readonly resource: Resource | WrittenResource
  readonly verb: Verb | 'update' | 'patch'
  readonly status: number
  readonly ms: number
}

/** Bounds. Times in milliseconds, sizes in bytes. */
export interface ClusterLimits {
  readonly dialMs: number
  /** To the first byte of an answer, and between two pieces of it. */
  readonly answerMs: number
  /** One question, whoever waits for it. */
  readonly flightMs: number
  /** One page of a list. */
  readonly pageMs: number
  readonly connections: number
  /** Secrets, accounts and namespaces that were found, and what they may weigh together. */
  readonly keptMs: number
  readonly keptBytes: number
  /** A wait that the server asks for and that is still worth it. */
  readonly retryAfterMs: number
  /** How long a watch lasts at least; the server ends it, at up to twice this. */
  readonly watchMs: number
  /** A watch on which nothing was heard for so long is taken for dead: a server sends a bookmark about once a minute. */
  readonly silentMs: number
  /** What is no longer watched is believed for so long. */
  readonly staleMs: number
  readonly backOffMs: number
  readonly mostBackOffMs: number
  /** Between two tries at what may not be read; sooner for the first `settleMs`, in which it is not taken for settled. */
  readonly forbiddenMs: number
  /** Between two looks for a resource that the server does not have: an upgrade may bring it. */
  readonly unservedMs: number
  readonly settleMs: number
  /** How long credentials are taken for good before they are read again. */
  readonly accessMs: number
}

export const defaultLimits: ClusterLimits = {
  dialMs: 3_000,
  answerMs: 10_000,
  flightMs: 10_000,
  pageMs: 30_000,
  connections: 32,
  keptMs: 5_000,
  keptBytes: 16 * 1024 * 1024,
  retryAfterMs: 2_000,
  // As Kubernetes' own clients: five to ten minutes.
  watchMs: 300_000,
  silentMs: 90_000,
  staleMs: 60_000,
  backOffMs: 100,
  // So that the view is current again within seconds of the server's return.
  mostBackOffMs: 2_000,
  forbiddenMs: 30_000,
  unservedMs: 300_000,
  settleMs: 5_000,
  accessMs: 10_000,
}

/** A Secret holds up to 1 MiB; base64, annotations and managed fields come on top. */
export const MAX_OBJECT = 3 * 1024 * 1024
/** Nodes bring the names of all their images along. */
export const MAX_PAGE = 64 * 1024 * 1024
export const MAX_EVENT = 8 * 1024 * 1024
export const MAX_ERROR = 64 * 1024
