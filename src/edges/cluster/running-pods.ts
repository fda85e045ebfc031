import { readRunningPod } from '../../engine/nodes/index.ts'
import type { RunningPod } from '../../engine/nodes/index.ts'
import type { Read, ReadRunning } from '../../engine/review/index.ts'
import type { Api } from './api.ts'
import { createGetter } from './getter.ts'
import { setbackOf } from './list.ts'
import { isNamespaceName } from './names.ts'
import { MAX_PAGE } from './options.ts'
import type { ClusterLimits } from './options.ts'
import { readPage } from './read-objects.ts'
import type { Troubles } from './troubles.ts'

interface Parts {
  readonly api: Api
  readonly troubles: Troubles
  readonly limits: ClusterLimits
  readonly now: () => number
}

const PAGE = 250
/** Of a namespace with more pods the rest is not looked at: what is not seen is no proof of anything. */
const MOST_PAGES = 8

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

async function listRunning(
  namespace: string,
  { api, troubles }: Parts,
  signal: AbortSignal,
): Promise<Read<readonly RunningPod[]>> {
  const at = { resource: 'pods', verb: 'list', namespace } as const
  const pods: RunningPod[] = []
  let next = ''
  for (let count = 0; count < MOST_PAGES; count += 1) {
    const query = new URLSearchParams({
      fieldSelector: 'status.phase=Running',
      limit: String(PAGE),
      ...(next !== '' && { continue: next }),
    })
    const path = `/api/v1/namespaces/${namespace}/pods?${query.toString()}`
    const reply = await api.ask({ ...at, path, limit: MAX_PAGE }, signal)
    if (reply.kind === 'too-large') return { kind: 'unreadable', detail: 'too-large' }
    const page = reply.kind === 'reply' && reply.status === 200 ? readPage(reply.body) : undefined
    if (page === undefined) {
      const setback = setbackOf(reply)
      if (setback.kind === 'forbidden') troubles.forbidden(at)
      else if (setback.kind === 'lost') troubles.lost(at, setback.why)
      return { kind: 'unreadable', detail: setback.kind === 'forbidden' ? 'forbidden' : 'unreachable' }
    }
    pods.push(...page.items.map(readRunningPod).filter((pod) => pod !== undefined))
    next = page.next
    if (next === '') break
  }
  troubles.worked(at)
  return { kind: 'found', value: pods }
}
