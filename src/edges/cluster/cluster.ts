import type { Read } from '../../engine/review/index.ts'
import type { Cluster, ClusterOptions } from './options.ts'

/** The live view of a cluster. Rejects with a `ClusterError` for a broken kubeconfig, never because the API server is away. */
export function connectCluster(options: ClusterOptions): Promise<Cluster> {
  const away = (): Promise<Read<never>> => Promise.resolve({ kind: 'unreadable', detail: 'unreachable' })
  return Promise.resolve({
    view: { namespace: away, serviceAccount: away, secret: away, nodes: away },
    whyNotReady: () => (options.watch ? 'the nodes have not been read yet' : undefined),
    ages: () => ({ nodes: undefined, namespaces: undefined }),
    close: () => Promise.resolve(),
  })
}
