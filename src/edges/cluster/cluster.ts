import { readNode } from '../../engine/nodes/index.ts'
import type { ClusterView, ReadMutators, ReadPods, ReadRunning } from '../../engine/review/index.ts'
import { keepAccess, readAccess } from './access.ts'
import { createApi } from './api.ts'
import { createObjects } from './cluster-objects.ts'
import type { ClusterObjects } from './cluster-objects.ts'
import { ClusterError } from './cluster-error.ts'
import { ownCluster } from './in-cluster.ts'
import { createIntern } from './intern.ts'
import { readKubeconfig } from './kubeconfig.ts'
import { createLiveView } from './live-view.ts'
import { listOnce } from './listed.ts'
import { createMutators } from './mutators.ts'
import { defaultLimits } from './options.ts'
import type { ClusterOptions } from './options.ts'
import { createPods } from './pods.ts'
import { createPools, secureContextOf } from './pools.ts'
import { createPodEnds } from './pod-ends.ts'
import type { PodEnds } from './pod-ends.ts'
import { readNamespace } from './read-objects.ts'
import { createRunningPods } from './running-pods.ts'
import type { LoadTarget, Target } from './target.ts'
import { createTroubles } from './troubles.ts'
import { watchResource } from './watched.ts'
import type { Watched } from './watched.ts'

export interface Cluster {
  readonly view: ClusterView
  readonly objects: ClusterObjects
  readonly running: ReadRunning
  readonly ends: PodEnds
  /** Undefined where nobody wants them. */
  readonly mutators: ReadMutators | undefined
  readonly pods: ReadPods
  /** Until what is watched has been read once: `the nodes have not been read yet: connection refused`. What may not be read is waited for some seconds only. */
  whyNotReady(): string | undefined
  /** Seconds since what is kept was last known to be current; 0 while it is watched. Undefined: never read, or not watched. */
  ages(): {
    readonly nodes: number | undefined
    readonly namespaces: number | undefined
    /** Of the oldest of three lists; there only where they are watched. */
    readonly mutators?: number | undefined
  }
  close(): Promise<void>
}

/**
 * The live view of a cluster. Rejects with a `ClusterError` where it is not said how to reach it, never because the API server is
 * away: then it says so, and goes on trying.
 */
export async function connectCluster(options: ClusterOptions): Promise<Cluster> {
  const limits = { ...defaultLimits, ...options.limits }
  const now = options.now ?? (() => performance.now())
  const load = loadFrom(options)
  const target = await load()
  await check(target)

  const ending = new AbortController()
  const { signal } = ending
  const pools = createPools(limits)
  const keeper = keepAccess(load, target, limits.accessMs, now)
  const userAgent = options.userAgent ?? 'pullable'
  const api = createApi({ keeper, pools, limits, userAgent, now, observe: options.observe ?? (() => undefined) })
  const troubles = createTroubles(options.log, now)
  const parts = { api, limits, now, troubles }
  const intern = createIntern()
  const nodes = { ...parts, resource: 'nodes', read: (object: unknown) => readNode(object, intern) } as const
  const namespaces = {
    ...parts,
    resource: 'namespaces',
    read: (object: unknown) => readNamespace(object, intern),
  } as const
  const watched = options.watch
    ? {
        nodes: watchResource(nodes, signal),
        namespaces: watchResource(namespaces, signal),
      }
    : undefined
  const live = createLiveView(parts, watched ?? { nodes: listOnce(nodes, signal) })
  const running = createRunningPods(parts)
  const mutators = options.mutators === true ? createMutators(parts, options.watch, signal) : undefined
  const all = [...(watched === undefined ? [] : [watched.nodes, watched.namespaces]), ...(mutators?.watched ?? [])]

  return {
    view: live.view,
    objects: createObjects(api, limits),
    running: running.read,
    ends: createPodEnds(parts),
    mutators: mutators?.read,
    pods: createPods(parts),
    whyNotReady: () => all.map((each) => each.whyNotRead()).find((why) => why !== undefined),
    ages: () => ({
      nodes: watched?.nodes.age(),
      namespaces: watched?.namespaces.age(),
      ...(mutators !== undefined && mutators.watched.length > 0 && { mutators: oldest(mutators.watched) }),
    }),
    async close() {
      troubles.close()
      ending.abort()
      live.close()
      running.close()
      await pools.close()
      await Promise.all(all.map(({ ended }) => ended))
    },
  }
}

/** Undefined where one was never read. */
function oldest(watched: readonly Watched<unknown>[]): number | undefined {
  let most = 0
  for (const each of watched) {
    const age = each.age()
    if (age === undefined) return undefined
    most = Math.max(most, age)
  }
  return most
}

function loadFrom({ source, env, proxyFor }: ClusterOptions): LoadTarget {
  if (source.kind === 'kubeconfig') {
    return async () => {
      const target = await readKubeconfig(source, env)
      return { ...target, proxy: target.proxy ?? proxyFor?.(new URL(target.server)) }
    }
  }
  return () => Promise.resolve(ownCluster(env, source.directory))
}

/** Files that are missing or no PEM are told now. What a plugin gives can only be known when it is asked. */
async function check(target: Target): Promise<void> {
  const access = await readAccess(target, undefined)
  if (target.server.startsWith('http:')) return
  try {
    secureContextOf(access)
  } catch (error) {
    throw new ClusterError(
      'KUBECONFIG_INVALID',
      'the certificates or the key for the cluster are no PEM, or do not match',
      {
        cause: error,
      },
    )
  }
}
