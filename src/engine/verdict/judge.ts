import type { Finding, Note, Outcome } from './causes.ts'
import { causeNames, outcomeOf } from './causes.ts'
import { checkAccess } from './check-access.ts'
import { checkReference } from './check-reference.ts'
import { checkRunnable, platformNames } from './check-runnable.ts'
import { checkSecrets } from './check-secrets.ts'
import type { ImageEvidence, PodEvidence } from './evidence.ts'
import { notesOf } from './notes.ts'

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
  const { use, parsed } = image
  const findings: Finding[] = [...checkReference(image, pod)]
  if (parsed.kind === 'invalid') return verdict(image, findings, [], undefined)
  const { reference } = parsed
  if (pod.blindNamespace) findings.push(blind())
  findings.push(...checkSecrets(image, pod))
  const { findings: refusals, found } = checkAccess(reference, image, pod)
  findings.push(...refusals)
  if (found !== undefined) findings.push(...checkRunnable(reference, found, image, pod))
  const troubled = findings.some(({ cause }) => outcomeOf(cause) !== null)
  const notes = use.pullPolicy === 'Never' ? [] : notesOf(reference, found, troubled, image, pod)
  return verdict(
    image,
    findings,
    notes,
    found === undefined ? undefined : { digest: found.digest, platforms: platformNames(found.document) },
  )
}

function verdict(
  { use }: ImageEvidence,
  findings: readonly Finding[],
  notes: readonly Note[],
  resolved: Resolved | undefined,
): ImageVerdict {
  const sorted = [...findings].sort((a, b) => causeNames.indexOf(a.cause) - causeNames.indexOf(b.cause))
  const outcomes = sorted.map(({ cause }) => outcomeOf(cause))
  const outcome = outcomes.includes('failing')
    ? 'failing'
    : outcomes.includes('undetermined')
      ? 'undetermined'
      : 'pullable'
  return { field: use.field, image: use.image, outcome, findings: sorted, notes, resolved }
}

function blind(): Finding {
  return {
    cause: 'view-incomplete',
    detail: 'namespace',
    message: 'the namespace and its labels could not be read',
    fix: 'let us read namespaces: see the log for the RBAC rule that is missing',
  }
}
