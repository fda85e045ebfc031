/** One string for all equal ones in plain values. */
export type Intern = <T>(value: T) => T

const MOST_STRINGS = 200_000

/** Nodes name the same images and have the same labels: of five thousand nodes each name is held once. */
export function createIntern(): Intern {
  const pool = new Map<string, string>()

  function string(text: string): string {
    const known = pool.get(text)
    if (known !== undefined) return known
    // What is forgotten here is only no longer shared.
    if (pool.size >= MOST_STRINGS) pool.clear()
    pool.set(text, text)
    return text
  }

  function intern(value: unknown): unknown {
    if (typeof value === 'string') return string(value)
    if (Array.isArray(value)) return value.map(intern)
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [string(key), intern(each)]))
  }

  return <T>(value: T) => intern(value) as T
}
