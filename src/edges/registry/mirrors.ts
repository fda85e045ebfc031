import { isFailure, isUndetermined } from '../../engine/verdict/index.ts'
import type { Failure } from '../../engine/verdict/index.ts'
import type { Session } from './session.ts'

/**
 * Asks the sessions in order until one answers well. If none does: what leaves it open, if anything does, else the
 * last one's answer. The node's own words are no guide here: a mirror's 500 hides the upstream's 404, and a mirror that
 * wants a password hides behind the other's 404 (seen on a node, "hosts.toml"); either way the pull fails now, but
 * where one of them could not be heard, it may be there a minute later.
 */
export async function firstGood<T extends { readonly kind: string }>(
  sessions: readonly Session[],
  attempt: (session: Session) => Promise<T | Failure>,
): Promise<T | Failure> {
  let open: Failure | undefined
  let last: Failure | undefined
  for (const session of sessions) {
    const answer = await attempt(session)
    if (!isFailure(answer) || isFinal(answer)) return answer
    last = answer
    if (open === undefined && isUndetermined(answer)) open = answer
  }
  return open ?? last ?? { kind: 'unreachable', detail: 'network', host: '' }
}

/** A good status with bad content: the node takes it, and goes no further down its list. */
function isFinal(failure: Failure): boolean {
  if (failure.kind === 'invalid') return true
  return (
    failure.kind === 'faulty' && failure.detail === 'not-a-registry' && failure.status >= 200 && failure.status < 300
  )
}
