import { makerOf, readAdmissionReview, respond, usesToJudge, whyNotJudged } from '../admission/index.ts'
import type { AdmissionRequest, AdmissionResponse, NotJudged } from '../admission/index.ts'
import { makeForecast } from '../forecast/index.ts'
import type { Forecast } from '../forecast/index.ts'
import { objectExemption } from '../policy/index.ts'
import type { Exemption, InvalidLabel } from '../policy/index.ts'
import {
  auditAnnotations,
  denialCauses,
  denialText,
  exemptAnnotations,
  invalidLabelLine,
  resultOf,
  warningLines,
} from '../report/index.ts'
import type { ObjectResult } from '../report/index.ts'
import { readWorkload } from '../workload/index.ts'
import type { CustomKind, Workload } from '../workload/index.ts'
import { isOfNamespace, reviewNamespace } from './review-namespace.ts'
import type { NamespaceDeps, NamespaceReview } from './review-namespace.ts'
import { review } from './review.ts'

export interface AdmissionDeps extends NamespaceDeps {
  /** The namespace that the product runs in; empty where it runs in none. */
  readonly ownNamespace: string
  /** User names of controllers that make pods, beside Kubernetes' own. */
  readonly controllers?: readonly string[]
}

export type AdmissionOutcome =
  | {
      readonly kind: 'judged'
      readonly result: ObjectResult
      /** By what: `manifest-unknown` of a label, `image`, `registry-skip` of the configuration. */
      readonly exempted: readonly string[]
      /** Labels of the namespace that say no level. */
      readonly invalid: readonly InvalidLabel[]
      /** Why what would be denied of a template is a warning. */
      readonly advisory?: string | undefined
      /** Of an admitted pod, where it was said not to start. */
      readonly forecast?: Forecast | undefined
    }
  | { readonly kind: 'passed'; readonly why: NotJudged | 'broken' | 'unchanged' }
  | { readonly kind: 'exempt'; readonly exemption: Exemption }
  | { readonly kind: 'namespace'; readonly review: NamespaceReview }

export type AdmissionAnswer =
  | {
      readonly kind: 'answered'
      readonly request: AdmissionRequest
      readonly response: AdmissionResponse
      readonly outcome: AdmissionOutcome
    }
  | { readonly kind: 'unreadable'; readonly problem: string }

/** AdmissionReview to response. `body` is what JSON gave; nothing of it is trusted. */
export async function reviewAdmission(
  body: unknown,
  deps: AdmissionDeps,
  signal: AbortSignal,
): Promise<AdmissionAnswer> {
  const reading = readAdmissionReview(body)
  if (reading.kind === 'unreadable') return reading
  const { request } = reading
  if (isOfNamespace(request)) return judgeNamespace(request, deps, signal)
  const { ownNamespace, customKinds = [] } = deps
  const early = whyNotJudged(request, { ownNamespace, customKinds })
  if (early !== undefined) return pass(request, early)
  const object = readWorkload(request.object, customKinds)
  if (object.kind === 'broken')
    return pass(request, 'broken', [`pullable could not read ${object.field}: ${object.message}`])
  if (object.kind === 'not-a-workload') return pass(request, 'kind')
  const { workload } = object
  const late = whyNotJudged(request, { ownNamespace, customKinds, workload })
  if (late !== undefined) return pass(request, late)
  const uses = usesToJudge(request.operation, workload, oldWorkload(request, customKinds))
  if (uses.length === 0) return pass(request, 'unchanged')
  const exemption = objectExemption({ ...request, runtimeClass: workload.runtimeClass }, deps.policy.exemptions)
  if (exemption !== undefined) return exempt(request, exemption)
  return judge(request, workload, uses, deps, signal)
}

async function judge(
  request: AdmissionRequest,
  workload: Workload,
  uses: Workload['uses'],
  deps: AdmissionDeps,
  signal: AbortSignal,
): Promise<AdmissionAnswer> {
  const { namespace } = request
  const task = {
    workload,
    namespace,
    uses,
    maker: makerOf(request, workload, deps.controllers),
    exists: request.operation === 'UPDATE',
    merged: !workload.template,
  }
  const { verdicts, decided, advisory, invalid, ignored } = await review(task, deps, signal)
  if (ignored !== undefined) return exempt(request, ignored)
  const located = {
    source: '',
    document: 1,
    kind: workload.kind,
    namespace,
    name: request.name === '' ? workload.name : request.name,
  }
  const result = resultOf(located, verdicts, decided)
  const warnings = warningLines(
    result,
    (image, finding) => decided.images[image]?.findings[finding]?.wouldDeny === true,
  )
  // Who applied it need not be who set the label: it is said where it may explain something.
  const mislabelled = result.decision === 'allow' ? [] : invalid.map((label) => invalidLabelLine(label, namespace))
  const response = respond(request, {
    denial: denialText(result),
    causes: denialCauses(result),
    warnings: [...warnings, ...mislabelled],
    annotations: { ...auditAnnotations(result, decided, invalid), ...(advisory !== undefined && { advisory }) },
  })
  const exempted = decided.images.flatMap(({ findings, exemption }) => [
    ...(exemption === undefined ? [] : [exemption.by]),
    ...findings.filter((finding) => finding.exemption !== undefined).map(({ finding }) => finding.cause),
  ])
  const forecast = makeForecast({ ...request, uses, decided }, deps.policy)
  return {
    kind: 'answered',
    request,
    response,
    outcome: { kind: 'judged', result, exempted, invalid, advisory, forecast },
  }
}

async function judgeNamespace(
  request: AdmissionRequest,
  deps: AdmissionDeps,
  signal: AbortSignal,
): Promise<AdmissionAnswer> {
  if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return pass(request, 'operation')
  const seen = await reviewNamespace(request, deps, signal)
  const response = respond(request, { warnings: seen.warnings, annotations: {} })
  return { kind: 'answered', request, response, outcome: { kind: 'namespace', review: seen } }
}

function exempt(request: AdmissionRequest, exemption: Exemption): AdmissionAnswer {
  const response = respond(request, { warnings: [], annotations: exemptAnnotations(exemption) })
  return { kind: 'answered', request, response, outcome: { kind: 'exempt', exemption } }
}

function pass(
  request: AdmissionRequest,
  why: NotJudged | 'broken' | 'unchanged',
  warnings: readonly string[] = [],
): AdmissionAnswer {
  return {
    kind: 'answered',
    request,
    response: respond(request, { warnings, annotations: {} }),
    outcome: { kind: 'passed', why },
  }
}

function oldWorkload({ oldObject }: AdmissionRequest, customKinds: readonly CustomKind[]): Workload | undefined {
  const old = readWorkload(oldObject, customKinds)
  return old.kind === 'workload' ? old.workload : undefined
}
