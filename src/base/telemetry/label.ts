const OTHER = 'other'

/** What our own codes look like: `registry-unreachable.dns`. */
const CODE = /^[a-z][a-z0-9.-]{0,63}$/

/** Passes the listed values; what comes from outside and is not one of them is `other`, so that nobody can grow the metrics. */
export function listed(values: readonly string[]): (value: string) => string {
  const known = new Set(values)
  return (value) => (known.has(value) ? value : OTHER)
}

/** A registry, or none: `registry.example:5000`. */
const HOST = /^[A-Za-z0-9._:[\]-]{0,255}$/

/** Passes the first `most` different codes; what does not look like one, or comes later, is `other`. */
export function codes(most: number): (value: string) => string {
  return first(most, CODE)
}

/** The same for registries. */
export function hosts(most: number): (value: string) => string {
  return first(most, HOST)
}

function first(most: number, shape: RegExp): (value: string) => string {
  const seen = new Set<string>()
  return (value) => {
    if (seen.has(value)) return value
    if (seen.size >= most || !shape.test(value)) return OTHER
    seen.add(value)
    return value
  }
}
