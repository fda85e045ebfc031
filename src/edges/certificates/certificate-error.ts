export type CertificateErrorCode =
  /** A file is not there, may not be read, is no file, or is too large. */
  | 'CERTIFICATE_UNREADABLE'
  /** Not PEM, or nothing that TLS takes. */
  | 'CERTIFICATE_INVALID'
  /** The key is not the certificate's. */
  | 'CERTIFICATE_MISMATCH'
  /** No subjectAltName: no API server believes it, whatever the common name says. */
  | 'CERTIFICATE_NAMELESS'
  /** Past its notAfter. */
  | 'CERTIFICATE_EXPIRED'

/** Why a certificate pair cannot be used. `field` is the file's role; the message names its path and never its contents. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError'
  readonly code: CertificateErrorCode
  readonly field: 'certFile' | 'keyFile'

  constructor(code: CertificateErrorCode, field: 'certFile' | 'keyFile', message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.field = field
  }
}
