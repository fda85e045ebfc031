import { printable } from '../../base/text.ts'

/** Running pods that would be refused if they were made anew, for the same causes. */
export interface RefusedPods {
  /** In the order of the table of causes. */
  readonly causes: readonly string[]
  /** Names, by the alphabet. */
  readonly pods: readonly string[]
}

/** What came of a look at what runs in a namespace. */
export type PodsSeen =
  | {
      readonly kind: 'looked'
      readonly refused: readonly RefusedPods[]
      /** There was no time, or too many, to find out. */
      readonly unknown: number
      /** Not all of them were listed: then nobody knows how many. */
      readonly more: boolean
    }
  | { readonly kind: 'unreadable'; readonly detail: 'forbidden' | 'stale' | 'unreachable' | 'too-large' }

const MOST_LINES = 10
const WHY = {
  forbidden: 'pullable may not list pods',
  stale: 'the API server did not answer',
  unreachable: 'the API server did not answer',
  'too-large': 'there are too many pods',
}

/** `2 pods would be refused: manifest-unknown: web-1 (and 1 other)`, as Pod Security groups them: a line for all that have the same causes. */
export function podsLines(running: PodsSeen): readonly string[] {
  if (running.kind === 'unreadable')
    return [`what runs in the namespace already could not be looked at: ${WHY[running.detail]}`]
  const { refused, unknown, more } = running
  const groups = [...refused].sort(
    (a, b) => b.pods.length - a.pods.length || (a.causes.join() < b.causes.join() ? -1 : 1),
  )
  const lines = groups.slice(0, MOST_LINES).map(({ causes, pods }) => {
    const others = pods.length - 1
    const rest = others === 0 ? '' : ` (and ${others} other${others === 1 ? '' : 's'})`
    return `${podsOf(pods.length)} would be refused: ${causes.join(', ')}: ${printable(pods[0] ?? '', 80)}${rest}`
  })
  const left = groups.slice(MOST_LINES).reduce((sum, { pods }) => sum + pods.length, 0)
  if (left > 0) lines.push(`${podsOf(left)} more would be refused, for other causes`)
  if (unknown > 0) lines.push(`${podsOf(unknown)} could not be judged in time`)
  if (more) lines.push('there are more pods than were looked at')
  return lines
}

function podsOf(count: number): string {
  return count === 1 ? '1 pod' : `${count} pods`
}
