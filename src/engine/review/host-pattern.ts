/**
 * Whether a registry host, with its port, is one that a pattern names: `*.dkr.ecr.*.amazonaws.com`, `registry.example:5000`.
 * A star stands for a part of one label, and never spans a dot. Letter case does not matter.
 */
export function matchesHost(pattern: string, host: string): boolean {
  const wanted = pattern.toLowerCase().split('.')
  const labels = host.toLowerCase().split('.')
  return wanted.length === labels.length && wanted.every((part, index) => matchesLabel(part, labels[index] ?? ''))
}

function matchesLabel(pattern: string, label: string): boolean {
  const [head = '', ...rest] = pattern.split('*')
  const tail = rest.pop()
  if (tail === undefined) return label === head
  if (!label.startsWith(head)) return false
  let at = head.length
  for (const middle of rest) {
    const found = label.indexOf(middle, at)
    if (found === -1) return false
    at = found + middle.length
  }
  return label.length - tail.length >= at && label.endsWith(tail)
}
