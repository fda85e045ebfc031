import type { Decision } from '../verdict/index.ts'
import { noExemptions } from './exemptions.ts'
import type { Exemptions } from './exemptions.ts'

/** How strict a namespace is, in each of the three modes. */
export type Level = 'none' | 'baseline' | 'strict'

export const levels = ['none', 'baseline', 'strict'] as const satisfies readonly Level[]

/** What the configuration says of decisions (design, "Decision"). */
export interface PolicyConfig {
  /** `audit`: nothing is denied, in the whole cluster. */
  readonly mode: 'enforce' | 'audit'
  /** For namespaces that carry no label. */
  readonly defaults: { readonly enforce: Level; readonly warn: Level; readonly audit: Level }
  /** Labels cannot take `enforce` below it. */
  readonly floor: Level
  /** `check --level`: takes the place of `enforce` everywhere, labels and default alike. */
  readonly enforceAt?: Level
  /** By cause, or by cause and detail (`registry-unreachable.dns`), at both levels. */
  readonly causes: Readonly<Record<string, Decision>>
  readonly exemptions: Exemptions
  /** What is no pod yet: denied as a pod would be, warned of, or (`auto`) warned of where something may still rewrite its pods. */
  readonly templates: 'auto' | 'deny' | 'warn'
}

export const defaultPolicy: PolicyConfig = {
  mode: 'enforce',
  defaults: { enforce: 'baseline', warn: 'strict', audit: 'strict' },
  floor: 'none',
  causes: {},
  exemptions: noExemptions,
  templates: 'auto',
}
