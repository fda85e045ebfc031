import { distance } from 'fastest-levenshtein'

/** The candidate that was probably meant: `--platform` for `--platfrom`. Undefined where nothing is near. */
export function nearest(typed: string, candidates: readonly string[]): string | undefined {
  const word = typed.slice(0, 100).toLowerCase()
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const far = distance(word, candidate.toLowerCase())
    if (far >= least) continue
    least = far
    best = candidate
  }
  return best !== undefined && least <= Math.max(2, Math.floor(best.length / 2)) ? best : undefined
}

/** `; did you mean "x"?`, or nothing where nothing is near. */
export function didYouMean(typed: string, candidates: readonly string[]): string {
  const near = nearest(typed, candidates)
  return near === undefined ? '' : `; did you mean ${near}?`
}
