import { objectExemption } from '../policy/index.ts'
import { exemptResult, invalidLabelLine, resultOf } from '../report/index.ts'
import type { ObjectResult } from '../report/index.ts'
import { readWorkload } from '../workload/index.ts'
import { review } from './review.ts'
import type { ReviewDeps } from './review.ts'

/** An object of a file, as `check` reads it. */
export interface FileObject {
  readonly source: string
  readonly document: number
  readonly object: unknown
  /** For objects that name none. */
  readonly defaultNamespace: string
}

export type ObjectReview =
  /** `warnings`: what is wrong about its namespace, each fit to print. */
  | { readonly kind: 'reviewed'; readonly result: ObjectResult; readonly warnings: readonly string[] }
  | { readonly kind: 'not-a-workload' }
  /** A field that we need is of a type that no API server would take. */
  | { readonly kind: 'broken'; readonly field: string; readonly message: string }

/** YAML to report: reviews one object as if its author applied it now. */
export async function reviewObject(file: FileObject, deps: ReviewDeps, signal: AbortSignal): Promise<ObjectReview> {
  const reading = readWorkload(file.object, deps.customKinds)
  if (reading.kind !== 'workload') return reading
  const { workload } = reading
  const namespace = workload.namespace === '' ? file.defaultNamespace : workload.namespace
  const { source, document } = file
  const located = { source, document, kind: workload.kind, namespace, name: workload.name }
  // Who will apply it is not known.
  const subject = { namespace, username: '', groups: [], runtimeClass: workload.runtimeClass }
  const exemption = objectExemption(subject, deps.policy.exemptions)
  if (exemption !== undefined) return { kind: 'reviewed', result: exemptResult(located, exemption), warnings: [] }
  const { verdicts, decided, invalid, ignored } = await review(
    { workload, namespace, uses: workload.uses, maker: 'person', exists: false, merged: false },
    deps,
    signal,
  )
  return {
    kind: 'reviewed',
    result: ignored === undefined ? resultOf(located, verdicts, decided) : exemptResult(located, ignored),
    warnings: invalid.map((label) => invalidLabelLine(label, namespace)),
  }
}
