import type { ByteText } from './byte-text.ts'

/** No label of a host that can be asked is nearly as long; what is longer matches no wildcard, whose cost grows with it. */
const MAX_LABEL = 255
const MAX_PATTERN = 1024

/**
 * Go's `filepath.Match` for one label of a host name: `*`, and `[a-z]`, which Go's newest URL parsers no longer let into
 * a host. A bad pattern matches nothing. `?`, `^` and the backslash cannot come here: no URL has them in its host.
 */
export function matchesGlob(pattern: ByteText, label: ByteText): boolean {
  if (!/[*[]/.test(pattern)) return pattern === label
  const steps = label.length > MAX_LABEL || pattern.length > MAX_PATTERN ? undefined : compile(pattern)
  if (steps === undefined) return false
  let step = 0
  let at = 0
  let star = -1
  let starAt = 0
  while (at < label.length) {
    const current = steps[step]
    if (current === 'star') {
      star = step++
      starAt = at
    } else if (current?.(label.charAt(at)) === true) {
      step++
      at++
    } else {
      if (star < 0) return false
      step = star + 1
      at = ++starAt
    }
  }
  return steps.slice(step).every((rest) => rest === 'star')
}

type Step = 'star' | ((char: string) => boolean)

function compile(pattern: ByteText): readonly Step[] | undefined {
  const steps: Step[] = []
  let at = 0
  while (at < pattern.length) {
    const char = pattern.charAt(at++)
    if (char === '*') {
      if (steps.at(-1) !== 'star') steps.push('star')
    } else if (char === '[') {
      const close = compileClass(pattern, at)
      if (close === undefined) return undefined
      steps.push(close.step)
      at = close.end
    } else steps.push((other) => other === char)
  }
  return steps
}

interface Class {
  readonly step: Step
  readonly end: number
}

function compileClass(pattern: ByteText, start: number): Class | undefined {
  const ranges: (readonly [low: string, high: string])[] = []
  let at = start
  while (pattern.charAt(at) !== ']' || ranges.length === 0) {
    const low = pattern.charAt(at++)
    const isRange = pattern.charAt(at) === '-'
    const high = isRange ? pattern.charAt(at + 1) : low
    if (isRange) at += 2
    if ([low, high].some((end) => end === '' || end === '-' || end === ']')) return undefined
    ranges.push([low, high])
  }
  return { step: (char) => ranges.some(([low, high]) => low <= char && char <= high), end: at + 1 }
}
