import { causeNames, causes, outcomeOf } from '../verdict/index.ts'
import type { Cause, Decision, Outcome } from '../verdict/index.ts'
import { levels } from './config.ts'
import type { Level, PolicyConfig } from './config.ts'

const LABEL = 'pullable.dev/'

/** What the decision needs of a finding. */
export interface Found {
  readonly cause: Cause
  readonly detail: string | undefined
}

export interface Judged<F extends Found> {
  readonly outcome: Outcome
  readonly findings: readonly F[]
}

export interface PolicyContext {
  readonly config: PolicyConfig
  /** The namespace's; undefined where they could not be read. */
  readonly labels: Readonly<Record<string, string>> | undefined
  /** A pod that a controller makes is never denied for a matter of policy: a drained node must not turn a rule into an outage. */
  readonly maker: 'person' | 'controller'
}

export interface DecidedFinding<F extends Found> {
  readonly finding: F
  readonly decision: Decision
  /** Annotated, counted, reported. */
  readonly audited: boolean
  readonly exempted: boolean
  /** In `mode: audit`: `enforce` would have denied it. */
  readonly wouldDeny: boolean
}

export interface DecidedImage<F extends Found> {
  readonly decision: Decision
  /** Worst decision first, then the order of the causes. */
  readonly findings: readonly DecidedFinding<F>[]
}

export interface Decided<F extends Found> {
  readonly verdict: Outcome
  readonly decision: Decision
  readonly images: readonly DecidedImage<F>[]
}

/**
 * The levels in force for a namespace: its labels, else the defaults, `enforce` never below the floor. A value that is no level counts as no label.
 * A namespace whose labels could not be read may have opted out: only the floor denies, and what the default would have denied is a warning.
 */
export function levelsOf({ config, labels }: Pick<PolicyContext, 'config' | 'labels'>): PolicyConfig['defaults'] {
  if (labels === undefined) return levelsOfUnread(config)
  const said = (mode: 'enforce' | 'warn' | 'audit'): Level => {
    const label = Object.hasOwn(labels, LABEL + mode) ? labels[LABEL + mode] : undefined
    return levels.find((level) => level === label) ?? config.defaults[mode]
  }
  // The API server is told not to call us for such a namespace; where it does, or `check` reads one, it is left alone all the same.
  if (Object.hasOwn(labels, `${LABEL}ignore`)) return { enforce: 'none', warn: 'none', audit: 'none' }
  return {
    enforce: stricter(config.enforceAt ?? said('enforce'), config.floor),
    warn: said('warn'),
    audit: said('audit'),
  }
}

function levelsOfUnread({ defaults, enforceAt, floor, mode }: PolicyConfig): PolicyConfig['defaults'] {
  const silenced = mode === 'audit' && defaults.warn === 'none'
  return {
    enforce: stricter(enforceAt ?? 'none', floor),
    warn: silenced ? 'none' : stricter(defaults.warn, defaults.enforce),
    audit: defaults.audit,
  }
}

/** False where every mode is at `none`: then nobody is asked anything. */
export function asksRegistry(context: Pick<PolicyContext, 'config' | 'labels'>): boolean {
  const { enforce, warn, audit } = levelsOf(context)
  return enforce !== 'none' || warn !== 'none' || audit !== 'none'
}

/** Verdict to decision (design, "Decision: modes, levels, exemptions"). Images stay in their order. */
export function decide<F extends Found>(images: readonly Judged<F>[], context: PolicyContext): Decided<F> {
  const inForce = levelsOf(context)
  const decided = images.map(({ findings }) => decideImage(findings, inForce, context))
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
  findings: readonly F[],
  inForce: PolicyConfig['defaults'],
  context: PolicyContext,
): DecidedImage<F> {
  const decided = findings.map((finding) => decideFinding(finding, inForce, context))
  decided.sort(
    (a, b) =>
      DECISIONS.indexOf(a.decision) - DECISIONS.indexOf(b.decision) ||
      causeNames.indexOf(a.finding.cause) - causeNames.indexOf(b.finding.cause),
  )
  return { decision: decided[0]?.decision ?? 'allow', findings: decided }
}

function decideFinding<F extends Found>(
  finding: F,
  inForce: PolicyConfig['defaults'],
  context: PolicyContext,
): DecidedFinding<F> {
  const { config, labels, maker } = context
  if (Object.hasOwn(labels ?? {}, `${LABEL}exempt-${finding.cause}`))
    return { finding, decision: 'allow', audited: false, exempted: true, wouldDeny: false }
  const cell = (level: Level): Decision => cellOf(finding, level, config)
  const denies = cell(inForce.enforce) === 'deny' && !(maker === 'controller' && outcomeOf(finding.cause) === null)
  const audited = cell(inForce.audit) !== 'allow'
  const auditMode = config.mode === 'audit'
  if (denies && !auditMode) return { finding, decision: 'deny', audited, exempted: false, wouldDeny: false }
  // The dry run of the whole cluster says at least what enforce would; who silenced warnings is left in peace.
  const warnLevel = auditMode && inForce.warn !== 'none' ? stricter(inForce.warn, inForce.enforce) : inForce.warn
  const warns = cell(warnLevel) !== 'allow'
  return { finding, decision: warns ? 'warn' : 'allow', audited, exempted: false, wouldDeny: denies }
}

function cellOf({ cause, detail }: Found, level: Level, config: PolicyConfig): Decision {
  if (level === 'none') return 'allow'
  const moved = (key: string): Decision | undefined =>
    Object.hasOwn(config.causes, key) ? config.causes[key] : undefined
  return (detail === undefined ? undefined : moved(`${cause}.${detail}`)) ?? moved(cause) ?? causes[cause][level]
}

function stricter(a: Level, b: Level): Level {
  return levels.indexOf(a) < levels.indexOf(b) ? b : a
}

function worst<T>(values: readonly T[], order: readonly [...T[], T]): T {
  return order.find((value) => values.includes(value)) ?? (order[order.length - 1] as T)
}
