import type { Api, Ask } from './api.ts'
import { MAX_OBJECT } from './options.ts'
import type { ClusterLimits, WrittenResource } from './options.ts'
import { readMetadata, saysAbsent } from './read-objects.ts'

/** One object, by its name. */
export interface ObjectPlace {
  readonly resource: WrittenResource
  /** Undefined: objects of it are in no namespace. */
  readonly namespace?: string
  readonly name: string
}

export type ObjectAnswer =
  /** As it is now, whole. */
  | { readonly kind: 'found'; readonly object: unknown }
  | { readonly kind: 'absent' }
  /** It is no longer what was sent as the base. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'forbidden' }
  /** `why` is fit to print: `connection refused`. */
  | { readonly kind: 'failed'; readonly why: string; readonly retryAfterMs: number | undefined }

/** How a watch came to its end: in peace, for want of the right, or by anything else. */
export type WatchEnd = 'ended' | 'forbidden' | 'failed'

/** The few objects that the product keeps for itself. Nothing is kept in between, and nothing is logged. None of these throws. */
export interface ClusterObjects {
  get(place: ObjectPlace, signal: AbortSignal): Promise<ObjectAnswer>
  /** The object as it was read, changed; `conflict` where its resourceVersion is no longer the newest. */
  update(place: ObjectPlace, object: object, signal: AbortSignal): Promise<ObjectAnswer>
  /** Server-side apply, by force: the fields are this manager's from then on, whoever had them. */
  apply(place: ObjectPlace, object: object, fieldManager: string, signal: AbortSignal): Promise<ObjectAnswer>
  /** Says that the object may have changed, at first and from then on, for some minutes at most; what it is now is for `get` to say. */
  watch(place: ObjectPlace, changed: () => void, signal: AbortSignal): Promise<WatchEnd>
}

const PATHS: Readonly<Record<WrittenResource, string>> = {
  secrets: '/api/v1',
  configmaps: '/api/v1',
  validatingwebhookconfigurations: '/apis/admissionregistration.k8s.io/v1',
}

export function createObjects(api: Api, { watchMs }: Pick<ClusterLimits, 'watchMs'>): ClusterObjects {
  async function exchange(
    place: ObjectPlace,
    how: Pick<Ask, 'verb' | 'content'> & { readonly query?: string },
    signal: AbortSignal,
  ): Promise<ObjectAnswer> {
    const { resource, name } = place
    const path = `${pathOf(place)}/${encodeURIComponent(name)}${how.query ?? ''}`
    const reply = await api.ask({ resource, ...how, path, limit: MAX_OBJECT }, signal)
    const failed = (why: string, retryAfterMs?: number): ObjectAnswer => ({ kind: 'failed', why, retryAfterMs })
    if (reply.kind === 'too-large') return failed('the object is too large')
    if (reply.kind === 'lost') return failed(reply.why)
    const { status, body, retryAfterMs } = reply
    if (status === 403) return { kind: 'forbidden' }
    if (status === 409) return { kind: 'conflict' }
    if (status === 404 && saysAbsent(body, name)) return { kind: 'absent' }
    if (status === 401) return failed('it refuses the credentials')
    if (status !== 200 && status !== 201) return failed(`HTTP ${status}`, retryAfterMs)
    const metadata = readMetadata(body)
    const isIt = metadata?.name === name && metadata.namespace === (place.namespace ?? '')
    return isIt ? { kind: 'found', object: body } : failed('its answer is none')
  }

  async function watch(place: ObjectPlace, changed: () => void, signal: AbortSignal): Promise<WatchEnd> {
    // The right to watch one object by its name is asked for by this selector.
    const query = new URLSearchParams({
      watch: 'true',
      allowWatchBookmarks: 'true',
      fieldSelector: `metadata.name=${place.name}`,
      timeoutSeconds: String(Math.ceil((watchMs / 1_000) * (1 + Math.random()))),
    })
    const path = `${pathOf(place)}?${query.toString()}`
    const opened = await api.open({ resource: place.resource, verb: 'watch', path, limit: MAX_OBJECT }, signal)
    if (opened.kind !== 'opened') return opened.kind === 'reply' && opened.status === 403 ? 'forbidden' : 'failed'
    try {
      for await (const piece of opened.body) if (Buffer.isBuffer(piece)) changed()
      return 'ended'
    } catch {
      return 'failed'
    }
  }

  return {
    watch,
    get: (place, signal) => exchange(place, { verb: 'get' }, signal),
    update: (place, object, signal) =>
      exchange(
        place,
        { verb: 'update', content: { method: 'PUT', type: 'application/json', body: JSON.stringify(object) } },
        signal,
      ),
    apply: (place, object, fieldManager, signal) =>
      exchange(
        place,
        {
          verb: 'patch',
          query: `?fieldManager=${encodeURIComponent(fieldManager)}&force=true`,
          // JSON is YAML.
          content: { method: 'PATCH', type: 'application/apply-patch+yaml', body: JSON.stringify(object) },
        },
        signal,
      ),
  }
}

/** Of all objects of the kind, in the namespace. */
function pathOf({ resource, namespace }: ObjectPlace): string {
  const of = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  return `${PATHS[resource]}${of}/${resource}`
}
