import { printable } from '../../base/text.ts'
import type { Decided, Exemption } from '../policy/index.ts'
import { parseReference, pulledName } from '../reference/index.ts'
import type { Cause, Decision, Finding, ImageVerdict, Note, Outcome } from '../verdict/index.ts'
import { outcomeOf } from '../verdict/index.ts'

/** One row of a CheckReport's `results` (design, "The command line"); stable within `pullable.dev/v1`. */
export interface ObjectResult {
  readonly source: string
  /** From 1 within its source. */
  readonly document: number
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly verdict: Outcome
  readonly decision: Decision
  readonly images: readonly ImageResult[]
  /** Only where the object is exempt as a whole: then no image of it was looked at. */
  readonly exempt?: Exemption
}

export interface ImageResult {
  readonly field: string
  readonly image: string
  readonly resolved: {
    readonly reference: string
    readonly digest: string
    readonly platforms: readonly string[]
  } | null
  readonly outcome: Outcome
  readonly cause: Cause | null
  readonly decision: Decision
  readonly message: string | null
  readonly fix: string | null
  readonly findings: readonly FindingResult[]
  readonly notes: readonly Note[]
  /** Only where the configuration exempts the image, and that made a difference. */
  readonly exempt?: Exemption
}

export interface FindingResult {
  readonly cause: Cause
  /** Only where the cause has finer names. */
  readonly detail?: string
  /** Null for a matter of policy. */
  readonly outcome: Outcome | null
  readonly decision: Decision
  readonly message: string
  readonly fix: string
  /** Only where a label of the namespace exempts the cause. */
  readonly exempt?: Exemption
}

export interface Located {
  readonly source: string
  readonly document: number
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** Verdicts and what was decided on them, in the form that is printed. */
export function resultOf(object: Located, verdicts: readonly ImageVerdict[], decided: Decided<Finding>): ObjectResult {
  const images = verdicts.map((verdict, index) => imageResult(verdict, decided.images[index]))
  return { ...located(object), verdict: decided.verdict, decision: decided.decision, images }
}

/** Of an object that is exempt as a whole. */
export function exemptResult(object: Located, exempt: Exemption): ObjectResult {
  return { ...located(object), verdict: 'pullable', decision: 'allow', images: [], exempt: shownExemption(exempt) }
}

/** Of the configuration; a label's value has 63. */
const MOST_REASON = 200

function located({ source, document, kind, namespace, name }: Located): Located {
  return {
    source,
    document,
    kind: printable(kind, 63),
    namespace: printable(namespace, 63),
    name: printable(name, 253),
  }
}

function imageResult(verdict: ImageVerdict, decided: Decided<Finding>['images'][number] | undefined): ImageResult {
  const findings = (decided?.findings ?? []).map(({ finding, decision, exemption }): FindingResult => {
    const { cause, detail, message, fix } = finding
    return {
      cause,
      ...(detail === undefined ? {} : { detail }),
      outcome: outcomeOf(cause),
      decision,
      message,
      fix,
      ...(exemption !== undefined && { exempt: shownExemption(exemption) }),
    }
  })
  const [leading] = findings
  return {
    field: verdict.field,
    image: printable(verdict.image, 512),
    resolved: resolvedOf(verdict),
    outcome: verdict.outcome,
    cause: leading?.cause ?? null,
    decision: decided?.decision ?? 'allow',
    message: leading?.message ?? null,
    fix: leading?.fix ?? null,
    findings,
    notes: verdict.notes,
    ...(decided?.exemption !== undefined && { exempt: decided.exemption }),
  }
}

function shownExemption({ reason, ...exemption }: Exemption): Exemption {
  return { ...exemption, ...(reason !== undefined && { reason: printable(reason, MOST_REASON) }) }
}

function resolvedOf({ image, resolved }: ImageVerdict): ImageResult['resolved'] {
  const parsed = parseReference(image)
  if (resolved === undefined || parsed.kind === 'invalid') return null
  return { reference: pulledName(parsed.reference), digest: resolved.digest, platforms: resolved.platforms }
}
