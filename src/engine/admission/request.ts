/** A kind as the API server names it. The core group is the empty string. */
export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

export interface GroupVersionResource {
  readonly group: string
  readonly version: string
  readonly resource: string
}

/** What a review asks about (admission.k8s.io/v1 `AdmissionRequest`); fields that the sender leaves out are empty. */
export interface AdmissionRequest {
  /** Random for each call. Echoed, and the log's correlation id. */
  readonly uid: string
  /** `CREATE`, `UPDATE`, `DELETE` or `CONNECT`. */
  readonly operation: string
  readonly kind: GroupVersionKind
  readonly resource: GroupVersionResource
  readonly subResource: string
  /** Empty with generateName: all pods of a ReplicaSet. */
  readonly name: string
  /** To be trusted over the object's own. */
  readonly namespace: string
  readonly object: unknown
  readonly oldObject: unknown
  readonly username: string
  readonly groups: readonly string[]
  readonly dryRun: boolean
}
