import { LRUCache } from 'lru-cache'
import type { Logger, Metrics } from '../base/telemetry/index.ts'
import type { InvalidLabel, MisleadingLabel } from '../engine/policy/index.ts'
import type { AdmissionAnswer, NamespaceReview } from '../engine/review/index.ts'
import { fullName } from '../engine/verdict/index.ts'

type Answered = Extract<AdmissionAnswer, { readonly kind: 'answered' }>

/** Labels that have been told; those long unseen may be told again. */
const MOST_LABELS = 1_000

/** One line and one count for each decision. */
export function tellReviews(log: Logger, metrics: Metrics): (answer: Answered, seconds: number) => void {
  const told = new LRUCache<string, true>({ max: MOST_LABELS })

  /** A label is told of once, and not with every pod of its namespace. */
  function tellLabel({ mode, value, level }: InvalidLabel, namespace: string): void {
    metrics.invalidLabel(mode)
    const key = `${namespace} ${mode} ${value}`
    if (told.has(key)) return
    told.set(key, true)
    const label = `pullable.dev/${mode}`
    log.warn({ namespace, label, value, default: level }, 'label of a namespace says no level, so the default holds')
  }

  function tellNamespace(about: object, { misleading, running }: NamespaceReview): void {
    const kinds = misleading.map(labelOf)
    for (const kind of kinds) metrics.invalidLabel(kind)
    const looked =
      running?.kind === 'looked' ? running.refused.reduce((sum, { pods }) => sum + pods.length, 0) : undefined
    log.info(
      { ...about, misleading: kinds, ...(looked !== undefined && { wouldRefuse: looked }) },
      'labels of a namespace changed',
    )
  }

  return ({ request, response, outcome }, seconds) => {
    const { uid, operation, kind, namespace, name, username, dryRun } = request
    const decision = outcome.kind === 'judged' ? outcome.result.decision : 'allow'
    metrics.admission({ operation, kind: kind.kind, decision, seconds })
    const about = {
      uid,
      operation,
      kind: kind.kind,
      namespace,
      name,
      username,
      dryRun,
      allowed: response.response.allowed,
      decision,
      ms: Math.round(seconds * 1000),
    }
    if (outcome.kind === 'exempt') {
      metrics.exemption(outcome.exemption.by)
      log.info({ ...about, exempted: [outcome.exemption.by] }, 'reviewed')
      return
    }
    if (outcome.kind === 'passed') {
      log.info({ ...about, passed: outcome.why }, 'reviewed')
      return
    }
    if (outcome.kind === 'namespace') {
      tellNamespace(about, outcome.review)
      return
    }
    const { result, exempted, invalid, advisory } = outcome
    const findings = result.images.flatMap(({ field, findings }) => findings.map((finding) => ({ field, ...finding })))
    for (const finding of findings) metrics.finding(finding.cause, finding.decision)
    for (const cause of exempted) metrics.exemption(cause)
    for (const label of invalid) tellLabel(label, namespace)
    const named = (wanted: string): string[] =>
      findings
        .filter((finding) => finding.decision === wanted)
        .map((finding) => `${finding.field}: ${fullName(finding)}`)
    log.info(
      {
        ...about,
        name: result.name,
        verdict: result.verdict,
        denied: named('deny'),
        warned: named('warn'),
        exempted,
        ...(advisory !== undefined && { advisory }),
      },
      'reviewed',
    )
  }
}

/** As the metric calls it. */
function labelOf(label: MisleadingLabel): string {
  switch (label.kind) {
    case 'level':
      return label.mode
    case 'cause':
      return 'exempt'
    case 'floor':
    case 'unknown':
      return label.kind
  }
}
