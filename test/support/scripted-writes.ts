// What the scripted API server does with a PUT and with a server-side apply, of what the product writes.
import type { ApiObject } from './scripted-answers.ts'

export interface Write {
  readonly method: string
  readonly type: string
  readonly object: ApiObject
}

/** What is kept from then on, or the status and reason of a refusal. */
export type Written =
  | { readonly kind: 'kept'; readonly status: 200 | 201; readonly object: ApiObject }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }

export function written({ method, type, object }: Write, old: ApiObject | undefined): Written {
  const { uid, resourceVersion } = object.metadata
  const stale = (known: unknown, sent: unknown): boolean => sent !== undefined && sent !== '' && sent !== known
  if (old === undefined) {
    if (method === 'PUT') return { kind: 'refused', status: 404, reason: 'NotFound' }
    // What names the object that it is for makes none.
    if (stale(undefined, uid) || stale(undefined, resourceVersion)) return conflict
    return { kind: 'kept', status: 201, object }
  }
  if (stale(old.metadata['uid'], uid) || stale(old.metadata['resourceVersion'], resourceVersion)) return conflict
  if (method === 'PUT') return { kind: 'kept', status: 200, object }
  if (type !== 'application/apply-patch+yaml') return { kind: 'refused', status: 415, reason: 'UnsupportedMediaType' }
  const webhooks = applied(listOf(old['webhooks']), listOf(object['webhooks']))
  if (webhooks === undefined) return { kind: 'refused', status: 422, reason: 'Invalid' }
  return { kind: 'kept', status: 200, object: webhooks.length === 0 ? old : { ...old, webhooks } }
}

const conflict = { kind: 'refused', status: 409, reason: 'Conflict' } as const

type Named = Readonly<Record<string, unknown>>

/** A list whose items are known by their names; one that is not there yet would have to be whole. */
function applied(old: readonly Named[], sent: readonly Named[]): readonly Named[] | undefined {
  if (sent.some(({ name }) => !old.some((each) => each['name'] === name))) return undefined
  return old.map((each) => {
    const mine = sent.find(({ name }) => name === each['name'])
    return mine === undefined
      ? each
      : { ...each, clientConfig: { ...(each['clientConfig'] as Named), ...(mine['clientConfig'] as Named) } }
  })
}

function listOf(value: unknown): readonly Named[] {
  return Array.isArray(value) ? (value as readonly Named[]) : []
}
