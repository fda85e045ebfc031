import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import type { ClusterOptions } from './options.ts'
import type { Target } from './target.ts'

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Whether the process runs in a pod, by what the kubelet puts into its environment. */
export function inCluster(env: ClusterOptions['env']): boolean {
  return (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '' && (env['KUBERNETES_SERVICE_PORT'] ?? '') !== ''
}

/** The API server of the cluster that the pod runs in, as the pod's service account ("Accessing the Kubernetes API from a Pod"). */
export function ownCluster(env: ClusterOptions['env'], directory = SERVICE_ACCOUNT): Target {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? 'kubernetes.default.svc'
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443'
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    caFile: join(directory, 'ca.crt'),
    skipVerify: false,
    user: { tokenFile: join(directory, 'token') },
  }
}
