/** One Kubernetes object, and where it stands. */
export interface Manifest {
  /** The file as the user would name it, or `stdin`. */
  readonly source: string
  /** From 1, within its source; the items of a List share theirs. */
  readonly document: number
  /** From 1: the line where the object begins. */
  readonly line: number
  /** Data only: no accessor, no class but Object and Array. A key `__proto__` is an own property like any other. */
  readonly object: Readonly<Record<string, unknown>>
}

/** What could not be read. */
export interface ManifestProblem {
  readonly source: string
  /** 0 where it is the file or the directory itself. */
  readonly document: number
  /** 0 where it is the file or the directory itself. */
  readonly line: number
  /** Fit to print. */
  readonly message: string
}

export interface ManifestReading {
  readonly documents: readonly Manifest[]
  /** Documents that are no Kubernetes objects: a values.yaml, a kustomization without kind. Empty ones do not count. */
  readonly skipped: number
  readonly problems: readonly ManifestProblem[]
}

/** A document, or one of the values in it. */
export type DocumentReading =
  | { readonly kind: 'value'; readonly value: unknown; readonly line: number; readonly itemLine?: ItemLine }
  | { readonly kind: 'problem'; readonly line: number; readonly message: string }

/** The line where an item of a List begins, by the path of `items` indexes that leads to it. */
export type ItemLine = (path: readonly number[]) => number
