import { isLeftAlone } from '../admission/index.ts'
import type { AdmissionRequest } from '../admission/index.ts'
import { misleadingLabels, tightens } from '../policy/index.ts'
import type { MisleadingLabel } from '../policy/index.ts'
import { misleadingLabelLine, podsLines } from '../report/index.ts'
import type { PodsSeen } from '../report/index.ts'
import type { ReadPods } from './ports.ts'
import type { ReviewDeps } from './review.ts'
import { lookAtPods } from './look-at-pods.ts'

export interface NamespaceDeps extends ReviewDeps {
  readonly ownNamespace: string
  /** Absent: what runs in a namespace is not looked at. */
  readonly pods?: ReadPods | undefined
}

export interface NamespaceReview {
  /** Single lines, for whoever set the labels. */
  readonly warnings: readonly string[]
  readonly misleading: readonly MisleadingLabel[]
  /** Undefined where there was no reason to look. */
  readonly running: PodsSeen | undefined
}

/** Whether it is about a namespace itself. */
export function isOfNamespace({ kind: { group, kind } }: AdmissionRequest): boolean {
  return group === '' && kind === 'Namespace'
}

/**
 * A change of a namespace's labels: what of it is misleading, and, where it makes the namespace stricter, which of the pods that run
 * there would be refused. Never a denial: who may change the labels is the guard's to say.
 */
export async function reviewNamespace(
  request: AdmissionRequest,
  deps: NamespaceDeps,
  signal: AbortSignal,
): Promise<NamespaceReview> {
  const labels = labelsOf(request.object)
  const before = labelsOf(request.oldObject)
  const name = request.name
  const labelled = { config: deps.policy, labels }
  const misleading = misleadingLabels(labelled, before)
  // A namespace that is being made has no pods.
  const looks = request.operation === 'UPDATE' && !isLeftAlone(name, deps.ownNamespace) && tightens(labelled, before)
  const running =
    looks && deps.pods !== undefined ? await lookAtPods({ name, labels }, deps.pods, deps, signal) : undefined
  return {
    warnings: [
      ...misleading.map((label) => misleadingLabelLine(label, name)),
      ...(running === undefined ? [] : podsLines(running)),
    ],
    misleading,
    running,
  }
}

function labelsOf(object: unknown): Readonly<Record<string, string>> {
  const labels = own(own(object, 'metadata'), 'labels')
  const pairs = typeof labels === 'object' && labels !== null ? Object.entries(labels) : []
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string'))
}

function own(object: unknown, key: string): unknown {
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, key)) return undefined
  return (object as Readonly<Record<string, unknown>>)[key]
}
