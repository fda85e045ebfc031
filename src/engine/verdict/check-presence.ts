import { onEveryCandidate } from '../nodes/index.ts'
import type { Presence } from '../nodes/index.ts'
import { pulledName } from '../reference/index.ts'
import type { Reference } from '../reference/index.ts'
import type { ImageUse } from '../workload/index.ts'
import { causeNames, outcomeOf } from './causes.ts'
import type { Finding, Note } from './causes.ts'
import type { ImageEvidence, PodEvidence } from './evidence.ts'

/** `never-pull-absent`: it may not be pulled, and no candidate has it. */
export function checkNever(reference: Reference, { use, presence }: ImageEvidence): readonly Finding[] {
  if (use.pullPolicy !== 'Never' || presence === undefined || presence.lacking < presence.candidates) return []
  const { candidates } = presence
  const nobody =
    candidates === 1 ? 'the only candidate node does not list' : `none of the ${candidates} candidate nodes lists`
  return [
    {
      cause: 'never-pull-absent',
      detail: undefined,
      message: `the pull policy is Never, and ${nobody} ${pulledName(reference)}`,
      fix: `load the image onto the nodes, or set ${policyField(use)} to IfNotPresent`,
    },
  ]
}

/**
 * What fails to be pulled runs all the same where the image is, with `IfNotPresent`, by the list of its node or because another pod runs
 * it there: the failing findings become one
 * `cached-only`, or, where the cluster's nodes or those pods could not be read, and any of them may have it, one `view-incomplete`. It stays a
 * failure where the bytes that are there are those that cannot run.
 */
export function heldByNodes(
  findings: readonly Finding[],
  reference: Reference,
  { use, presence }: ImageEvidence,
  { landing, running }: PodEvidence,
): readonly Finding[] {
  if (use.pullPolicy !== 'IfNotPresent') return findings
  const failing = findings.filter(({ cause }) => outcomeOf(cause) === 'failing')
  const [leading] = failing.toSorted((a, b) => causeNames.indexOf(a.cause) - causeNames.indexOf(b.cause))
  if (leading === undefined || (reference.digest !== undefined && failing.every(isOfTheBytes))) return findings
  const rest = findings.filter((finding) => !failing.includes(finding))
  const { message, fix } = leading
  if (landing.kind === 'unreadable') {
    const unseen = `the nodes could not be read (${landing.detail}), and may have the image; on a node without it the pod fails`
    return [...rest, { cause: 'view-incomplete', detail: 'nodes', message: `${unseen}: ${message}`, fix }]
  }
  if (presence === undefined || presence.listed === 0) {
    if (running === undefined) return findings
    if ('unread' in running) {
      const unseen = `the pods of this namespace could not be read (${running.unread}), and one may run the image; on a node without it the pod fails`
      return [...rest, { cause: 'view-incomplete', detail: 'pods', message: `${unseen}: ${message}`, fix }]
    }
    if (!running.has(pulledName(reference))) return findings
    const runs =
      'a pod of this namespace runs the image on a node where this one may land; on a node without it the pod fails'
    return [...rest, { cause: 'cached-only', detail: undefined, message: `${runs}: ${message}`, fix }]
  }
  const why = onEveryCandidate(presence)
    ? ', but a kubelet from 1.35 on pulls again what was pulled with a secret that the pod lacks'
    : '; on a node without it the pod fails'
  const held = `${holders(presence)} the image${why}`
  return [...rest, { cause: 'cached-only', detail: undefined, message: `${held}: ${message}`, fix }]
}

// How a registry serves it has no part in these.
const ARTIFACTS = new Set<string | undefined>(['archive', 'artifact', 'signature'])

function isOfTheBytes({ cause, detail }: Finding): boolean {
  return cause === 'platform-mismatch' || (cause === 'manifest-unsupported' && ARTIFACTS.has(detail))
}

/** `already-on-nodes`, where it says why no registry was asked, or that fewer nodes pull than one might think. */
export function presenceNotes({ use, presence }: ImageEvidence, pulled: boolean, found: boolean): readonly Note[] {
  if (presence === undefined || presence.listed === 0) return []
  if (pulled ? !found : !onEveryCandidate(presence)) return []
  const unasked = use.pullPolicy === 'IfNotPresent' && !pulled ? ', so that no registry is asked' : ''
  return [{ code: 'already-on-nodes', message: `${holders(presence)} the image already${unasked}` }]
}

function holders({ listed, candidates }: Presence): string {
  if (listed < candidates) return `${listed} of ${candidates} candidate nodes ${listed === 1 ? 'has' : 'have'}`
  return candidates === 1 ? 'the only candidate node has' : `all ${candidates} candidate nodes have`
}

function policyField({ field, role }: ImageUse): string {
  return role === 'volume' ? field.replace(/reference$/, 'pullPolicy') : field.replace(/image$/, 'imagePullPolicy')
}
