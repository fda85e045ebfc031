import { printable } from '../../base/text.ts'
import { needsPull } from '../nodes/index.ts'
import { hostAssumed, pulledName } from '../reference/index.ts'
import type { Reference } from '../reference/index.ts'
import type { ImageUse } from '../workload/index.ts'
import type { Finding, Note, Outcome } from './causes.ts'
import { causeNames, outcomeOf } from './causes.ts'
import { checkAccess } from './check-access.ts'
import { checkNever, heldByNodes, presenceNotes } from './check-presence.ts'
import { checkReference } from './check-reference.ts'
import type { Latest } from './check-reference.ts'
import { checkLanding, checkRunnable } from './check-runnable.ts'
import { checkSecrets } from './check-secrets.ts'
import type { ImageEvidence, PodEvidence } from './evidence.ts'
import type { Found } from './facts.ts'
import { setImage, toBeRead } from './fixes.ts'
import { notesOf } from './notes.ts'
import { platformNames } from './platform-names.ts'

/** What the registry resolved the image to, for reports. */
export interface Resolved {
  readonly digest: string
  readonly platforms: readonly string[]
}

/** The verdict on one image use. */
export interface ImageVerdict {
  readonly field: string
  readonly image: string
  readonly outcome: Outcome
  /** In the order of the causes. */
  readonly findings: readonly Finding[]
  readonly notes: readonly Note[]
  readonly resolved: Resolved | undefined
}

/** Facts to verdict: pure, and the same for the same facts. */
export function judgeImage(image: ImageEvidence, pod: PodEvidence): ImageVerdict {
  const { use, parsed, presence } = image
  if (parsed.kind === 'invalid') return verdict(image, checkReference(image, pod, 'unasked'), [], undefined)
  const { reference } = parsed
  const { findings: refusals, found, reader } = checkAccess(reference, image, pod)
  const pulled = needsPull(use.pullPolicy, presence)
  const runnable = found === undefined ? [] : checkRunnable(reference, found, reader, image, pod)
  const held = heldByNodes(
    [...checkSecrets(image, pod), ...registryFindings([...refusals, ...runnable], reference, image, pod)],
    reference,
    image,
    pod,
  )
  const findings = [
    ...checkReference(image, pod, latestOf(refusals, found)),
    ...(pod.blindNamespace ? [blind()] : []),
    ...checkNever(reference, image),
    ...held,
    ...(held.some(({ detail }) => detail === 'nodes') ? [] : checkLanding(image, pod, found)),
  ]
  const notes = [
    ...(pulled ? notesOf(reference, found, refusals.length > 0, image, pod) : []),
    ...presenceNotes(image, pulled, found !== undefined),
  ]
  return verdict(
    image,
    findings,
    notes,
    found === undefined ? undefined : { digest: found.digest, platforms: platformNames(found.document) },
  )
}

/** Nothing is asked of an exempt image, so nothing is found. */
export function notJudged({ field, image }: ImageUse): ImageVerdict {
  return { field, image, outcome: 'pullable', findings: [], notes: [], resolved: undefined }
}

// CRI-O reads a name without a host by its node's own registries.conf: what Docker Hub says of it is then not certain.
function registryFindings(
  findings: readonly Finding[],
  reference: Reference,
  image: ImageEvidence,
  { landing, subject }: PodEvidence,
): readonly Finding[] {
  const { use } = image
  const byAlias = landing.kind === 'hosts' && landing.hosts.some(({ runtime }) => runtime.name === 'cri-o')
  if (!byAlias || !needsPull(use.pullPolicy, image.presence) || !hostAssumed(use.image)) return findings
  const shortName: Finding = {
    cause: 'runtime-dependent',
    detail: 'short-name',
    message: `no registry host is named, and CRI-O nodes look such a name up in their own registries.conf: it need not be ${pulledName(reference)}`,
    fix: setImage(subject, use, pulledName(reference), ', or whichever registry is meant'),
  }
  return [...findings.filter(({ cause }) => outcomeOf(cause) !== 'failing'), shortName]
}

function latestOf(refusals: readonly Finding[], found: Found | undefined): Latest {
  if (found !== undefined) return { digest: found.digest }
  return refusals.some(({ cause }) => cause === 'manifest-unknown') ? { digest: undefined } : 'unasked'
}

const LONGEST = 480 // characters of a message or a fix: a denial has 1 KiB for both, and for where it is

function verdict(
  { use }: ImageEvidence,
  findings: readonly Finding[],
  notes: readonly Note[],
  resolved: Resolved | undefined,
): ImageVerdict {
  const sorted = findings.map(({ cause, detail, message, fix }) => ({
    cause,
    detail,
    message: printable(message, LONGEST),
    fix: printable(fix, LONGEST),
  }))
  sorted.sort((a, b) => causeNames.indexOf(a.cause) - causeNames.indexOf(b.cause))
  const outcomes = sorted.map(({ cause }) => outcomeOf(cause))
  const outcome = outcomes.includes('failing')
    ? 'failing'
    : outcomes.includes('undetermined')
      ? 'undetermined'
      : 'pullable'
  return {
    field: use.field,
    image: use.image,
    outcome,
    findings: sorted,
    notes: notes.map(({ code, message }) => ({ code, message: printable(message, LONGEST) })),
    resolved,
  }
}

function blind(): Finding {
  return {
    cause: 'view-incomplete',
    detail: 'namespace',
    message: 'the namespace and its labels could not be read',
    fix: toBeRead('get namespaces'),
  }
}
