import { causeNames, causes, outcomeOf } from '../verdict/index.ts'
import type { Cause, Decision, Outcome } from '../verdict/index.ts'
import type { Level, PolicyConfig } from './config.ts'
import type { Exemption } from './exemptions.ts'
import { labelExemption, levelsOf, stricter } from './levels.ts'
import type { Labelled } from './levels.ts'

/** What the decision needs of a finding. */
export interface Found {
  readonly cause: Cause
  readonly detail: string | undefined
}

export interface Judged<F extends Found> {
  readonly outcome: Outcome
  readonly findings: readonly F[]
  /** What the configuration exempts the image by. Of what was not asked, and so not found, nothing is decided here. */
  readonly exemption?: Exemption | undefined
}

export interface PolicyContext extends Labelled {
  /** A pod that a controller makes is never denied for a matter of policy: a drained node must not turn a rule into an outage. */
  readonly maker: 'person' | 'controller'
  /** Not what a node will see, and it may yet change: what would be denied is a warning, and its pods are judged. Absent: no. */
  readonly advisory?: boolean
}

export interface DecidedFinding<F extends Found> {
  readonly finding: F
  readonly decision: Decision
  /** Annotated, counted, reported. */
  readonly audited: boolean
  /** The label of the namespace that exempts its cause. */
  readonly exemption: Exemption | undefined
  /** In `mode: audit`: `enforce` would have denied it. */
  readonly wouldDeny: boolean
  /** `enforce` would deny it, were it not of a registry whose findings never deny. */
  readonly spared: boolean
}

export interface DecidedImage<F extends Found> {
  readonly decision: Decision
  /** Worst decision first, then the order of the causes. */
  readonly findings: readonly DecidedFinding<F>[]
  /** What the configuration exempts it by, where that made a difference. */
  readonly exemption: Exemption | undefined
}

export interface Decided<F extends Found> {
  readonly verdict: Outcome
  readonly decision: Decision
  readonly images: readonly DecidedImage<F>[]
}

/** Verdict to decision (design, "Decision: modes, levels, exemptions"). Images stay in their order. */
export function decide<F extends Found>(images: readonly Judged<F>[], context: PolicyContext): Decided<F> {
  const inForce = levelsOf(context)
  const decided = images.map((image) => decideImage(image, inForce, context))
  return {
    verdict: worst(
      images.map(({ outcome }) => outcome),
      ['failing', 'undetermined', 'pullable'],
    ),
    decision: worst(
      decided.map(({ decision }) => decision),
      DECISIONS,
    ),
    images: decided,
  }
}

const DECISIONS = ['deny', 'warn', 'allow'] as const

function decideImage<F extends Found>(
  { findings, exemption }: Judged<F>,
  inForce: PolicyConfig['defaults'],
  context: PolicyContext,
): DecidedImage<F> {
  const lenient = exemption?.by === 'registry-warn'
  const decided = findings.map((finding) => decideFinding(finding, lenient, inForce, context))
  decided.sort(
    (a, b) =>
      DECISIONS.indexOf(a.decision) - DECISIONS.indexOf(b.decision) ||
      causeNames.indexOf(a.finding.cause) - causeNames.indexOf(b.finding.cause),
  )
  return {
    decision: decided[0]?.decision ?? 'allow',
    findings: decided,
    exemption: lenient && !decided.some(({ spared }) => spared) ? undefined : exemption,
  }
}

function decideFinding<F extends Found>(
  finding: F,
  lenient: boolean,
  inForce: PolicyConfig['defaults'],
  context: PolicyContext,
): DecidedFinding<F> {
  const { config, labels, maker, advisory = false } = context
  const exemption = labels && labelExemption(`exempt-${finding.cause}`, labels)
  if (exemption !== undefined)
    return { finding, decision: 'allow', audited: false, exemption, wouldDeny: false, spared: false }
  const cell = (level: Level): Decision => cellOf(finding, level, config)
  const denies = cell(inForce.enforce) === 'deny' && !(maker === 'controller' && outcomeOf(finding.cause) === null)
  const audited = cell(inForce.audit) !== 'allow'
  const auditMode = config.mode === 'audit'
  const softened = auditMode || advisory || lenient
  if (denies && !softened) return { finding, decision: 'deny', audited, exemption, wouldDeny: false, spared: false }
  // The dry run of the whole cluster says at least what enforce would; who silenced warnings is left in peace.
  const warnLevel = softened && inForce.warn !== 'none' ? stricter(inForce.warn, inForce.enforce) : inForce.warn
  const warns = cell(warnLevel) !== 'allow'
  return {
    finding,
    decision: warns ? 'warn' : 'allow',
    audited,
    exemption,
    wouldDeny: denies && !advisory && !lenient,
    spared: denies && lenient,
  }
}

/** Whether a namespace that enforces `baseline`, which exempts nothing, denies it. */
export function deniedAtBaseline(finding: Found, config: PolicyConfig): boolean {
  return cellOf(finding, 'baseline', config) === 'deny'
}

function cellOf({ cause, detail }: Found, level: Level, config: PolicyConfig): Decision {
  if (level === 'none') return 'allow'
  const moved = (key: string): Decision | undefined =>
    Object.hasOwn(config.causes, key) ? config.causes[key] : undefined
  return (detail === undefined ? undefined : moved(`${cause}.${detail}`)) ?? moved(cause) ?? causes[cause][level]
}

function worst<T>(values: readonly T[], order: readonly [...T[], T]): T {
  return order.find((value) => values.includes(value)) ?? (order[order.length - 1] as T)
}
