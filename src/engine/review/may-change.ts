import { findRewriter } from '../mutators/index.ts'
import { specPathOf } from '../workload/index.ts'
import type { Read, NamespaceView } from './ports.ts'
import type { ReviewDeps, ReviewTask } from './review.ts'

/**
 * Why what is bad about this object is not denied yet (design, "What is checked, when": templates), fit to print; undefined where it may be.
 * A Pod under review has been through all mutation. One in a file has not.
 */
export async function mayChange(
  { workload, namespace, merged }: ReviewTask,
  labels: Read<NamespaceView>,
  { policy, rewriting }: Pick<ReviewDeps, 'policy' | 'rewriting'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (policy.templates === 'warn' && workload.template) return 'templates: warn'
  if (policy.templates !== 'auto' || merged || rewriting === undefined) return undefined
  const mutators = await rewriting.mutators(signal)
  if (mutators.kind === 'unreadable')
    return rewriting.unread === 'rewriter' ? 'mutating webhooks could not be read' : undefined
  if (mutators.kind !== 'found') return undefined
  const pods = {
    namespace,
    namespaceLabels: labels.kind === 'unreadable' ? undefined : labels.kind === 'found' ? labels.value.labels : {},
    labels: workload.podLabels,
    builtIn: specPathOf(workload.apiVersion, workload.kind) !== undefined,
  }
  const rewriter = findRewriter(mutators.value, pods, rewriting.harmless)
  return rewriter === undefined ? undefined : `may be rewritten by ${rewriter.kind} ${rewriter.name}`
}
