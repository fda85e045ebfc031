import { printable } from '../../base/text.ts'
import type { AdmissionRequest } from './request.ts'

/** A finding that denies, as `StatusCause` of meta/v1 has it. */
export interface DenialCause {
  /** `manifest-unknown`, `registry-unreachable.dns` */
  readonly reason: string
  readonly message: string
  /** `spec.containers[0].image` */
  readonly field: string
}

/** What is to be said to the API server. */
export interface Answer {
  /** Present: the object is denied with it. Lines are kept. */
  readonly denial?: string | undefined
  /** The findings that deny, for programs. */
  readonly causes?: readonly DenialCause[]
  /** One finding each. */
  readonly warnings: readonly string[]
  readonly annotations: Readonly<Record<string, string>>
}

/** An AdmissionReview of v1 that answers. It has no patch: a validating webhook that sends one is ignored with its verdict. */
export interface AdmissionResponse {
  readonly apiVersion: 'admission.k8s.io/v1'
  readonly kind: 'AdmissionReview'
  readonly response: {
    readonly uid: string
    readonly allowed: boolean
    readonly status?: {
      readonly status: 'Failure'
      readonly code: 403
      readonly reason: 'Forbidden'
      readonly message: string
      readonly details?: { readonly causes: readonly DenialCause[] }
    }
    readonly warnings?: readonly string[]
    readonly auditAnnotations?: Readonly<Record<string, string>>
  }
}

/** A guard behind the 1 KiB that the text of a denial already keeps to. */
const MAX_DENIAL = 2048

/** Each is kept short: the whole goes into every answer, and is read by programs. */
const MAX_CAUSES = 16
const MAX_CAUSE_MESSAGE = 256
const MAX_FIELD = 256

/** From here on the API server cuts every warning of the request to 256 characters, and drops the rest. */
const MAX_WARNINGS_TOTAL = 4096
const MAX_WARNING = 1024

/** Kept free for the line that counts what was left out. */
const MORE_ROOM = 32

/** The name part of a qualified name: the API server puts `<webhook name>/` before it, and drops what does not fit. */
const ANNOTATION_KEY = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const MAX_ANNOTATION = 4096
const MAX_ANNOTATIONS = 32

/**
 * The answer as the API server takes it (admission/v1 `AdmissionResponse`). Denials are 403 `Forbidden`: other reasons make
 * kubectl hide the message, or controllers take the object for created.
 */
export function respond(request: AdmissionRequest, answer: Answer): AdmissionResponse {
  const { denial } = answer
  const warnings = fitWarnings(answer.warnings)
  const auditAnnotations = fitAnnotations(answer.annotations)
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid: request.uid,
      allowed: denial === undefined,
      ...(denial === undefined
        ? {}
        : {
            status: {
              status: 'Failure',
              code: 403,
              reason: 'Forbidden',
              message: fitDenial(denial),
              ...fitCauses(answer.causes ?? []),
            },
          }),
      ...(warnings.length === 0 ? {} : { warnings }),
      ...(Object.keys(auditAnnotations).length === 0 ? {} : { auditAnnotations }),
    },
  }
}

function fitDenial(text: string): string {
  const lines = text.slice(0, MAX_DENIAL).split('\n')
  return lines.map((line) => shown(line, MAX_DENIAL)).join('\n')
}

/** kubectl shows no causes of a 403, so they repeat nothing to a person. */
function fitCauses(causes: readonly DenialCause[]): { readonly details?: { readonly causes: readonly DenialCause[] } } {
  if (causes.length === 0) return {}
  const kept = causes.slice(0, MAX_CAUSES).map(({ reason, message, field }) => ({
    reason,
    message: shown(message, MAX_CAUSE_MESSAGE),
    field: shown(field, MAX_FIELD),
  }))
  return { details: { causes: kept } }
}

/** Single lines without control characters (the API server drops any other in silence), each once, within the total. */
function fitWarnings(texts: readonly string[]): readonly string[] {
  const lines = [...new Set(texts.map((text) => shown(text, MAX_WARNING)))].filter((line) => line !== '')
  const kept: string[] = []
  let total = 0
  for (const line of lines) {
    total += Array.from(line).length
    const room = kept.length + 1 < lines.length ? MAX_WARNINGS_TOTAL - MORE_ROOM : MAX_WARNINGS_TOTAL
    if (total > room) return [...kept, `and ${lines.length - kept.length} more`]
    kept.push(line)
  }
  return kept
}

function fitAnnotations(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(annotations).filter(([key]) => ANNOTATION_KEY.test(key))
  return Object.fromEntries(
    entries.slice(0, MAX_ANNOTATIONS).map(([key, value]) => [key, shown(value, MAX_ANNOTATION)]),
  )
}

function shown(text: string, most: number): string {
  return printable(text, most).trim()
}
