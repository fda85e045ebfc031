/** An own property of anything; undefined where there is none. */
export function own(object: unknown, key: string): unknown {
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, key)) return undefined
  return (object as Readonly<Record<string, unknown>>)[key]
}

/** Empty where it is no text. */
export function textOf(object: unknown, key: string): string {
  const value = own(object, key)
  return typeof value === 'string' ? value : ''
}

/** Empty where it is no list; of a long one the first items. */
export function listOf(object: unknown, key: string): readonly unknown[] {
  const value = own(object, key)
  return Array.isArray(value) ? value.slice(0, MAX_ITEMS) : []
}

/** More than a pod has containers, or events that matter. */
const MAX_ITEMS = 1_000
