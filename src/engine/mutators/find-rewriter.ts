import { isHarmless } from './harmless.ts'
import type { Mutator } from './mutator.ts'
import { maySelect } from './selector.ts'
import type { Labels } from './selector.ts'

/** The pods that a template makes, as far as they are known before. */
export interface PodsToCome {
  readonly namespace: string
  /** The namespace's; undefined where they could not be read. */
  readonly namespaceLabels: Readonly<Record<string, string>> | undefined
  /** Those of the template's metadata. */
  readonly labels: Readonly<Record<string, string>>
  /** The template is of a kind of Kubernetes itself: other controllers may add labels that nobody here knows. */
  readonly builtIn: boolean
}

/** The label by which API servers name every namespace. */
const NAMESPACE_NAME = 'kubernetes.io/metadata.name'

/** Labels that Kubernetes' own controllers give to the pods which they make ("Well-Known Labels, Annotations and Taints"). */
const ADDED: ReadonlySet<string> = new Set([
  'apps.kubernetes.io/pod-index',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-completion-index',
  'batch.kubernetes.io/job-name',
  'controller-revision-hash',
  'controller-uid',
  'job-name',
  'pod-template-generation',
  'pod-template-hash',
  'statefulset.kubernetes.io/pod-name',
])

/**
 * The first that may still change images or pull secrets of these pods, undefined where there is none. That one mutator adds a label by
 * which another selects is not looked for.
 */
export function findRewriter(
  mutators: readonly Mutator[],
  pods: PodsToCome,
  harmless: readonly string[],
): Mutator | undefined {
  const { namespace, namespaceLabels, builtIn } = pods
  const ofNamespace: Labels = {
    known: { ...namespaceLabels, [NAMESPACE_NAME]: namespace },
    open: (key) => namespaceLabels === undefined && key !== NAMESPACE_NAME,
  }
  const ofPod: Labels = {
    known: pods.labels,
    open: (key) => (builtIn ? ADDED.has(key) : !Object.hasOwn(pods.labels, key)),
  }
  return mutators.find(
    (mutator) =>
      mutator.namespaces.every((selector) => maySelect(selector, ofNamespace)) &&
      mutator.objects.every((selector) => maySelect(selector, ofPod)) &&
      !isHarmless(mutator, harmless),
  )
}
