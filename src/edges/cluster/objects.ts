import type { Read } from '../../engine/review/index.ts'
import type { Api } from './api.ts'
import { MAX_OBJECT } from './options.ts'
import type { NamedResource } from './options.ts'
import { readMetadata, saysAbsent } from './read-objects.ts'
import type { Troubles } from './troubles.ts'

export interface ObjectQuestion<T> {
  readonly resource: NamedResource
  /** Undefined: objects of it are in no namespace. */
  readonly namespace: string | undefined
  readonly name: string
  readonly parse: (object: unknown) => T
}

/** Gets one object, by its name. Never throws. */
export async function readObject<T>(
  { resource, namespace, name, parse }: ObjectQuestion<T>,
  api: Api,
  troubles: Troubles,
  signal: AbortSignal,
): Promise<Read<T>> {
  const at = { resource, verb: 'get', namespace } as const
  const of = namespace === undefined ? '' : `namespaces/${encodeURIComponent(namespace)}/`
  const path = `/api/v1/${of}${resource}/${encodeURIComponent(name)}`
  const reply = await api.ask({ ...at, path, limit: MAX_OBJECT }, signal)
  if (reply.kind === 'too-large') return { kind: 'unreadable', detail: 'too-large' }
  const lost = (why: string): Read<T> => {
    troubles.lost(at, why)
    return { kind: 'unreadable', detail: 'unreachable' }
  }
  if (reply.kind === 'lost') return lost(reply.why)
  const { status, body } = reply
  if (status === 403) {
    troubles.forbidden(at)
    return { kind: 'unreadable', detail: 'forbidden' }
  }
  if (status === 404 && saysAbsent(body, name)) {
    troubles.worked(at)
    return { kind: 'absent' }
  }
  if (status !== 200) return lost(status === 401 ? 'it refuses the credentials' : `HTTP ${status}`)
  const metadata = readMetadata(body)
  if (metadata?.name !== name || metadata.namespace !== (namespace ?? '')) return lost('its answer is none')
  troubles.worked(at)
  return { kind: 'found', value: parse(body) }
}
