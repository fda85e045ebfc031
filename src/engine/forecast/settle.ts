import { imageSentToCri, parseReference } from '../reference/index.ts'
import type { Cause } from '../verdict/index.ts'
import type { ForecastUse, Result } from './forecast.ts'
import type { PullEvent } from './pod-events.ts'
import type { ContainerState, PodView } from './pod-state.ts'

/** What one look at a pod shows of one image that was said not to start. */
export type Sight =
  /** Nothing that settles it. */
  | { readonly kind: 'open' }
  /** It fails as was said; `sure`: as nothing passing makes it fail. */
  | { readonly kind: 'failing'; readonly sure: boolean; readonly saw: string }
  /** It runs, or ran. What that proves, the events say. `steady`: it has ended well, so that it need not be seen twice. */
  | { readonly kind: 'started'; readonly steady: boolean }
  /** The pod has another image there by now, or ended before any of this. */
  | { readonly kind: 'lost' }

/** What pulls, and then cannot run: that it was pulled says nothing, only that it goes on running. */
const RUNS_NOT: ReadonlySet<Cause> = new Set([
  'platform-mismatch',
  'platform-partial',
  'manifest-unsupported',
  'runtime-dependent',
])

export function seeUse(use: ForecastUse, pod: PodView): Sight {
  if (use.role === 'volume') return seeVolume(use, pod)
  const container = pod.containers.find(({ role, name }) => role === use.role && name === use.name)
  if (container?.image !== use.image) return { kind: 'lost' }
  return seeState(use, container.state, pod.over)
}

function seeState({ cause }: ForecastUse, state: ContainerState, over: boolean): Sight {
  switch (state.kind) {
    case 'waiting':
      return over ? { kind: 'lost' } : { kind: 'open' }
    case 'pull-failed':
      return { kind: 'failing', sure: state.reason === 'InvalidImageName', saw: state.reason }
    case 'start-failed':
      // The image is there, and something is wrong with the command, a mount or the image.
      if (RUNS_NOT.has(cause)) return { kind: 'failing', sure: true, saw: state.reason }
      return { kind: 'started', steady: true }
    case 'started': {
      if (!RUNS_NOT.has(cause)) return { kind: 'started', steady: true }
      if (state.exit === undefined) return { kind: 'started', steady: false }
      if (state.exit === 0) return { kind: 'started', steady: true }
      return { kind: 'failing', sure: true, saw: `exit code ${state.exit}` }
    }
  }
}

/** A volume has no status: the containers that mount it fail with its image's name in their message. */
function seeVolume({ name, image }: ForecastUse, { volumes, containers, over }: PodView): Sight {
  if (volumes.get(name) !== image) return { kind: 'lost' }
  for (const { state } of containers) {
    if (state.kind === 'pull-failed' && state.message.includes(image))
      return { kind: 'failing', sure: false, saw: state.reason }
  }
  if (containers.every(({ state }) => state.kind === 'started')) return { kind: 'started', steady: true }
  return over ? { kind: 'lost' } : { kind: 'open' }
}

/** What a start proves, by what the kubelet said of the image (undefined: its events could not be read); undefined: it has said nothing yet. */
export function proofOf(use: ForecastUse, events: readonly PullEvent[] | undefined): Result | undefined {
  // It was said to be on no node, and nothing is pulled: that it starts is all the proof there is.
  if (use.cause === 'never-pull-absent') return 'wrong'
  if (events === undefined) return 'unknown'
  const names = namesOf(use.image)
  const about = events.filter(
    ({ image, name }) => names.includes(image) && name === (use.role === 'volume' ? '' : use.name),
  )
  if (about.length === 0) return undefined
  const said = (kind: PullEvent['kind']): boolean => about.some((event) => event.kind === kind)
  // One that failed at first was mended since, by a person or by what the kubelet itself waited for: nobody was right or wrong.
  return said('pulled') && !said('failed') ? 'wrong' : 'unproved'
}

/** As written, and as the kubelet hands it on. */
function namesOf(image: string): readonly string[] {
  const parsed = parseReference(image)
  return parsed.kind === 'parsed' ? [image, imageSentToCri(image, parsed.reference)] : [image]
}
