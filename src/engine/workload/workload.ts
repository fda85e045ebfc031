export type PullPolicy = 'Always' | 'IfNotPresent' | 'Never'

/** One place in a pod that names an image which a node will have to have. */
export interface ImageUse {
  /** The path from the object's root: `spec.template.spec.initContainers[0].image`, `spec.volumes[1].image.reference`. */
  readonly field: string
  readonly image: string
  readonly role: 'container' | 'init' | 'ephemeral' | 'volume'
  /** The container's or the volume's name. */
  readonly name: string
  /** As written, else as the API server defaults it. */
  readonly pullPolicy: PullPolicy
}

export interface Toleration {
  readonly key: string
  readonly operator: string
  readonly value: string
  readonly effect: string
}

export interface Requirement {
  readonly key: string
  readonly operator: string
  readonly values: readonly string[]
}

export interface NodeTerm {
  readonly expressions: readonly Requirement[]
  readonly fields: readonly Requirement[]
}

/** What of a pod spec says where it may run. */
export interface Placement {
  readonly nodeName: string
  readonly nodeSelector: Readonly<Record<string, string>>
  /** `requiredDuringSchedulingIgnoredDuringExecution`: terms are OR-ed; undefined where there is none, empty matches nothing. */
  readonly terms: readonly NodeTerm[] | undefined
  readonly tolerations: readonly Toleration[]
  /** `spec.os.name`; empty where it is not said. */
  readonly os: string
  /** The object is a DaemonSet: its controller adds tolerations. */
  readonly daemonSet: boolean
  readonly hostNetwork: boolean
}

/** A pod-bearing object, read once. */
export interface Workload {
  readonly apiVersion: string
  readonly kind: string
  /** Empty where the object names none. */
  readonly namespace: string
  /** `metadata.name`, else `metadata.generateName`; may be empty. */
  readonly name: string
  /** True where pods are made from it later: everything but a Pod. */
  readonly template: boolean
  /** The path of the pod spec: `spec`, `spec.template.spec`, `spec.jobTemplate.spec.template.spec`, `template.spec`. */
  readonly specField: string
  /** Those of the pod, or those that a template gives to its pods. */
  readonly podLabels: Readonly<Record<string, string>>
  readonly uses: readonly ImageUse[]
  /** `default` where none is named. */
  readonly serviceAccount: string
  /** Names in order, empty ones dropped. */
  readonly pullSecrets: readonly string[]
  /** False where the list is empty or absent, so that the API server copies the ServiceAccount's into a Pod. `[{name: ""}]` counts as said. */
  readonly pullSecretsSaid: boolean
  readonly placement: Placement
  /** `spec.runtimeClassName`; empty where none is named. */
  readonly runtimeClass: string
  /** The owner whose `controller` is true. */
  readonly controller: { readonly apiVersion: string; readonly kind: string; readonly name: string } | undefined
  /** A kubelet's mirror pod: annotation `kubernetes.io/config.mirror`. */
  readonly mirror: boolean
  /** `metadata.deletionTimestamp` is set. */
  readonly deleting: boolean
}
