import type { ImageUse } from '../workload/index.ts'
import { listOf, own, textOf } from './own.ts'

/** What the kubelet says of a container. */
export type ContainerState =
  /** Nothing yet, or that it waits for something else than its image. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'pull-failed'; readonly reason: string; readonly message: string }
  /** The image is there, and cannot be run. */
  | { readonly kind: 'start-failed'; readonly reason: string }
  /** `exit`: of its last end; undefined while the first start lasts. */
  | { readonly kind: 'started'; readonly exit: number | undefined }

export interface ContainerView {
  readonly role: Exclude<ImageUse['role'], 'volume'>
  readonly name: string
  /** As the pod's spec has it now. */
  readonly image: string
  readonly state: ContainerState
}

export interface PodView {
  readonly uid: string
  /** `Failed` or `Succeeded`: nothing more will come of it. */
  readonly over: boolean
  readonly containers: readonly ContainerView[]
  /** The references of image volumes, by the volume's name. */
  readonly volumes: ReadonlyMap<string, string>
}

const LISTS = [
  { role: 'container', spec: 'containers', status: 'containerStatuses' },
  { role: 'init', spec: 'initContainers', status: 'initContainerStatuses' },
  { role: 'ephemeral', spec: 'ephemeralContainers', status: 'ephemeralContainerStatuses' },
] as const

/** Reads a Pod as an API server gives it; what is not as it should be reads as not there. */
export function readPodView(object: unknown): PodView {
  const spec = own(object, 'spec')
  const status = own(object, 'status')
  const containers = LISTS.flatMap(({ role, spec: list, status: statuses }) => {
    const states = new Map(listOf(status, statuses).map((each) => [textOf(each, 'name'), readState(each)] as const))
    return listOf(spec, list).map((each): ContainerView => {
      const name = textOf(each, 'name')
      return { role, name, image: textOf(each, 'image'), state: states.get(name) ?? WAITING }
    })
  })
  const volumes = listOf(spec, 'volumes').map(
    (each) => [textOf(each, 'name'), textOf(own(each, 'image'), 'reference')] as const,
  )
  const phase = textOf(status, 'phase')
  return {
    uid: textOf(own(object, 'metadata'), 'uid'),
    over: phase === 'Failed' || phase === 'Succeeded',
    containers,
    volumes: new Map(volumes),
  }
}

const WAITING = { kind: 'waiting' } as const

/** Waiting for what has nothing to do with the image (kubelet, `kuberuntime` and `images` reasons). */
const ELSEWHERE = new Set(['', 'ContainerCreating', 'PodInitializing', 'CreateContainerConfigError'])
const START_FAILS = new Set([
  'CreateContainerError',
  'RunContainerError',
  'StartError',
  'ContainerCannotRun',
  'PreCreateHookError',
  'PreStartHookError',
])
const PULL_FAILS = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
])

/** Of a malformed pull secret the reason is the decoder's own sentence, and not a word (`illegal base64 data at input byte 0`). */
const WORD = /^[A-Za-z]{1,64}$/

function readState(status: unknown): ContainerState {
  const state = own(status, 'state')
  if (own(state, 'running') !== undefined) return { kind: 'started', exit: exitOf(own(status, 'lastState')) }
  const terminated = own(state, 'terminated')
  if (terminated !== undefined) {
    const reason = textOf(terminated, 'reason')
    return START_FAILS.has(reason) ? { kind: 'start-failed', reason } : { kind: 'started', exit: exitOf(state) }
  }
  const waiting = own(state, 'waiting')
  const reason = textOf(waiting, 'reason')
  if (PULL_FAILS.has(reason) || (reason !== '' && !WORD.test(reason)))
    return {
      kind: 'pull-failed',
      reason: WORD.test(reason) ? reason : 'ErrImagePull',
      message: textOf(waiting, 'message'),
    }
  if (START_FAILS.has(reason)) return { kind: 'start-failed', reason }
  if (ELSEWHERE.has(reason)) return WAITING
  // CrashLoopBackOff, and what may come: it tells by its last end.
  const last = own(status, 'lastState')
  const ended = own(last, 'terminated')
  if (ended === undefined) return WAITING
  const why = textOf(ended, 'reason')
  return START_FAILS.has(why) ? { kind: 'start-failed', reason: why } : { kind: 'started', exit: exitOf(last) }
}

function exitOf(state: unknown): number | undefined {
  const code = own(own(state, 'terminated'), 'exitCode')
  return typeof code === 'number' ? code : undefined
}
