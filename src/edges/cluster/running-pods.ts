import { readRunningPod } from '../../engine/nodes/index.ts'
import type { RunningPod } from '../../engine/nodes/index.ts'
import type { Read, ReadRunning } from '../../engine/review/index.ts'
import type { Api } from './api.ts'
import { createGetter } from './getter.ts'
import { isNamespaceName } from './names.ts'
import type { ClusterLimits } from './options.ts'
import { listPods } from './pods.ts'
import type { Troubles } from './troubles.ts'

interface Parts {
  readonly api: Api
  readonly troubles: Troubles
  readonly limits: ClusterLimits
  readonly now: () => number
}

/** The pods of a namespace that run, kept for seconds: a drained node makes many ask the same. */
export function createRunningPods(parts: Parts): { readonly read: ReadRunning; close(): void } {
  const getter = createGetter<readonly RunningPod[]>({
    read: (namespace, signal) => listRunning(namespace, parts, signal),
    weigh: (pods) => pods.reduce((sum, { images }) => sum + 100 + images.join('').length * 2, 0),
    limits: parts.limits,
    now: parts.now,
  })
  return {
    read: async (namespace, signal) =>
      isNamespaceName(namespace) ? getter.get(namespace, { signal, fresh: false }) : { kind: 'absent' },
    close: () => {
      getter.close()
    },
  }
}

async function listRunning(namespace: string, parts: Parts, signal: AbortSignal): Promise<Read<readonly RunningPod[]>> {
  // Of a namespace with very many pods some are left out: what is not seen is no proof of anything.
  const listed = await listPods(namespace, 'status.phase=Running', parts, signal)
  if (listed.kind !== 'found') return listed
  return { kind: 'found', value: listed.value.pods.map(readRunningPod).filter((pod) => pod !== undefined) }
}
