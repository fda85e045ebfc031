import { readPodView, readPullEvents } from '../../engine/forecast/index.ts'
import type { PodView, PullEvent } from '../../engine/forecast/index.ts'
import type { Read } from '../../engine/review/index.ts'
import type { Api } from './api.ts'
import { isNamespaceName, isObjectName } from './names.ts'
import { readObject } from './objects.ts'
import { readPage } from './read-objects.ts'
import type { Troubles } from './troubles.ts'

/** What became of pods. Nothing is kept in between; none of these throws. */
export interface PodEnds {
  pod(namespace: string, name: string, signal: AbortSignal): Promise<Read<PodView>>
  /** What the kubelet said of the images of the pod with this UID. */
  pullEvents(namespace: string, uid: string, signal: AbortSignal): Promise<Read<readonly PullEvent[]>>
}

/** A pod has a dozen; one that was restarted for days has them counted, not repeated. */
const MOST_EVENTS = 200
const MAX_EVENTS = 1024 * 1024
const UID = /^[A-Za-z0-9-]{1,64}$/

export function createPodEnds({ api, troubles }: { readonly api: Api; readonly troubles: Troubles }): PodEnds {
  return {
    async pod(namespace, name, signal) {
      if (!isNamespaceName(namespace) || !isObjectName(name)) return { kind: 'absent' }
      return readObject({ resource: 'pods', namespace, name, parse: readPodView }, api, troubles, signal)
    },
    async pullEvents(namespace, uid, signal) {
      if (!isNamespaceName(namespace) || !UID.test(uid)) return { kind: 'absent' }
      const at = { resource: 'events', verb: 'list', namespace } as const
      const query = new URLSearchParams({ fieldSelector: `involvedObject.uid=${uid}`, limit: String(MOST_EVENTS) })
      const path = `/api/v1/namespaces/${namespace}/events?${query.toString()}`
      const reply = await api.ask({ ...at, path, limit: MAX_EVENTS }, signal)
      if (reply.kind === 'too-large') return { kind: 'unreadable', detail: 'too-large' }
      if (reply.kind === 'reply' && reply.status === 403) {
        troubles.forbidden(at)
        return { kind: 'unreadable', detail: 'forbidden' }
      }
      const page = reply.kind === 'reply' && reply.status === 200 ? readPage(reply.body) : undefined
      if (page === undefined) {
        troubles.lost(at, reply.kind === 'lost' ? reply.why : `HTTP ${reply.status}`)
        return { kind: 'unreadable', detail: 'unreachable' }
      }
      troubles.worked(at)
      return { kind: 'found', value: readPullEvents(page.items) }
    },
  }
}
