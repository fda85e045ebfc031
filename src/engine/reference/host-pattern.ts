/**
 * Whether a registry host, with its port, is the one that a pattern names: `*.dkr.ecr.*.amazonaws.com`, `registry.example:5000`.
 * A star stands for a part of one label, and never spans a dot. Letter case matters.
 */
export function matchesHost(pattern: string, host: string): boolean {
  if (!pattern.includes('*')) return pattern === host
  const patterns = pattern.split('.')
  const labels = host.split('.')
  return patterns.length === labels.length && matchEach(patterns, labels)
}

/** Whether the texts begin with what the patterns say, one by one. */
export function matchEach(patterns: readonly string[], texts: readonly string[]): boolean {
  return patterns.every((pattern, at) => matchesStars(pattern, texts[at] ?? ''))
}

/** A star stands for any run of characters, an empty one too; everything else for itself. */
function matchesStars(pattern: string, text: string): boolean {
  if (!pattern.includes('*')) return pattern === text
  let at = 0
  let next = 0
  let star: { readonly after: number; stretch: number } | undefined
  while (next < text.length) {
    if (pattern[at] === '*') star = { after: ++at, stretch: next }
    else if (pattern[at] === text[next]) {
      at++
      next++
    } else if (star !== undefined) {
      // The last star takes one character more; an earlier one need not, since the last can take whatever it leaves.
      next = ++star.stretch
      at = star.after
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
