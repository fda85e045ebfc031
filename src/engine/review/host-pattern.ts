/**
 * Whether a registry host, with its port, is one that a pattern names: `*.dkr.ecr.*.amazonaws.com`, `registry.example:5000`.
 * A star stands for a part of one label, and never spans a dot. Letter case does not matter.
 */
export function matchesHost(pattern: string, host: string): boolean {
  const wanted = pattern.toLowerCase()
  const text = host.toLowerCase()
  let at = 0
  let next = 0
  let star: { readonly after: number; stretch: number } | undefined
  while (next < text.length) {
    if (wanted[at] === '*') star = { after: ++at, stretch: next }
    else if (wanted[at] === text[next]) {
      at++
      next++
    } else if (star !== undefined && text[star.stretch] !== '.') {
      // The last star takes one character more; an earlier one need not, since no star leaves its label.
      next = ++star.stretch
      at = star.after
    } else return false
  }
  while (wanted[at] === '*') at++
  return at === wanted.length
}
