import { levels } from './config.ts'
import type { Level, PolicyConfig } from './config.ts'
import type { Exemption } from './exemptions.ts'

/** What our labels of a namespace begin with. */
export const LABEL = 'pullable.dev/'

/** A namespace, as far as it says how strict to be. */
export interface Labelled {
  readonly config: PolicyConfig
  /** The namespace's; undefined where they could not be read. */
  readonly labels: Readonly<Record<string, string>> | undefined
}

/**
 * The levels in force for a namespace: its labels, else the defaults, `enforce` never below the floor. A value that is no level counts as no label.
 * A namespace whose labels could not be read may have opted out: only the floor denies, and what the default would have denied is a warning.
 */
export function levelsOf({ config, labels }: Labelled): PolicyConfig['defaults'] {
  if (labels === undefined) return levelsOfUnread(config)
  const said = (mode: 'enforce' | 'warn' | 'audit'): Level => {
    const label = Object.hasOwn(labels, LABEL + mode) ? labels[LABEL + mode] : undefined
    return levels.find((level) => level === label) ?? config.defaults[mode]
  }
  // The API server is told not to call us for such a namespace; where it does, or `check` reads one, it is left alone all the same.
  if (ignoredBy(labels) !== undefined) return { enforce: 'none', warn: 'none', audit: 'none' }
  return {
    enforce: stricter(config.enforceAt ?? said('enforce'), config.floor),
    warn: said('warn'),
    audit: said('audit'),
  }
}

/** The label by which a namespace is left alone; undefined where it has none. */
export function ignoredBy(labels: Labelled['labels']): Exemption | undefined {
  return labels === undefined ? undefined : labelExemption('ignore', labels)
}

/** What a label of ours says, as an exemption: its value is the ticket. */
export function labelExemption(key: string, labels: Readonly<Record<string, string>>): Exemption | undefined {
  const name = LABEL + key
  if (!Object.hasOwn(labels, name)) return undefined
  const ticket = labels[name] ?? ''
  return { by: 'label', name, ...(ticket !== '' && { reason: ticket }) }
}

function levelsOfUnread({ defaults, enforceAt, floor, mode }: PolicyConfig): PolicyConfig['defaults'] {
  const silenced = mode === 'audit' && defaults.warn === 'none'
  return {
    enforce: stricter(enforceAt ?? 'none', floor),
    warn: silenced ? 'none' : stricter(defaults.warn, defaults.enforce),
    audit: defaults.audit,
  }
}

/** A label of a namespace that says no level, and what holds in its place. */
export interface InvalidLabel {
  readonly mode: 'enforce' | 'warn' | 'audit'
  /** As it is written: show it through `printable`. */
  readonly value: string
  /** The default. */
  readonly level: Level
}

/** The labels of a namespace that say no level, so that the default holds. */
export function invalidLabels({ config, labels }: Labelled): readonly InvalidLabel[] {
  if (labels === undefined || ignoredBy(labels) !== undefined) return []
  return MODES.flatMap((mode) => {
    const value = Object.hasOwn(labels, LABEL + mode) ? labels[LABEL + mode] : undefined
    const invalid = value !== undefined && !levels.some((level) => level === value)
    return invalid ? [{ mode, value, level: config.defaults[mode] }] : []
  })
}

const MODES = ['enforce', 'warn', 'audit'] as const

/** False where every mode is at `none`: then nobody is asked anything. */
export function asksRegistry(context: Labelled): boolean {
  const { enforce, warn, audit } = levelsOf(context)
  return enforce !== 'none' || warn !== 'none' || audit !== 'none'
}

export function stricter(a: Level, b: Level): Level {
  return levels.indexOf(a) < levels.indexOf(b) ? b : a
}
