// The pods, given to the kubelet, and looked at until it is certain what becomes of them.
import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError, pathOf } from './api.ts'
import type { Api, KubeObject } from './api.ts'
import { each } from './each.ts'
import { watchPod } from './kubelet.ts'
import type { Observation, Watch } from './kubelet.ts'
import type { Pods } from './pods.ts'
import type { Case } from './prepare.ts'
import type { Question } from './product.ts'

/** How many pods the node has at a time, and how long each may take. */
const PODS = 30
const POD_MS = 90_000

const LOOK_MS = 400

/** Begins the name of a pod that only pulls an image. */
export const HELPER = 'helper-'

/** Gives each pod to the kubelet, and tells what becomes of it. */
export async function observeAll(
  cases: readonly Case[],
  api: Api,
  pods: Pods,
  tell: (one: Case, observed: Observation) => void,
): Promise<void> {
  await each(cases, PODS, async (one) => {
    const { question, staged } = one
    const { kind, metadata } = question.written
    const { ephemeral, expect } = staged.scenario
    const doubtful = expect.node !== 'runs'
    const watch = watchPod({
      believesFirst: true,
      doubtful,
      ...(ephemeral === undefined ? {} : { only: ephemeral.name }),
    })
    let observed: Observation
    if (ephemeral === undefined) observed = await createAndWatch(api, pods, question.written, watch)
    else {
      await addEphemeral(api, question)
      observed = await untilCertain(pods, question.namespace, watch, metadata.name)
    }
    tell(one, observed)
    await api.remove(pathOf(kind, question.namespace, metadata.name))
  })
}

/** The kubelet writes the pod's status meanwhile. */
async function addEphemeral(api: Api, { written, namespace, object }: Question): Promise<void> {
  const path = pathOf(written.kind, namespace, written.metadata.name)
  const { ephemeralContainers } = object['spec'] as { readonly ephemeralContainers: readonly object[] }
  for (let tries = 0; ; tries++) {
    const pod = await api.get(path)
    try {
      await api.replace(`${path}/ephemeralcontainers`, withEphemeral(pod, ephemeralContainers))
      return
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409) || tries === 10) throw error
    }
  }
}

export function withEphemeral(pod: KubeObject, ephemeralContainers: readonly object[]): KubeObject {
  return { ...pod, spec: { ...(pod['spec'] as object), ephemeralContainers } }
}

/** Creates an object, and looks at its pod until it is certain what becomes of it. */
export async function createAndWatch(api: Api, pods: Pods, object: KubeObject, watch: Watch): Promise<Observation> {
  const { kind, metadata } = object
  await api.create(pathOf(kind, metadata.namespace), object)
  return untilCertain(pods, metadata.namespace ?? '', watch, kind === 'Pod' ? metadata.name : undefined)
}

async function untilCertain(pods: Pods, namespace: string, watch: Watch, name?: string): Promise<Observation> {
  const start = performance.now()
  for (;;) {
    await sleep(LOOK_MS)
    const pod = pods
      .of(namespace)
      .find(({ metadata }) => (name === undefined ? !metadata.name.startsWith(HELPER) : metadata.name === name))
    const now = performance.now()
    const observed = pod === undefined ? undefined : watch.look(pod, now)
    if (observed !== undefined) return observed
    if (now - start > POD_MS) return { ...watch.last(), outcome: 'undecided' }
  }
}
