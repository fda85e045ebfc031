/** An own property of what somebody else wrote; undefined where there is none, or it is null. */
export function own(object: unknown, key: string): unknown {
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, key)) return undefined
  return (object as Readonly<Record<string, unknown>>)[key] ?? undefined
}

export function textOf(object: unknown, key: string): string {
  const value = own(object, key)
  return typeof value === 'string' ? value : ''
}

export function listOf(object: unknown, key: string): readonly unknown[] {
  const value = own(object, key)
  return Array.isArray(value) ? value : []
}

/** Undefined where some item is no text. */
export function textsOf(object: unknown, key: string): readonly string[] | undefined {
  const list = listOf(object, key)
  return list.every((item) => typeof item === 'string') ? list : undefined
}
