// The kubelet as judge: what becomes of a pod.
import { NODE } from '../lab/layout.ts'
import type { KubeObject } from './api.ts'
import type { NodeOutcome } from './schema.ts'

export interface Observation {
  /** `undecided`: in the time that it was given it did none of these. */
  readonly outcome: NodeOutcome | 'undecided'
  /** The waiting or terminated reason of the first container that has one: `ErrImagePull`. */
  readonly reason: string
  readonly message: string
}

/** What is remembered of a pod from look to look. */
export interface Watch {
  /** Looks at its status; the observation once it is certain. */
  look(pod: KubeObject, now: number): Observation | undefined
  /** What it would be by what was seen last. */
  last(): Observation
}

export interface WatchOptions {
  /** The containers that are judged; all where absent. */
  readonly only?: string
  /** A first failure is believed. Else the pull is tried again: it may have gone out before the kubelet could read the pod's secrets. */
  readonly believesFirst: boolean
  /** It is expected not to run: that it does is believed late. */
  readonly doubtful?: boolean
}

/** How long a pod must run: what cannot run has ended by then, and the kubelet has noticed. */
const RUNS_MS = 5_000
/** It may take that long to notice on a busy machine. */
const DOUBTFUL_MS = 30_000

/** A pod that no node takes says so at once; controllers may yet be taking away a taint. */
const WAITS_MS = 5_000

/** The next try is some ten to twenty seconds later. */
const RETRY_MS = 45_000

/** These images are there. */
const CRASHES = [
  ...['CrashLoopBackOff', 'CreateContainerError', 'CreateContainerConfigError', 'RunContainerError', 'StartError'],
  ...['PostStartHookError', 'PreCreateHookError', 'PreStartHookError'],
]

/** Nothing has been decided yet. */
const STARTING = ['ContainerCreating', 'PodInitializing', '']

/** What a second try does not change: nothing was asked of the API server or the registry that was not answered. */
const FINAL = ['InvalidImageName']

export function watchPod({ only, believesFirst, doubtful = false }: WatchOptions): Watch {
  let seen: Observation = { outcome: 'undecided', reason: '', message: '' }
  let ranSince: number | undefined
  let waitsSince: number | undefined
  let failedSince: number | undefined
  let backedOff = false

  function look(pod: KubeObject, now: number): Observation | undefined {
    const status = (pod['status'] ?? {}) as PodStatus
    const { nodeName } = pod['spec'] as { readonly nodeName?: string }
    const containers = statusesOf(status, only)
    seen = observe(status, containers, nodeName)
    if (seen.outcome !== 'runs') ranSince = undefined
    switch (seen.outcome) {
      case 'runs':
        ranSince ??= now
        return now - ranSince >= (doubtful ? DOUBTFUL_MS : RUNS_MS) ? seen : undefined
      case 'waits':
        waitsSince ??= now
        return now - waitsSince >= WAITS_MS ? seen : undefined
      case 'crashes':
        return seen
      case 'pull-fails': {
        failedSince ??= now
        const again = backedOff && seen.reason !== 'ImagePullBackOff'
        if (seen.reason === 'ImagePullBackOff') backedOff = true
        const certain = believesFirst || FINAL.includes(seen.reason) || again || now - failedSince >= RETRY_MS
        return certain ? seen : undefined
      }
      case 'undecided':
        return undefined
    }
  }

  return { look, last: () => seen }
}

function observe(status: PodStatus, containers: readonly ContainerStatus[], nodeName?: string): Observation {
  if (nodeName !== undefined && nodeName !== NODE) return { outcome: 'waits', reason: `on ${nodeName}`, message: '' }
  if (containers.length === 0 && status.phase === 'Failed') {
    return { outcome: 'waits', reason: status.reason ?? '', message: status.message ?? '' }
  }
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled')
  if (nodeName === undefined && scheduled?.reason === 'Unschedulable') {
    return { outcome: 'waits', reason: scheduled.reason, message: scheduled.message ?? '' }
  }
  const each = containers.map(observeOne)
  const failing = each.find(({ outcome }) => outcome === 'pull-fails')
  if (failing !== undefined) return failing
  const undecided = each.find(({ outcome }) => outcome === 'undecided')
  const crashed = each.find(({ outcome }) => outcome === 'crashes')
  // Another may yet fail to pull.
  if (crashed !== undefined && undecided?.reason !== 'ContainerCreating') return crashed
  return undecided ?? crashed ?? each[0] ?? { outcome: 'undecided', reason: '', message: '' }
}

function observeOne({ state, restartCount, lastState }: ContainerStatus): Observation {
  const { waiting, terminated, running } = state
  if (waiting !== undefined) {
    const { reason = '', message = '' } = waiting
    const last = lastState?.terminated
    if (CRASHES.includes(reason))
      return { outcome: 'crashes', reason: last?.reason ?? reason, message: last?.message ?? message }
    return { outcome: STARTING.includes(reason) ? 'undecided' : 'pull-fails', reason, message }
  }
  if (terminated !== undefined) {
    const { reason = '', message = '', exitCode } = terminated
    return { outcome: exitCode === 0 ? 'runs' : 'crashes', reason, message }
  }
  if (running === undefined) return { outcome: 'undecided', reason: '', message: '' }
  if (restartCount === 0) return { outcome: 'runs', reason: '', message: '' }
  return {
    outcome: 'crashes',
    reason: lastState?.terminated?.reason ?? '',
    message: lastState?.terminated?.message ?? '',
  }
}

function statusesOf(status: PodStatus, only: string | undefined): readonly ContainerStatus[] {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status
  const all = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses]
  return only === undefined ? all : all.filter(({ name }) => name === only)
}

interface PodStatus {
  readonly phase?: string
  readonly reason?: string
  readonly message?: string
  readonly conditions?: readonly { readonly type: string; readonly reason?: string; readonly message?: string }[]
  readonly initContainerStatuses?: readonly ContainerStatus[]
  readonly containerStatuses?: readonly ContainerStatus[]
  readonly ephemeralContainerStatuses?: readonly ContainerStatus[]
}

interface ContainerStatus {
  readonly name: string
  readonly restartCount: number
  readonly state: {
    readonly running?: object
    readonly waiting?: { readonly reason?: string; readonly message?: string }
    readonly terminated?: Terminated
  }
  readonly lastState?: { readonly terminated?: Terminated }
}

interface Terminated {
  readonly reason?: string
  readonly message?: string
  readonly exitCode: number
}
