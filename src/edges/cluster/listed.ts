import type { Read } from '../../engine/review/index.ts'
import type { Api } from './api.ts'
import { listAll } from './list.ts'
import type { Setback, Watchable } from './list.ts'
import type { ClusterLimits } from './options.ts'
import { createStore } from './store.ts'
import type { Troubles } from './troubles.ts'
import { within } from './within.ts'

export interface ListedParts<T> {
  readonly resource: Watchable
  readonly read: (object: unknown) => T | undefined
  readonly api: Api
  readonly limits: ClusterLimits
  readonly troubles: Troubles
}

const away = { kind: 'unreadable', detail: 'unreachable' } as const

/** A resource that is listed when it is first asked for, and then kept for good; where that fails, the next question tries again. */
export function listOnce<T>(
  { resource, read, api, limits, troubles }: ListedParts<T>,
  ending: AbortSignal,
): (signal: AbortSignal) => Promise<Read<readonly T[]>> {
  let listed: Promise<Read<readonly T[]>> | undefined

  async function list(): Promise<Read<readonly T[]>> {
    const store = createStore(read)
    const next = store.replacing()
    const answer = await listAll(resource, next.add, api, limits, ending)
    if (answer.kind === 'unserved') return { kind: 'found', value: [] }
    if (answer.kind !== 'listed') {
      listed = undefined
      return unreadable(answer)
    }
    next.done()
    return { kind: 'found', value: store.all() }
  }

  function unreadable(setback: Setback): Read<never> {
    const at = { resource, verb: 'list' } as const
    if (setback.kind === 'forbidden') troubles.forbidden(at)
    else if (setback.kind === 'lost') troubles.lost(at, setback.why)
    const told = setback.kind === 'forbidden' || setback.kind === 'too-large'
    return told ? { kind: 'unreadable', detail: setback.kind } : away
  }

  return (signal) => within((listed ??= list()), signal).catch(() => away)
}
