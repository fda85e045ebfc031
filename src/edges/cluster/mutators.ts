import { boundPolicies, readBinding, readPolicy, readWebhooks } from '../../engine/mutators/index.ts'
import type { Mutator, Reach } from '../../engine/mutators/index.ts'
import type { Read, ReadMutators } from '../../engine/review/index.ts'
import { listOnce } from './listed.ts'
import type { ListedParts } from './listed.ts'
import type { MutatorResource } from './options.ts'
import { watchResource } from './watched.ts'
import type { Watched } from './watched.ts'

type Parts = Omit<ListedParts<never>, 'resource' | 'read'> & { readonly now: () => number }

export interface Mutators {
  readonly read: ReadMutators
  /** None where they are listed when first asked for. */
  readonly watched: readonly Watched<unknown>[]
}

/** Mutating webhooks, and policies with their bindings: watched, or listed once. What cannot be read of one is unreadable as a whole. */
export function createMutators(parts: Parts, watch: boolean, signal: AbortSignal): Mutators {
  const watched: Watched<unknown>[] = []
  function reader<T>(
    resource: MutatorResource,
    read: (object: unknown) => T,
  ): (signal: AbortSignal) => Promise<Read<readonly T[]>> {
    if (!watch) return listOnce({ ...parts, resource, read }, signal)
    const followed = watchResource({ ...parts, resource, read }, signal)
    watched.push(followed)
    return () => Promise.resolve(followed.all())
  }
  const webhooks = reader<readonly Mutator[]>('mutatingwebhookconfigurations', readWebhooks)
  const policies = reader<Reach>('mutatingadmissionpolicies', readPolicy)
  const bindings = reader<Reach>('mutatingadmissionpolicybindings', readBinding)
  return {
    watched,
    async read(asking) {
      const [hooks, all, bound] = await Promise.all([webhooks(asking), policies(asking), bindings(asking)])
      if (hooks.kind !== 'found') return hooks
      if (all.kind !== 'found') return all
      if (bound.kind !== 'found') return bound
      return { kind: 'found', value: [...hooks.value.flat(), ...boundPolicies(all.value, bound.value)] }
    },
  }
}
