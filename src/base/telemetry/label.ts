const OTHER = 'other'

/** What our own codes look like: `registry-unreachable.dns`. */
const CODE = /^[a-z][a-z0-9.-]{0,63}$/

/** Passes the listed values; what comes from outside and is not one of them is `other`, so that nobody can grow the metrics. */
export function listed(values: readonly string[]): (value: string) => string {
  const known = new Set(values)
  return (value) => (known.has(value) ? value : OTHER)
}

/** Passes the first `most` different codes; what does not look like one, or comes later, is `other`. */
export function codes(most: number): (value: string) => string {
  const seen = new Set<string>()
  return (value) => {
    if (seen.has(value)) return value
    if (seen.size >= most || !CODE.test(value)) return OTHER
    seen.add(value)
    return value
  }
}
