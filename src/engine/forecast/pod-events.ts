import { own, textOf } from './own.ts'

/** What the kubelet says in an event of how it came by an image. */
export interface PullEvent {
  readonly kind: 'pulled' | 'present' | 'failed'
  readonly image: string
  /** Of the container; empty for an image volume. */
  readonly name: string
}

/**
 * The kubelet's sentences (`pkg/kubelet/images`, `image_manager.go`; as Kubernetes 1.36 has them). Whoever may write events in a
 * namespace can write such ones: what is learned of them informs, and decides nothing.
 */
const SENTENCES = [
  { kind: 'pulled', reason: 'Pulled', starts: 'Successfully pulled image "', ends: '" in ' },
  { kind: 'present', reason: 'Pulled', starts: 'Container image "', ends: '" already present on machine' },
  { kind: 'failed', reason: 'Failed', starts: 'Failed to pull image "', ends: '": ' },
] as const

/** The events of one pod that tell of a pull. */
export function readPullEvents(events: readonly unknown[]): readonly PullEvent[] {
  return events.flatMap((event): readonly PullEvent[] => {
    const from = textOf(event, 'reportingComponent') || textOf(own(event, 'source'), 'component')
    if (from !== 'kubelet') return []
    const message = textOf(event, 'message')
    const sentence = SENTENCES.find(
      ({ reason, starts, ends }) =>
        reason === textOf(event, 'reason') && message.startsWith(starts) && message.includes(ends, starts.length),
    )
    if (sentence === undefined) return []
    const { kind, starts, ends } = sentence
    const image = message.slice(starts.length, message.indexOf(ends, starts.length))
    return [{ kind, image, name: nameIn(textOf(own(event, 'involvedObject'), 'fieldPath')) }]
  })
}

/** `web` of `spec.containers{web}`. */
function nameIn(fieldPath: string): string {
  return fieldPath.endsWith('}') ? fieldPath.slice(fieldPath.indexOf('{') + 1, -1) : ''
}
