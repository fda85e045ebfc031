const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/**
 * A duration as Go's `time.ParseDuration` reads it (`500ms`, `10s`, `1m30s`, `1.5h`, `0`), in milliseconds.
 * Undefined for what is none, a negative one included: nothing here waits a negative time.
 */
export function parseDuration(text: string): number | undefined {
  if (text.length > 64) return undefined
  const unsigned = text.startsWith('+') ? text.slice(1) : text
  if (unsigned === '0') return 0
  const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y
  let total = 0
  while (part.lastIndex < unsigned.length) {
    const match = part.exec(unsigned)
    if (match === null) return undefined
    total += Number(match[1]) * (UNITS[match[2] ?? ''] ?? Number.NaN)
  }
  return unsigned === '' ? undefined : total
}
