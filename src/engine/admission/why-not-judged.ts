import { specPathOf } from '../workload/index.ts'
import type { CustomKind, Workload } from '../workload/index.ts'
import type { AdmissionRequest, GroupVersionKind } from './request.ts'

/** Why a request is admitted without a look at its images. A closed list, fit for a log field and an annotation. */
export type NotJudged =
  'operation' | 'subresource' | 'kind' | 'system-namespace' | 'own-namespace' | 'being-deleted' | 'mirror-pod'

export interface JudgingScope {
  /** The namespace that the product runs in; empty where it runs in none. */
  readonly ownNamespace: string
  /** Kinds beside Kubernetes' own that are judged. */
  readonly customKinds?: readonly CustomKind[]
  /** The object, once it is read: deletion and mirror pods are only seen with it. */
  readonly workload?: Workload | undefined
}

/**
 * Subresources of a pod that change no image: the list of Kubernetes' own Pod Security admission, and `resize`, which changes requests and
 * limits alone (kubernetes.io, "Resize CPU and Memory Resources assigned to Containers"). Any other, those that do
 * not exist yet included, is judged, so that a newer API server does not open a way past us.
 */
const POD_SUBRESOURCES: ReadonlySet<string> = new Set([
  'attach',
  'binding',
  'eviction',
  'exec',
  'log',
  'portforward',
  'proxy',
  'resize',
  'status',
])

const SYSTEM_NAMESPACES: ReadonlySet<string> = new Set(['kube-system', 'kube-node-lease'])

/**
 * Why this request is none of ours (design, "What is checked, when"), or undefined where it is to be judged. Needs no
 * workload, so ask it first without, before anything is read, and again with.
 */
export function whyNotJudged(request: AdmissionRequest, scope: JudgingScope): NotJudged | undefined {
  if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return 'operation'
  if (changesNoImage(request)) return 'subresource'
  if (!bearsPods(request.kind, scope.customKinds)) return 'kind'
  if (SYSTEM_NAMESPACES.has(request.namespace)) return 'system-namespace'
  if (request.namespace !== '' && request.namespace === scope.ownNamespace) return 'own-namespace'
  if (scope.workload?.deleting === true) return 'being-deleted'
  // Anyone can write the annotation; only a kubelet is in the group.
  if (scope.workload?.mirror === true && request.groups.includes('system:nodes')) return 'mirror-pod'
  return undefined
}

/** A namespace whose pods are never judged: the cluster's own parts, and the product's. */
export function isLeftAlone(namespace: string, ownNamespace: string): boolean {
  return SYSTEM_NAMESPACES.has(namespace) || (namespace !== '' && namespace === ownNamespace)
}

function bearsPods({ group, version, kind }: GroupVersionKind, custom: JudgingScope['customKinds']): boolean {
  return specPathOf(group === '' ? version : `${group}/${version}`, kind, custom) !== undefined
}

function changesNoImage({ resource, subResource }: AdmissionRequest): boolean {
  if (subResource === '') return false
  const ofPod = resource.group === '' && resource.resource === 'pods'
  return ofPod ? POD_SUBRESOURCES.has(subResource) : true
}
