// The cluster of the scenarios: their objects, and what the node holds before.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Lab } from '../lab/cluster.ts'
import { NODE, PAUSE_IMAGE } from '../lab/layout.ts'
import { ApiError, pathOf } from './api.ts'
import type { Api, KubeObject } from './api.ts'
import { each } from './each.ts'
import { importImages } from './import.ts'
import type { Imported } from './import.ts'
import { watchPod } from './kubelet.ts'
import type { Observation } from './kubelet.ts'
import { readObjects } from './objects.ts'
import type { Objects } from './objects.ts'
import { createAndWatch, HELPER, withEphemeral } from './observe.ts'
import type { Pods } from './pods.ts'
import type { Question } from './product.ts'
import { namespaceOf } from './schema.ts'
import type { Scenario } from './schema.ts'
import type { Staged } from './servers.ts'

/** One scenario in the cluster, ready to be judged. */
export interface Case {
  readonly staged: Staged
  readonly objects: Objects
  readonly question: Question
}

const AT_ONCE = 16

/** Until a helper pod has pulled what it is there for, and until the node says what it holds. */
const PREPARED_MS = 90_000

const LOOK_MS = 400

/** Makes all objects but the pods, and has the node hold what it is to hold. */
export async function prepare(all: readonly Staged[], lab: Lab, api: Api, pods: Pods): Promise<readonly Case[]> {
  const read = all.map((staged) => ({ staged, objects: objectsOf(staged) }))
  await each(read, AT_ONCE, async ({ staged: { scenario }, objects: { namespaces, nodes, others } }) => {
    try {
      for (const object of [...namespaces, ...nodes, ...others]) await createOrMerge(api, object)
    } catch (error) {
      throw new Error(`${scenario.name}: ${String(error)}`, { cause: error })
    }
  })
  await holdImages(all, lab, api, pods)
  const bases = read.filter(({ staged }) => staged.scenario.ephemeral !== undefined)
  await each(bases, AT_ONCE, ({ objects }) => runBase(api, pods, objects.workload))
  for (const staged of all) staged.later()
  const cases: Case[] = []
  await each(read, AT_ONCE, async ({ staged, objects }) => {
    try {
      const question = await questionOf(staged, objects, api)
      await keepSecretsAtHand(api, question)
      cases.push({ staged, objects, question })
    } catch (error) {
      throw new Error(`${staged.scenario.name}: ${String(error)}`, { cause: error })
    }
  })
  return read.flatMap(({ staged }) => cases.filter((one) => one.staged === staged))
}

function objectsOf({ scenario, places }: Staged): Objects {
  try {
    return readObjects(scenario, places.place(scenario.input))
  } catch (error) {
    throw new Error(`${scenario.name}: ${String(error)}`, { cause: error })
  }
}

async function createOrMerge(api: Api, object: KubeObject): Promise<void> {
  const { kind, metadata } = object
  try {
    await api.create(pathOf(kind, metadata.namespace), object)
  } catch (error) {
    // A controller was quicker to make the namespace's own account.
    if (!(error instanceof ApiError && error.status === 409 && kind === 'ServiceAccount')) throw error
    await api.merge(pathOf(kind, metadata.namespace, metadata.name), object)
  }
}

/** Imports or pulls what `present` says, and waits until the Node lists it. */
async function holdImages(all: readonly Staged[], lab: Lab, api: Api, pods: Pods): Promise<void> {
  const wanted = all.flatMap((staged) => (staged.scenario.present ?? []).map((entry) => placed(staged, entry)))
  if (wanted.length === 0) return
  const imported = wanted.filter(({ by }) => by === 'ctr')
  await importImages(imported.map(toImport), lab)
  const pulled = wanted.filter(({ by }) => by === 'pod')
  await each(pulled, AT_ONCE, async (present) => {
    const { staged, image, secrets, stays } = present
    const name = `${HELPER}${String(pulled.indexOf(present))}`
    const pod = helper(namespaceOf(staged.scenario), name, image, secrets)
    const observed = await createAndWatch(api, pods, pod, watchPod({ believesFirst: false }))
    if (observed.outcome !== 'runs') throw new Error(`${staged.scenario.name}: the helper pod ${inWords(observed)}`)
    if (!stays) await api.remove(pathOf('Pod', pod.metadata.namespace, pod.metadata.name))
  })
  await lab.restartKubelet()
  const names = new Set(wanted.map(({ image }) => image))
  const end = performance.now() + PREPARED_MS
  for (;;) {
    const { status } = (await api.get(pathOf('Node', undefined, NODE))) as unknown as NodeObject
    const listed = new Set(status.images?.flatMap((each) => each.names ?? []))
    const lacking = [...names].filter((name) => !listed.has(name))
    if (lacking.length === 0) return
    if (performance.now() > end) throw new Error(`the node does not list ${lacking.join(', ')}`)
    await sleep(LOOK_MS)
  }
}

