import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createSecureContext } from 'node:tls'

import { Secret } from '../../base/secret.ts'
import { printable } from '../../base/text.ts'
import { CertificateError } from './certificate-error.ts'

/** A pair that fits, ready to serve. PEM. */
export interface CertificatePair {
  /** The server's first, then what leads to its CA. */
  readonly cert: string
  readonly key: Secret
  readonly notAfter: Date
}

export interface PairFiles {
  readonly certFile: string
  readonly keyFile: string
}

/** Reads what the two files held. Says nothing of expiry: that depends on when. */
export function readPair(cert: string, key: string, files: PairFiles): CertificatePair | CertificateError {
  const certPath = printable(files.certFile)
  const keyPath = printable(files.keyFile)
  const certificate = tried(() => new X509Certificate(cert))
  if (certificate === undefined) {
    return new CertificateError('CERTIFICATE_INVALID', 'certFile', `${certPath} holds no PEM certificate`)
  }
  const privateKey = tried<KeyObject>(() => createPrivateKey(key))
  if (privateKey === undefined) {
    return new CertificateError(
      'CERTIFICATE_INVALID',
      'keyFile',
      `${keyPath} holds no PEM private key without a passphrase`,
    )
  }
  if (!certificate.checkPrivateKey(privateKey)) {
    return new CertificateError('CERTIFICATE_MISMATCH', 'keyFile', `the key in ${keyPath} is not that of ${certPath}`)
  }
  if ((certificate.subjectAltName ?? '') === '') {
    return new CertificateError(
      'CERTIFICATE_NAMELESS',
      'certFile',
      `the certificate in ${certPath} has no subjectAltName: an API server does not accept it`,
    )
  }
  // What is left to go wrong is in the chain, or too weak for this TLS.
  if (tried(() => createSecureContext({ cert, key })) === undefined) {
    return new CertificateError('CERTIFICATE_INVALID', 'certFile', `TLS does not take the certificate in ${certPath}`)
  }
  return { cert, key: new Secret(key), notAfter: certificate.validToDate }
}

/** OpenSSL's words may hold pieces of what it read, so none of them go on. */
function tried<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
