import { Secret } from '../../base/secret.ts'
import type { PullSecret } from '../../engine/credentials/index.ts'
import type { NamespaceView, ServiceAccountView } from '../../engine/review/index.ts'

/** What of a Secret's data is kept: nothing else is ever a pull secret. */
const PULL_SECRET_KEYS = ['.dockerconfigjson', '.dockercfg']

export interface Metadata {
  readonly name: string
  /** Empty where there is none. */
  readonly namespace: string
}

/** Undefined where it is no object with a name. */
export function readMetadata(object: unknown): Metadata | undefined {
  const metadata = own(object, 'metadata')
  const name = text(own(metadata, 'name'))
  if (name === '') return undefined
  return { name, namespace: text(own(metadata, 'namespace')) }
}

/** Of any object, a bookmark too, which has no name. */
export function readVersion(object: unknown): string | undefined {
  return text(own(own(object, 'metadata'), 'resourceVersion')) || undefined
}

export function readSecret(object: unknown): PullSecret {
  const data: Record<string, Secret> = {}
  const all = own(object, 'data')
  for (const key of PULL_SECRET_KEYS) {
    const value = own(all, key)
    if (typeof value === 'string') data[key] = new Secret(value)
  }
  return { name: nameOf(object), type: text(own(object, 'type')), data }
}

export function readServiceAccount(object: unknown): ServiceAccountView {
  const names = listOf(own(object, 'imagePullSecrets')).map((each) => text(own(each, 'name')))
  return { name: nameOf(object), pullSecrets: names.filter((name) => name !== '') }
}

export function readNamespace(object: unknown, intern: (text: string) => string = (text) => text): NamespaceView {
  const labels = own(own(object, 'metadata'), 'labels')
  const pairs = typeof labels === 'object' && labels !== null ? Object.entries(labels) : []
  const strings = pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string')
  return {
    name: nameOf(object),
    labels: Object.fromEntries(strings.map(([key, value]) => [intern(key), intern(value)])),
  }
}

export interface Page {
  readonly items: readonly unknown[]
  readonly version: string
  /** Where the next page starts; empty on the last one. */
  readonly next: string
}

export function readPage(body: unknown): Page | undefined {
  const items = own(body, 'items')
  const metadata = own(body, 'metadata')
  const version = text(own(metadata, 'resourceVersion'))
  // Go writes an empty list as null in places.
  if ((!Array.isArray(items) && items !== null) || version === '') return undefined
  return { items: listOf(items), version, next: text(own(metadata, 'continue')) }
}

export interface WatchEvent {
  readonly type: string
  readonly object: unknown
}

/** One line of a watch; undefined where it is no event. */
export function readEvent(line: string): WatchEvent | undefined {
  let event: unknown
  try {
    event = JSON.parse(line)
  } catch {
    return undefined
  }
  const type = text(own(event, 'type'))
  const object = own(event, 'object')
  return type === '' || typeof object !== 'object' ? undefined : { type, object }
}

/** The `code` of a Status, 0 where it is none. */
export function statusCode(body: unknown): number {
  const code = own(body, 'kind') === 'Status' ? own(body, 'code') : undefined
  return typeof code === 'number' ? code : 0
}

/** Whether the API server says that this very object is not there; a 404 of a proxy, or of a path that it does not know, says nothing. */
export function saysAbsent(body: unknown, name: string): boolean {
  return own(body, 'reason') === 'NotFound' && own(own(body, 'details'), 'name') === name
}

function nameOf(object: unknown): string {
  return text(own(own(object, 'metadata'), 'name'))
}

function own(object: unknown, key: string): unknown {
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, key)) return undefined
  return (object as Readonly<Record<string, unknown>>)[key]
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
