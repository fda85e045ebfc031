import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { printable } from '../base/text.ts'
import type { Cluster, ClusterOptions, ClusterSource } from '../edges/cluster/index.ts'
import type { Config } from '../edges/config/index.ts'
import { CommandError } from './io.ts'
import { proxiesOf } from './proxies.ts'

/** Where Kubernetes mounts a pod's service account: `token`, `ca.crt`, `namespace`. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

/** The cluster that `--kubeconfig` or `--context` names; undefined where neither is given. */
export function namedCluster({ cluster: { kubeconfig, context } }: Config): ClusterSource | undefined {
  return kubeconfig === undefined && context === undefined
    ? undefined
    : { kind: 'kubeconfig', path: kubeconfig, context }
}

export interface OwnCluster {
  readonly source: ClusterSource
  readonly namespace: string
}

/** The cluster that this process is a pod of. `no-token`: a pod that was given none to read the cluster with. */
export async function ownCluster(
  env: ClusterOptions['env'],
  directory = SERVICE_ACCOUNT,
): Promise<OwnCluster | 'no-token' | undefined> {
  const { inCluster } = await import('../edges/cluster/index.ts')
  if (!inCluster(env)) return undefined
  const read = (name: string): Promise<string> => readFile(join(directory, name), 'utf8').catch(() => '')
  const [token, namespace] = await Promise.all([read('token'), read('namespace')])
  return token === '' ? 'no-token' : { source: { kind: 'in-cluster', directory }, namespace: namespace.trim() }
}

/** Throws a CommandError that names the flag where it is not said, or said wrongly, how to reach the cluster. */
export async function connectLive(options: Omit<ClusterOptions, 'proxyFor'>): Promise<Cluster> {
  // Who reads no cluster does not wait for it to load.
  const { ClusterError, connectCluster } = await import('../edges/cluster/index.ts')
  try {
    return await connectCluster({ ...options, proxyFor: proxiesOf(options.env) })
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error
    throw new CommandError(`${blamed(options.source, error.field)}: ${printable(error.message, 1024)}`, {
      cause: error,
    })
  }
}

/** Of the two flags the one that was given. */
function blamed(source: ClusterSource, field: 'kubeconfig' | 'context'): string {
  if (source.kind === 'in-cluster') return 'the service account'
  if (source.path === undefined) return '--context'
  return source.context === undefined ? '--kubeconfig' : `--${field}`
}
