/** Which setting is to be mended. */
export type ClusterField = 'kubeconfig' | 'context'

export type ClusterErrorCode = 'KUBECONFIG_UNREADABLE' | 'KUBECONFIG_INVALID' | 'CONTEXT_UNKNOWN' | 'PLUGINS_ABSENT'

/** How to reach the cluster is not said, or said wrongly. The message is one line, fit to print. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError'
  readonly code: ClusterErrorCode
  readonly field: ClusterField

  constructor(code: ClusterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.field = code === 'CONTEXT_UNKNOWN' ? 'context' : 'kubeconfig'
  }
}
