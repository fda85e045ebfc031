import type { Platform, Runtime } from '../platform/index.ts'

export interface Taint {
  readonly key: string
  readonly value: string
  readonly effect: string
}

/** What a kubelet lists of its images, in `status.images`. */
export interface ImageList {
  /** As a runtime names them: `docker.io/library/nginx:1.25`, `docker.io/library/nginx@sha256:...`. */
  readonly names: ReadonlySet<string>
  /** What is not in it is not on the node, as of when it was made. */
  readonly complete: boolean
}

/** What we keep of a Node object. */
export interface Node {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  readonly unschedulable: boolean
  /** From `status.nodeInfo`, else from the `kubernetes.io/os|arch` labels; undefined where neither says. */
  readonly platform: Platform | undefined
  readonly runtime: Runtime
  /** The same for nodes of one platform and runtime; empty where the platform is undefined. */
  readonly hostKey: string
  readonly images: ImageList
  /** May refuse a pod an image that is there but was pulled with a secret that the pod lacks (facts of the kubelet's pull, 2.3 and 2.4). */
  readonly verifies: boolean
  /** True for a node that stands for `--platform`: of its labels only os and arch are known, and any other requirement is taken to hold. */
  readonly assumed: boolean
}
