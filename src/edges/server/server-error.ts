export type ServerErrorCode =
  /** Somebody else listens there. */
  | 'PORT_IN_USE'
  /** Below 1024, or otherwise not ours to have. */
  | 'PORT_FORBIDDEN'
  /** The address is none of this machine, or the port is no port. */
  | 'ADDRESS_UNUSABLE'
  /** No PEM certificate. */
  | 'CLIENT_CA_INVALID'

/** Why the server could not start. `field` names the option at fault; the message is one line. */
export class ServerError extends Error {
  override readonly name = 'ServerError'
  readonly code: ServerErrorCode
  readonly field: 'port' | 'metricsPort' | 'clientCa'

  constructor(code: ServerErrorCode, field: ServerError['field'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.field = field
  }
}
