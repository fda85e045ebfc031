// Pods and events as a kubelet of Kubernetes 1.36 writes them, cut to what is read.

export interface Status {
  readonly state: object
  readonly lastState?: object
}

export const waiting = (reason: string, message = ''): Status => ({ state: { waiting: { reason, message } } })
export const running: Status = { state: { running: { startedAt: '2026-11-21T21:00:00Z' } } }
export const ended = (exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error'): Status => ({
  state: { terminated: { exitCode, reason } },
})
export const crashing = (exitCode: number, reason = 'Error'): Status => ({
  ...waiting('CrashLoopBackOff', 'back-off 10s restarting failed container'),
  lastState: { terminated: { exitCode, reason } },
})

/** A pod of one container, `app`, with the image `registry.example/team/app:1`. */
export function podOf(
  status: Status | undefined,
  more: { readonly phase?: string; readonly spec?: object } = {},
): object {
  return {
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', uid: 'uid-1' },
    spec: { containers: [{ name: 'app', image: IMAGE }], ...more.spec },
    status: {
      phase: more.phase ?? 'Pending',
      ...(status !== undefined && { containerStatuses: [{ name: 'app', ...status }] }),
    },
  }
}

export const IMAGE = 'registry.example/team/app:1'

export function eventOf(reason: string, message: string, fieldPath = 'spec.containers{app}'): object {
  return {
    reason,
    message,
    involvedObject: { kind: 'Pod', name: 'web', namespace: 'shop', uid: 'uid-1', fieldPath },
    source: { component: 'kubelet', host: 'node-1' },
    reportingComponent: 'kubelet',
    type: 'Normal',
  }
}

const size = 'Image size: 1234 bytes.'
export const pulled = eventOf(
  'Pulled',
  `Successfully pulled image "${IMAGE}" in 52ms (52ms including waiting). ${size}`,
)
export const present = eventOf(
  'Pulled',
  `Container image "${IMAGE}" already present on machine and can be accessed by the pod`,
)
export const failed = eventOf('Failed', `Failed to pull image "${IMAGE}": failed to pull and unpack image: not found`)
