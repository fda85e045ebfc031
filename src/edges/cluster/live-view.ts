import type { PullSecret } from '../../engine/credentials/index.ts'
import type { Node } from '../../engine/nodes/index.ts'
import type { ClusterView, NamespaceView, Read, ServiceAccountView } from '../../engine/review/index.ts'
import type { Api } from './api.ts'
import { createGetter } from './getter.ts'
import type { Getter } from './getter.ts'
import { isNamespaceName, isObjectName } from './names.ts'
import { readObject } from './objects.ts'
import type { ClusterLimits, NamedResource } from './options.ts'
import { readNamespace, readSecret, readServiceAccount } from './read-objects.ts'
import type { Troubles } from './troubles.ts'
import type { Watched } from './watched.ts'

interface LiveParts {
  readonly api: Api
  readonly troubles: Troubles
  readonly limits: ClusterLimits
  readonly now: () => number
}

/** `serve` watches both; `check` lists the nodes and reads namespaces one by one. */
type Followed =
  | { readonly nodes: Watched<Node>; readonly namespaces: Watched<NamespaceView> }
  | { readonly nodes: (signal: AbortSignal) => Promise<Read<readonly Node[]>> }

const absent = { kind: 'absent' } as const

/** What a review may ask of the cluster, out of what is watched and what is read when it is asked for. */
export function createLiveView(parts: LiveParts, followed: Followed): { readonly view: ClusterView; close(): void } {
  const secrets = getterOf('secrets', readSecret, weighSecret, parts)
  const accounts = getterOf('serviceaccounts', readServiceAccount, weighAccount, parts)
  const namespaces = getterOf('namespaces', (object) => readNamespace(object), weighNamespace, parts)
  const watched = 'namespaces' in followed ? followed : undefined

  async function namespace(name: string, signal: AbortSignal): Promise<Read<NamespaceView>> {
    if (!isNamespaceName(name)) return absent
    const known = watched?.namespaces.get(name)
    if (known !== undefined) return { kind: 'found', value: known }
    // A watch is always a little behind: what it has not seen may have been made a moment ago.
    const read = await namespaces.get(name, { signal, fresh: false })
    const away = read.kind === 'unreadable' && read.detail === 'unreachable'
    return away && watched?.namespaces.lack()?.detail === 'stale' ? { kind: 'unreadable', detail: 'stale' } : read
  }

  return {
    view: {
      namespace,
      secret: async (of, name, reading) => (isKey(of, name) ? secrets.get(`${of}/${name}`, reading) : absent),
      serviceAccount: async (of, name, reading) => (isKey(of, name) ? accounts.get(`${of}/${name}`, reading) : absent),
      nodes: async (signal) => ('namespaces' in followed ? followed.nodes.all() : followed.nodes(signal)),
    },
    close() {
      for (const getter of [secrets, accounts, namespaces]) getter.close()
    },
  }
}

/** Names come from a pod: what the API server could not hold is not there, and nobody is asked for it. */
function isKey(namespace: string, name: string): boolean {
  return isNamespaceName(namespace) && isObjectName(name)
}

/** By `namespace/name`, or by name alone. */
function getterOf<T extends object>(
  resource: NamedResource,
  parse: (object: unknown) => T,
  weigh: (value: T) => number,
  { api, troubles, limits, now }: LiveParts,
): Getter<T> {
  return createGetter({
    read(key, signal) {
      const slash = key.indexOf('/')
      const namespace = slash === -1 ? undefined : key.slice(0, slash)
      return readObject({ resource, namespace, name: key.slice(slash + 1), parse }, api, troubles, signal)
    },
    weigh,
    limits,
    now,
  })
}

function weighSecret({ data }: PullSecret): number {
  return Object.values(data).reduce((sum, secret) => sum + secret.reveal().length, 0)
}

function weighAccount({ pullSecrets }: ServiceAccountView): number {
  return pullSecrets.reduce((sum, name) => sum + name.length * 2, 0)
}

function weighNamespace({ labels }: NamespaceView): number {
  return Object.entries(labels).reduce((sum, [key, value]) => sum + (key.length + value.length) * 2, 0)
}
