import { registryHost } from '../../engine/reference/index.ts'
import type { Reference } from '../../engine/reference/index.ts'
import { isFailure } from '../../engine/verdict/index.ts'
import type { ImageFact } from '../../engine/verdict/index.ts'
import { documentOf } from './content.ts'
import { withHints } from './hints.ts'
import { firstGood } from './mirrors.ts'
import type { Lookup } from './question.ts'
import { resolveAt } from './resolve.ts'

/**
 * Resolves the reference, then fetches what is not known of it. `soFar` hears of an answer that only hints would
 * still be added to, for those who cannot wait longer.
 */
export async function lookUp(
  lookup: Lookup,
  reference: Reference,
  soFar: (fact: ImageFact) => void,
): Promise<ImageFact> {
  // A tag is asked only of those that may resolve; a digest, of all that may be pulled from.
  const byTag = reference.digest === undefined
  const usable = lookup.sessions.filter(({ station }) => station.pull && (station.resolve || !byTag))
  const last = usable.at(-1)
  if (last === undefined) return { kind: 'unreachable', detail: 'network', host: registryHost(reference) }

  const resolved = await firstGood(usable, (session) => resolveAt(lookup, session, reference))
  if (resolved.kind === 'absent') {
    soFar(resolved)
    const signal = AbortSignal.any([last.signal, AbortSignal.timeout(lookup.limits.hintsMs)])
    return withHints({ ...last, signal }, reference, resolved)
  }
  if (resolved.kind !== 'resolved') return resolved

  const { descriptor, rate } = resolved
  const document = await documentOf(lookup, descriptor)
  if (isFailure(document)) return document
  return { kind: 'found', digest: descriptor.digest, document, ...(rate === undefined ? {} : { rate }) }
}
