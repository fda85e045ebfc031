import type { Platform } from '../../engine/platform/index.ts'
import type { PolicyConfig } from '../../engine/policy/index.ts'
import type { CustomKind } from '../../engine/workload/index.ts'

/** The commands that take configuration. */
export type Command = 'check' | 'serve' | 'audit' | 'demo'

/** Everything that a command may be told, from defaults, file, environment and flags. Frozen. */
export interface Config extends PolicyConfig {
  readonly nodes: {
    /** `--platform`: the nodes, where no Node object says. */
    readonly platforms: readonly Platform[]
    /** Globs of the hosts for which the nodes hold credentials of their own. */
    readonly credentials: readonly string[]
    /** containerd's `certs.d`. */
    readonly hostsDir?: string
  }
  /** Kinds beside Kubernetes' own whose pod templates are judged. */
  readonly workloads: readonly CustomKind[]
  /** User names of controllers that make pods, beside Kubernetes' own. */
  readonly controllers: readonly string[]
  readonly mutators: {
    /** Names, or `*.` and how they end, of what rewrites neither images nor pull secrets. */
    readonly harmless: readonly string[]
  }
  readonly registries: {
    /** `host[:port]`: HTTP, or HTTPS unverified, as in docker. */
    readonly insecure: readonly string[]
    readonly caFile?: string
    /** Addresses or CIDRs that the safety rules would refuse. */
    readonly allowAddresses: readonly string[]
  }
  /** A directory of YAML that stands for the whole cluster. Never beside `cluster`. */
  readonly view?: string
  /** The cluster to read; with neither, `check` reads none, and `serve` the one that it runs in. */
  readonly cluster: { readonly kubeconfig?: string; readonly context?: string }
  /** For one object and all its lookups, in milliseconds. */
  readonly timeoutMs: number
  readonly check: {
    readonly inputs: readonly string[]
    readonly output: 'text' | 'json'
    readonly level?: 'baseline' | 'strict'
    readonly failOn: 'denied' | 'undetermined'
    readonly namespace?: string
    readonly color: 'auto' | 'always' | 'never'
    readonly quiet: boolean
    /** A path, or `none`; undefined: docker's own default. */
    readonly dockerConfig?: string
  }
  readonly serve: {
    readonly port: number
    readonly metricsPort: number
    readonly tlsCertFile?: string
    readonly tlsPrivateKeyFile?: string
    readonly clientCAFile?: string
    readonly certificates: {
      /** `files`: the two above. `self`: made and renewed in the Secret; the two above are absent then. */
      readonly mode: 'files' | 'self'
      readonly secret: string
      readonly service: string
      readonly webhookConfiguration: string
    }
    /** Milliseconds; undefined: by where it runs. */
    readonly drainMs?: number
    /** The ConfigMap that keeps what became of pods that would have been denied; undefined: they are not looked at. */
    readonly forecasts?: string
  }
  readonly audit: {
    readonly output: 'text' | 'json'
    readonly color: 'auto' | 'always' | 'never'
    /** Undefined: its own in a pod, else the one that the chart is usually installed in. */
    readonly namespace?: string
    readonly configMap: string
    /** Judged pods below which nothing is called safe. */
    readonly least: number
  }
  readonly demo: { readonly once: boolean; readonly port?: number }
}

export type ConfigReading =
  | { readonly kind: 'config'; readonly config: Config }
  | { readonly kind: 'help'; readonly text: string }
  /** One line, fit to print. */
  | { readonly kind: 'misuse'; readonly message: string }
