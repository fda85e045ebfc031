import type { Workload } from '../workload/index.ts'
import type { AdmissionRequest } from './request.ts'

/** Kubernetes' own controllers that make pods, or what pods are made from, by their service accounts. */
const CONTROLLERS = [
  'cronjob-controller',
  'daemon-set-controller',
  'deployment-controller',
  'job-controller',
  'replicaset-controller',
  'replication-controller',
  'statefulset-controller',
].map((name) => `system:serviceaccount:kube-system:${name}`)

/** Where the controller manager runs without `--use-service-account-credentials`, it makes everything in its own name. */
const MAKERS: ReadonlySet<string> = new Set([...CONTROLLERS, 'system:kube-controller-manager'])

/**
 * Who brings the object: a controller where it has a controlling owner and the requester is one of Kubernetes' controllers
 * or of `configured` (whole user names). An owner alone proves nothing, since anyone can write one; and what a person adds to a controller's
 * pod, an ephemeral container, is that person's.
 */
export function makerOf(
  request: AdmissionRequest,
  workload: Workload,
  configured: readonly string[] = [],
): 'person' | 'controller' {
  if (workload.controller === undefined) return 'person'
  return MAKERS.has(request.username) || configured.includes(request.username) ? 'controller' : 'person'
}