interface Present {
  readonly staged: Staged
  readonly image: string
  readonly by: 'ctr' | 'pod'
  /** The image of a server that is imported under this name. */
  readonly from: string | undefined
  readonly secrets: readonly string[]
  readonly stays: boolean
}

function placed(staged: Staged, entry: NonNullable<Scenario['present']>[number]): Present {
  const none = { from: undefined, secrets: [], stays: false, by: 'ctr' as const }
  const present = { ...none, ...(typeof entry === 'string' ? { image: entry } : entry) }
  return { ...present, staged, image: staged.places.place(present.image) }
}

function toImport({ staged, image, from }: Present): Imported {
  const key = from ?? image.slice(image.indexOf('/') + 1)
  const built = staged.images.get(key)
  if (built === undefined) throw new Error(`${staged.scenario.name}: no server has ${key}, to be imported as ${image}`)
  return { name: image, built }
}

interface NodeObject {
  readonly status: { readonly images?: readonly { readonly names?: readonly string[] }[] }
}

function helper(namespace: string, name: string, image: string, secrets: readonly string[]): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      nodeName: NODE,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      // An empty one keeps the account's away.
      imagePullSecrets: secrets.length > 0 ? secrets.map((each) => ({ name: each })) : [{ name: '' }],
      containers: [{ name: 'helper', image, imagePullPolicy: 'IfNotPresent' }],
    },
  }
}

/** The pod of an ephemeral container. */
async function runBase(api: Api, pods: Pods, pod: KubeObject): Promise<void> {
  const observed = await createAndWatch(api, pods, pod, watchPod({ believesFirst: false }))
  if (observed.outcome !== 'runs') throw new Error(`${String(pod.metadata.namespace)}: its pod ${inWords(observed)}`)
}

function inWords({ outcome, reason, message }: Observation): string {
  return `${outcome}: ${reason} ${message}`
}

async function questionOf({ scenario, places }: Staged, { workload }: Objects, api: Api): Promise<Question> {
  const { name, ephemeral } = scenario
  const namespace = namespaceOf(scenario)
  const { kind, metadata } = workload
  if (ephemeral === undefined) {
    const object = await api.create(`${pathOf(kind, namespace)}?dryRun=All`, workload)
    return { name, namespace, object, written: workload }
  }
  const path = pathOf(kind, namespace, metadata.name)
  const before = await api.get(path)
  const after = withEphemeral(before, [places.placeAll(ephemeral)])
  const object = await api.replace(`${path}/ephemeralcontainers?dryRun=All`, after)
  const written = withEphemeral(workload, [places.placeAll(ephemeral)])
  return { name, namespace, object, before, written }
}

/**
 * A pod that keeps the secrets of another at the kubelet's hand, and never starts. Without it some three in a hundred first pulls
 * go out before the API server lets the kubelet read their secrets, with none or with some of them.
 */
async function keepSecretsAtHand(api: Api, { namespace, object }: Question): Promise<void> {
  const spec = object['spec'] as PodSpec & { readonly template?: { readonly spec: PodSpec } }
  const { imagePullSecrets, serviceAccountName } = spec.template?.spec ?? spec
  if ((imagePullSecrets ?? []).length === 0 && spec.template === undefined) return
  await api.create(pathOf('Pod', namespace), {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${HELPER}secrets`, namespace },
    spec: {
      nodeName: NODE,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      ...(imagePullSecrets === undefined ? {} : { imagePullSecrets }),
      ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
      containers: [{ name: 'helper', image: PAUSE_IMAGE, imagePullPolicy: 'Never' }],
      volumes: [{ name: 'never', hostPath: { path: '/never', type: 'Directory' } }],
    },
  })
}

interface PodSpec {
  readonly imagePullSecrets?: readonly object[]
  readonly serviceAccountName?: string
}
