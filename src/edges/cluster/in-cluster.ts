/** Whether the process runs in a pod, by what the kubelet puts into its environment. */
export function inCluster(env: Readonly<Record<string, string | undefined>>): boolean {
  return (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '' && (env['KUBERNETES_SERVICE_PORT'] ?? '') !== ''
}
