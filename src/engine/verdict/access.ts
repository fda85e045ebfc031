import { isUndetermined } from './failure-cause.ts'
import type { Answer } from './evidence.ts'
import type { Failure, Found } from './facts.ts'

export type Access =
  | { readonly kind: 'found'; readonly found: Found; readonly reader: string | undefined }
  /** `readers` are the pull secrets whose attempt ended so; none where nobody's credential was tried. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly readers: readonly string[] }

/**
 * One answer out of several attempts (design, "Certainty is the craft"): any success is the answer; else any
 * undetermined one; else what an account that got in saw of the image; else a refusal, which is one at login only
 * if all were.
 */
export function combineAnswers(answers: readonly [Answer, ...Answer[]]): Access {
  let leading: { failure: Failure; rank: number } | undefined
  for (const { credential, fact } of answers.map(asNobody)) {
    if (fact.kind === 'found') return { kind: 'found', found: fact, reader: credential?.source }
    const rank = rankOf(fact)
    if (leading === undefined || rank < leading.rank) leading = { failure: fact, rank }
  }
  const { failure, rank } = leading ?? { failure: { kind: 'out-of-time' } as const, rank: 0 }
  const readers = answers
    .map(asNobody)
    .filter(({ fact }) => fact.kind !== 'found' && rankOf(fact) === rank)
    .flatMap(({ credential }) => (credential === undefined ? [] : [credential.source]))
  return { kind: 'failed', failure, readers: [...new Set(readers)] }
}

// Where no credential was sent none was rejected, though the token service is what refuses.
function asNobody(answer: Answer): Answer {
  const { credential, fact } = answer
  if (credential !== undefined || fact.kind !== 'refused') return answer
  return { credential, fact: { kind: 'refused', at: 'registry' } }
}

function rankOf(failure: Failure): number {
  if (isUndetermined(failure)) return 0
  if (failure.kind !== 'refused') return 1
  return failure.at === 'registry' ? 2 : 3
}
