import type { LRUCache } from 'lru-cache'
import type { Host, Platform } from '../../engine/platform/index.ts'
import type { Parsed } from './documents.ts'
import type { Limits } from './options.ts'
import type { Session } from './session.ts'

/** What is fetched by digest and kept: it cannot change, only vanish. */
export type Content =
  { readonly kind: 'document'; readonly parsed: Parsed } | { readonly kind: 'config'; readonly platform: Platform }

/** One question on its way: the sessions in the order of the node's endpoints. */
export interface Lookup {
  readonly sessions: readonly Session[]
  readonly hosts: readonly Host[]
  readonly limits: Limits
  readonly content: LRUCache<string, Content>
}
