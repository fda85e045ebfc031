/** A platform as image indexes, image configs and nodes name it (OCI image-spec, image-index `platform`). */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
  readonly osVersion?: string
  readonly osFeatures?: readonly string[]
}

/**
 * The container runtime of a node, from `status.nodeInfo.containerRuntimeVersion` (`containerd://2.1.4`).
 * `unknown` where nothing says: `--platform`, or a Node without status.
 */
export interface Runtime {
  readonly name: 'containerd' | 'cri-o' | 'docker' | 'other' | 'unknown'
  /** `2.1.4`; empty where it is not known. */
  readonly version: string
}

/** One kind of place where the pod may land: all candidate nodes that judge an image alike. */
export interface Host {
  readonly platform: Platform
  readonly runtime: Runtime
}
