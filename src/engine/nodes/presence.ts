import { hostAssumed, pulledName } from '../reference/index.ts'
import type { Reference } from '../reference/index.ts'
import type { PullPolicy } from '../workload/index.ts'
import type { Node } from './node.ts'

/** What the image lists of the candidate nodes say of one image. */
export interface Presence {
  /** How many nodes were looked at; one at least. */
  readonly candidates: number
  /** How many of them list it. */
  readonly listed: number
  /** How many have a complete list without it. Of the rest nothing is known. */
  readonly lacking: number
  /** Some of those that list it check that the pod could have pulled it, and else pull again. */
  readonly verified: boolean
}

/**
 * Looks for an image under the one name by which a runtime finds it: `name:tag`, or `name@digest` where there is a digest
 * (facts of the kubelet's pull, 2.5). Undefined where no node is known. `image` is the reference as the pod writes it.
 */
export function presenceOf(image: string, reference: Reference, candidates: readonly Node[]): Presence | undefined {
  if (candidates.length === 0) return undefined
  const name = pulledName(reference)
  const short = hostAssumed(image)
  let listed = 0
  let lacking = 0
  let verified = false
  for (const { images, runtime, verifies } of candidates) {
    // CRI-O reads a name without a host by its node's own registries.conf: it need not be Docker Hub's.
    if (short && runtime.name === 'cri-o') continue
    if (images.names.has(name)) {
      listed += 1
      verified ||= verifies
    } else if (images.complete) lacking += 1
  }
  return { candidates: candidates.length, listed, lacking, verified }
}

export function onEveryCandidate(presence: Presence | undefined): boolean {
  return presence !== undefined && presence.listed === presence.candidates
}

/** Whether a node may have to pull, so that registry and pull secrets matter (facts of the kubelet's pull, 2.2). */
export function needsPull(policy: PullPolicy, presence: Presence | undefined): boolean {
  if (policy !== 'IfNotPresent') return policy === 'Always'
  return !onEveryCandidate(presence) || presence?.verified !== false
}
