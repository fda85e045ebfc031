import { readAuthorities } from './authority.ts'
import type { SecretData } from './material.ts'
import type { Configuration } from './next-step.ts'

/** What an API server answers about one object; `why` is fit to print. */
export type KeptAnswer =
  | { readonly kind: 'found'; readonly object: unknown }
  | { readonly kind: 'absent' | 'conflict' | 'forbidden' }
  | { readonly kind: 'failed'; readonly why: string; readonly retryAfterMs: number | undefined }

/** The two objects that hold the certificates, in a cluster. None of these throws. */
export interface KeptObjects {
  readSecret(signal: AbortSignal): Promise<KeptAnswer>
  /** `conflict` where the object is no longer the newest. */
  updateSecret(object: object, signal: AbortSignal): Promise<KeptAnswer>
  /** Server-side apply, by force, under a field manager of our own. */
  applySecret(object: object, signal: AbortSignal): Promise<KeptAnswer>
  readConfiguration(signal: AbortSignal): Promise<KeptAnswer>
  applyConfiguration(object: object, signal: AbortSignal): Promise<KeptAnswer>
  /** Says that it may have changed, until the watch ends. */
  watchConfiguration(changed: () => void, signal: AbortSignal): Promise<'ended' | 'forbidden' | 'failed'>
}

export interface KeptNames {
  readonly namespace: string
  readonly secret: string
  readonly service: string
  readonly webhookConfiguration: string
}

/** Whoever comes first makes it, and all others find it made: the request says nothing of its data. */
export function emptySecret({ namespace, secret }: KeptNames): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: secret, namespace }, type: 'Opaque' }
}

export function secretData(object: unknown): SecretData {
  const data = own(object, 'data')
  const entries = typeof data === 'object' && data !== null ? Object.entries(data) : []
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

/** The object as it was read, with this in its data: labels, and keys that others put there, stay. */
export function withData(object: unknown, data: SecretData): object {
  return { ...(object as object), data: { ...secretData(object), ...data } }
}

export function readConfiguration(answer: KeptAnswer, names: KeptNames): Configuration {
  if (answer.kind === 'absent') return { kind: 'none' }
  if (answer.kind !== 'found') return { kind: 'unreadable', forbidden: answer.kind === 'forbidden' }
  const webhooks = ourWebhooks(answer.object, names).map((webhook) => {
    const caBundle = text(own(own(webhook, 'clientConfig'), 'caBundle'))
    const authorities = readAuthorities(Buffer.from(caBundle, 'base64').toString('utf8'))
    return { name: text(own(webhook, 'name')), trusted: new Set(authorities.map(({ id }) => id)) }
  })
  return webhooks.length === 0 ? { kind: 'none' } : { kind: 'found', webhooks }
}

/**
 * What gives each of our webhooks this caBundle. All are named: one that is left out would lose it. It holds for the object as it was
 * read, so that it neither makes one nor overwrites what is newer.
 */
export function withBundle(object: unknown, bundle: string, names: KeptNames): object {
  const metadata = own(object, 'metadata')
  const caBundle = Buffer.from(bundle).toString('base64')
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: {
      name: names.webhookConfiguration,
      uid: text(own(metadata, 'uid')),
      resourceVersion: text(own(metadata, 'resourceVersion')),
    },
    webhooks: ourWebhooks(object, names).map((webhook) => ({ name: own(webhook, 'name'), clientConfig: { caBundle } })),
  }
}

/** Others that somebody keeps in the same object are none of our business. */
function ourWebhooks(object: unknown, { namespace, service }: KeptNames): readonly unknown[] {
  const webhooks = own(object, 'webhooks')
  return (Array.isArray(webhooks) ? (webhooks as readonly unknown[]) : []).filter((webhook) => {
    const called = own(own(webhook, 'clientConfig'), 'service')
    return (
      own(called, 'name') === service && own(called, 'namespace') === namespace && text(own(webhook, 'name')) !== ''
    )
  })
}

function own(object: unknown, key: string): unknown {
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, key)) return undefined
  return (object as Readonly<Record<string, unknown>>)[key]
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
