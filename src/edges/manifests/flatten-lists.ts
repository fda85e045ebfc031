import type { ItemLine } from './manifest.ts'

export type KubernetesObject = Readonly<Record<string, unknown>>

interface Flat {
  readonly objects: readonly { readonly object: KubernetesObject; readonly line: number }[]
  /** Values that are no Kubernetes objects. */
  readonly skipped: number
}

const MOST_LISTS_DEEP = 10

/**
 * The objects of one document: itself, or the items of a List (`v1 List`, and the typed ones of an API server, `PodList`), Lists
 * among them too, as kubectl flattens them. An item of a typed list may lack the kind that the list says.
 */
export function flattenLists(value: unknown, line: number, itemLine: ItemLine | undefined): Flat {
  const objects: { object: KubernetesObject; line: number }[] = []
  let skipped = 0
  function visit(
    each: unknown,
    path: readonly number[],
    kind: string | undefined,
    apiVersion: string | undefined,
  ): void {
    const object = asObject(each, kind, apiVersion)
    if (object === undefined) {
      if (each !== null) skipped += 1
      return
    }
    const items = path.length < MOST_LISTS_DEEP ? itemsOf(object) : undefined
    if (items === undefined) {
      objects.push({ object, line: path.length === 0 ? line : (itemLine?.(path) ?? line) })
      return
    }
    const listed = textOf(object, 'kind')?.slice(0, -'List'.length)
    for (const [index, item] of items.entries()) {
      visit(item, [...path, index], listed === '' ? undefined : listed, textOf(object, 'apiVersion'))
    }
  }
  visit(value, [], undefined, undefined)
  return { objects, skipped }
}

function asObject(
  value: unknown,
  kind: string | undefined,
  apiVersion: string | undefined,
): KubernetesObject | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const object = value as KubernetesObject
  const named = textOf(object, 'kind') !== undefined && textOf(object, 'apiVersion') !== undefined
  if (named) return object
  if (kind === undefined || apiVersion === undefined || Object.hasOwn(object, 'kind')) return undefined
  return { ...object, apiVersion, kind }
}

function itemsOf(object: KubernetesObject): readonly unknown[] | undefined {
  if (textOf(object, 'kind')?.endsWith('List') !== true || !Object.hasOwn(object, 'items')) return undefined
  const items = object['items']
  return Array.isArray(items) ? (items as readonly unknown[]) : items === null ? [] : undefined
}

function textOf(object: KubernetesObject, key: string): string | undefined {
  const value = Object.hasOwn(object, key) ? object[key] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}
