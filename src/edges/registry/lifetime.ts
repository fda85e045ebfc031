import { isFailure } from '../../engine/verdict/index.ts'
import type { Document, Failure, ImageFact } from '../../engine/verdict/index.ts'
import type { Limits } from './options.ts'

/** Milliseconds for which a fact may be told again. A failure below a found index makes it as short-lived as itself. */
export function lifetimeOf(fact: ImageFact, limits: Limits): number {
  switch (fact.kind) {
    case 'found':
      return Math.min(limits.foundMs, ...failuresIn(fact.document).map((failure) => lifetimeOf(failure, limits)))
    case 'absent':
    case 'refused':
    case 'blocked':
    case 'invalid':
    case 'unfollowed':
      return limits.refusedMs
    case 'throttled':
    case 'unreachable':
    case 'faulty':
    case 'unasked':
    case 'out-of-time':
      return limits.unansweredMs
  }
}

function failuresIn(document: Document): readonly Failure[] {
  switch (document.kind) {
    case 'index':
      return [...document.children.values()].flatMap((child) => (isFailure(child) ? [child] : failuresIn(child)))
    case 'manifest':
      return document.config !== undefined && isFailure(document.config) ? [document.config] : []
    case 'schema1':
    case 'other':
      return []
  }
}

/** Roughly what a fact costs to keep, in bytes. */
export function weightOf(fact: ImageFact): number {
  if (fact.kind === 'absent') return 500 + (fact.tags?.length ?? 0) * 60
  return fact.kind === 'found' ? 500 + weightOfDocument(fact.document) : 500
}

export function weightOfDocument(document: Document | Failure): number {
  if (isFailure(document) || document.kind === 'schema1' || document.kind === 'other') return 200
  if (document.kind === 'manifest') return 500 + document.layerTypes.length * 80
  const children = [...document.children.values()].map(weightOfDocument)
  return 500 + document.entries.length * 400 + children.reduce((sum, weight) => sum + weight, 0)
}
