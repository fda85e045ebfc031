import type { ReadMutators, Rewriting } from '../engine/review/index.ts'
import type { Config } from '../edges/config/index.ts'
import { declaredMutators } from '../edges/manifests/index.ts'
import type { ManifestReading } from '../edges/manifests/index.ts'

/** Whether it matters what rewrites pods. */
export function wantsMutators({ templates }: Config): boolean {
  return templates === 'auto'
}

/** For the webhook, in which a list that nobody may read could hide a rewriter, and so a pod that would run. */
export function rewritingOf({ mutators }: Config, read: ReadMutators | undefined): Rewriting | undefined {
  return read === undefined ? undefined : { mutators: read, harmless: mutators.harmless, unread: 'rewriter' }
}

/**
 * For `check`, whose user is at hand to judge: only what is seen counts, and what cannot be read is said once. Most who write manifests
 * may not read such lists.
 */
export function checkedRewriting(
  { mutators }: Config,
  read: ReadMutators | undefined,
  warn: (message: string) => void,
): Rewriting | undefined {
  if (read === undefined) return undefined
  let failed: Awaited<ReturnType<ReadMutators>> | undefined
  return {
    harmless: mutators.harmless,
    unread: 'none',
    async mutators(signal) {
      // A long run does not wait at every object for a cluster that is away.
      if (failed !== undefined) return failed
      const answer = await read(signal)
      if (answer.kind !== 'unreadable') return answer
      failed = answer
      if (answer.detail === 'forbidden')
        warn('mutating webhooks and policies may not be read: everything is judged as if nothing rewrote it')
      return answer
    },
  }
}

export function mutatorsOfView({ documents }: ManifestReading): ReadMutators {
  const value = declaredMutators(documents.map(({ object }) => object))
  return () => Promise.resolve({ kind: 'found', value })
}
