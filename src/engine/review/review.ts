import { asksRegistry, decide } from '../policy/index.ts'
import type { Decided, PolicyConfig, PolicyContext } from '../policy/index.ts'
import { judgeImage } from '../verdict/index.ts'
import type { Finding, ImageVerdict, PodEvidence } from '../verdict/index.ts'
import type { ImageUse, Workload } from '../workload/index.ts'
import { gatherImages } from './images.ts'
import type { ImagePorts } from './images.ts'
import { knownHosts } from './known-hosts.ts'
import { findLanding } from './landing.ts'
import type { ClusterView } from './ports.ts'
import { gatherSecrets } from './secrets.ts'

/** What a review stands on; all of it is given, nothing is reached for. */
export interface ReviewDeps extends ImagePorts {
  readonly view: ClusterView
  readonly policy: PolicyConfig
  /** Hosts for which nodes hold credentials of their own: `*.dkr.ecr.*.amazonaws.com`. */
  readonly nodeCredentials: readonly string[]
}

export interface ReviewTask {
  readonly workload: Workload
  /** The request's namespace, else the object's. */
  readonly namespace: string
  /** Those of the workload's uses that are in question. */
  readonly uses: readonly ImageUse[]
  readonly maker: PolicyContext['maker']
  /** The object is in the cluster already. */
  readonly exists: boolean
  /** The API server has merged the service account's pull secrets. */
  readonly merged: boolean
}

export interface Reviewed {
  /** In the order of the uses. */
  readonly verdicts: readonly ImageVerdict[]
  readonly decided: Decided<Finding>
}

/**
 * One object through all stages, top to bottom:
 * workload -> references -> pull secrets -> keyring -> image facts -> node facts -> verdict -> decision.
 */
export async function review(task: ReviewTask, deps: ReviewDeps, signal: AbortSignal): Promise<Reviewed> {
  const { workload, namespace, uses } = task
  const labels = await deps.view.namespace(namespace, signal)
  const context: PolicyContext = {
    config: deps.policy,
    labels: labels.kind === 'found' ? labels.value.labels : {},
    maker: task.maker,
  }
  if (uses.length === 0 || !asksRegistry(context)) return { verdicts: [], decided: decide([], context) }

  const [pullSecrets, landing] = await Promise.all([
    gatherSecrets({ workload, namespace, merged: task.merged }, deps.view, { signal, fresh: false }),
    findLanding(workload.placement, deps.view, signal),
  ])
  const hosts = landing.kind === 'hosts' ? landing.hosts : []
  const images = await gatherImages({ uses, pullSecrets, hosts, nodeCredentials: deps.nodeCredentials }, deps, signal)

  const pod: PodEvidence = {
    subject: subjectOf(task),
    secrets: pullSecrets.secrets,
    account: pullSecrets.account,
    landing,
    knownHosts: knownHosts(
      workload.uses.map(({ image }) => image),
      pullSecrets.keys,
    ),
    blindNamespace: labels.kind === 'unreadable',
  }
  const verdicts = images.map((image) => judgeImage(image, pod))
  return { verdicts, decided: decide(verdicts, context) }
}

function subjectOf({ workload, namespace, exists }: ReviewTask): PodEvidence['subject'] {
  const { kind, name, template, specField } = workload
  return { kind, name, namespace, template, specField, exists }
}
