// All pods of the cluster, as they are now: one watch for everybody who looks at one.
import { createInterface } from 'node:readline'
import type { Api, KubeObject } from './api.ts'
import { pathOf } from './api.ts'

export interface Pods {
  /** Those of a namespace, as they were last heard of. */
  of(namespace: string): readonly KubeObject[]
  close(): Promise<void>
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: KubeObject
}

/** Follows the pods until it is closed. Every watch begins with all that are there. */
export function followPods(api: Api): Pods {
  const stopping = new AbortController()
  let known = new Map<string, Map<string, KubeObject>>()

  async function follow(): Promise<void> {
    const stream = await api.stream(`${pathOf('Pod')}?watch=true`, stopping.signal)
    known = new Map()
    for await (const line of createInterface({ input: stream })) {
      const { type, object } = JSON.parse(line) as WatchEvent
      if (type === 'ERROR') return
      const { namespace = '', name } = object.metadata
      const pods = known.get(namespace) ?? new Map<string, KubeObject>()
      known.set(namespace, pods)
      if (type === 'DELETED') pods.delete(name)
      else pods.set(name, object)
    }
  }

  async function followOn(): Promise<void> {
    while (!stopping.signal.aborted) {
      await follow().catch((error: unknown) => {
        if (!stopping.signal.aborted) throw error
      })
    }
  }

  let failure: unknown
  const following = followOn().catch((error: unknown) => {
    failure = error
  })
  return {
    of(namespace) {
      if (failure !== undefined) throw new Error('the pods cannot be followed', { cause: failure })
      return [...(known.get(namespace)?.values() ?? [])]
    },
    close() {
      stopping.abort()
      return following
    },
  }
}
