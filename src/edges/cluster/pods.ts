import type { PodList, Read, ReadPods } from '../../engine/review/index.ts'
import type { Api } from './api.ts'
import { setbackOf } from './list.ts'
import { isNamespaceName } from './names.ts'
import { MAX_PAGE } from './options.ts'
import { readPage } from './read-objects.ts'
import type { Troubles } from './troubles.ts'

interface Parts {
  readonly api: Api
  readonly troubles: Troubles
}

const PAGE = 250
/** A namespace has some dozens of pods; those of one with thousands are read as far as this. */
const MOST_PAGES = 8

/** All that has not ended, whole, when it is asked for; nothing is kept. */
export function createPods(parts: Parts): ReadPods {
  return async (namespace, signal) => {
    if (!isNamespaceName(namespace)) return { kind: 'absent' }
    return listPods(namespace, 'status.phase!=Succeeded,status.phase!=Failed', parts, signal)
  }
}

/** The pods of one namespace that a field selector takes. Never throws. */
export async function listPods(
  namespace: string,
  fieldSelector: string,
  { api, troubles }: Parts,
  signal: AbortSignal,
): Promise<Read<PodList>> {
  const at = { resource: 'pods', verb: 'list', namespace } as const
  const pods: object[] = []
  let next = ''
  for (let count = 0; count < MOST_PAGES; count += 1) {
    const query = new URLSearchParams({
      fieldSelector,
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
    // The items of a list do not say what they are.
    for (const item of page.items)
      if (typeof item === 'object' && item !== null) pods.push({ ...item, apiVersion: 'v1', kind: 'Pod' })
    next = page.next
    if (next === '') break
  }
  troubles.worked(at)
  return { kind: 'found', value: { pods, more: next !== '' } }
}
