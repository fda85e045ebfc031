import type { Read } from '../../engine/review/index.ts'
import { follow } from './follow.ts'
import type { FollowParts } from './follow.ts'
import type { Setback } from './list.ts'
import { createStore } from './store.ts'

export interface Watched<T> {
  /** What is kept under a name, unless it is stale. */
  get(name: string): T | undefined
  all(): Read<readonly T[]>
  /** How what is not there, or not current, could not be read; undefined while it is current. */
  lack(): Unreadable | undefined
  whyNotRead(): string | undefined
  /** Seconds since it was known to be current. */
  age(): number | undefined
  readonly ended: Promise<void>
}

type Unreadable = Extract<Read<never>, { kind: 'unreadable' }>

/** A resource that is watched, believed for a while when it is no longer, and then not. */
export function watchResource<T>(
  parts: Omit<FollowParts, 'store'> & { readonly read: (object: unknown) => T | undefined },
  signal: AbortSignal,
): Watched<T> {
  const store = createStore(parts.read)
  const following = follow({ ...parts, store }, signal)

  function lack(): Unreadable | undefined {
    const age = following.age()
    if (age !== undefined && age * 1_000 < parts.limits.staleMs) return undefined
    return { kind: 'unreadable', detail: detailOf(following.setback(), age === undefined) }
  }

  return {
    get: (name) => (lack() === undefined ? store.get(name) : undefined),
    all: () => lack() ?? { kind: 'found', value: store.all() },
    lack,
    whyNotRead() {
      if (following.age() !== undefined || following.barred()) return undefined
      const setback = following.setback()
      const why = setback === undefined ? '' : `: ${wordsOf(setback)}`
      return `the ${parts.resource} have not been read yet${why}`
    },
    age: following.age,
    ended: following.ended,
  }
}

function detailOf(setback: Setback | undefined, never: boolean): Unreadable['detail'] {
  if (setback?.kind === 'forbidden' || setback?.kind === 'too-large') return setback.kind
  return never ? 'unreachable' : 'stale'
}

function wordsOf(setback: Setback): string {
  switch (setback.kind) {
    case 'lost':
      return setback.why
    case 'forbidden':
      return 'not allowed'
    case 'too-large':
      return 'the answer is too large'
    case 'expired':
      return 'the list was out of date before it was read'
  }
}
