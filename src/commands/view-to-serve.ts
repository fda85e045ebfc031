import type { Logger, Metrics } from '../base/telemetry/index.ts'
import { assumedNode } from '../engine/nodes/index.ts'
import type { ClusterView, ReadMutators, ReadPods, ReadRunning } from '../engine/review/index.ts'
import type { ClusterObjects, PodEnds } from '../edges/cluster/index.ts'
import type { Config } from '../edges/config/index.ts'
import { declaredView } from '../edges/manifests/index.ts'
import type { Io } from './io.ts'
import { withAssumedNodes } from './layered-view.ts'
import { connectLive, namedCluster, ownCluster } from './live-cluster.ts'
import { mutatorsOfView, wantsMutators } from './rewriting.ts'
import { readView } from './view.ts'

export interface ServedView {
  readonly view: ClusterView
  /** Undefined where it makes no difference, or there is no cluster. */
  readonly mutators: ReadMutators | undefined
  readonly running: ReadRunning | undefined
  /** Of the live cluster. */
  readonly pods: ReadPods | undefined
  /** A cluster's own, rather than a declared one. */
  readonly live: boolean
  /** Of the live cluster. */
  readonly objects: ClusterObjects | undefined
  /** Of the live cluster. */
  readonly ends: PodEnds | undefined
  /** The namespace that we run in; empty where we are no pod. */
  readonly ownNamespace: string
  readonly whyNotReady: () => string | undefined
  close(): Promise<void>
}

export interface ServedViewOptions {
  readonly version: string
  readonly env: Io['env']
  readonly log: Logger
  readonly metrics: Metrics
  readonly serviceAccountDirectory?: string
}

/** What `serve` judges by: the declared cluster, else the one that the flags name, else its own, else none. */
export async function viewToServe(config: Config, options: ServedViewOptions): Promise<ServedView> {
  const { env, log, metrics, version, serviceAccountDirectory } = options
  const named = namedCluster(config)
  const alone = config.view === undefined && named === undefined
  const own = alone ? await ownCluster(env, serviceAccountDirectory) : undefined
  if (own === 'no-token') log.warn({}, 'in a cluster, but without the token of a service account to read it with')
  const pod = own === 'no-token' ? undefined : own
  const source = named ?? pod?.source
  if (source === undefined) {
    log.info({ cluster: config.view === undefined ? 'none' : 'declared' }, 'judging by a cluster')
    return declared(config)
  }
  log.info({ cluster: named === undefined ? 'own' : 'named' }, 'judging by a cluster')
  const cluster = await connectLive({
    source,
    env,
    watch: true,
    mutators: wantsMutators(config),
    log,
    userAgent: `pullable/${version}`,
    observe: ({ resource, verb, status }) => metrics.clusterRequest({ resource, verb, status }),
  })
  metrics.clusterView(() => ({ ...cluster.ages() }))
  return {
    view: withAssumedNodes(cluster.view, config.nodes.platforms.map(assumedNode)),
    mutators: cluster.mutators,
    running: cluster.running,
    pods: cluster.pods,
    live: true,
    objects: cluster.objects,
    ends: cluster.ends,
    ownNamespace: pod?.namespace ?? '',
    whyNotReady: () => cluster.whyNotReady(),
    close: () => cluster.close(),
  }
}

async function declared(config: Config): Promise<ServedView> {
  const reading = config.view === undefined ? undefined : await readView(config.view)
  const objects = reading?.documents.map(({ object }) => object) ?? []
  const view = declaredView(objects, {
    complete: config.view !== undefined,
    defaultNamespace: 'default',
    assumedNodes: config.nodes.platforms.map(assumedNode),
  })
  return {
    view,
    mutators: reading !== undefined && wantsMutators(config) ? mutatorsOfView(reading) : undefined,
    running: undefined,
    pods: undefined,
    live: false,
    objects: undefined,
    ends: undefined,
    ownNamespace: '',
    whyNotReady: () => undefined,
    close: () => Promise.resolve(),
  }
}
