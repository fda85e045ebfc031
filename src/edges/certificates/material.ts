import { createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

import { Secret } from '../../base/secret.ts'
import { quoted } from '../../base/text.ts'
import { authorityOf, bundleOf, issuerOf, readAuthorities, readCertificates } from './authority.ts'
import type { Authority } from './authority.ts'
import { CertificateError } from './certificate-error.ts'
import { readPair } from './certificate-pair.ts'
import type { CertificatePair } from './certificate-pair.ts'
import { canSign } from './issue.ts'

/** An authority whose key we have. */
export interface Signer {
  readonly authority: Authority
  readonly key: Secret
}

/** A pair that can be served, and which authority it needs at the other end. */
export interface TrustedPair extends CertificatePair {
  /** Equal for equal certificates. */
  readonly id: string
  readonly notBefore: Date
  readonly issuer: Authority
}

/** What can be used of the Secret. */
export interface Material {
  /** Of `ca.crt`, those that have expired among them. */
  readonly authorities: readonly Authority[]
  /** `ca.key`, with its certificate of `ca.crt`. */
  readonly signer: Signer | undefined
  /** `tls.crt` and `tls.key`, valid now. */
  readonly pair: TrustedPair | undefined
  /** Why what is there cannot be used, fit to print; none where nothing is there. */
  readonly problem: string | undefined
}

/** The Secret's data: base64, by key. */
export type SecretData = Readonly<Record<string, string>>

export interface Expected {
  /** The name that the API server asks for. */
  readonly host: string
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Of one value, decoded; some certificates take a few kilobytes each. */
const MAX_VALUE = 256 * 1024

/** The clocks of those who share the Secret differ: what one has just made is no other's mistake. */
const CLOCK_SKEW = 60 * 60 * 1000

/** Reads what anyone may have written there. */
export function readMaterial(data: SecretData, expected: Expected): Material {
  const authorities = readAuthorities(textOf(data, 'ca.crt'))
  const signer = readSigner(textOf(data, 'ca.key'), authorities, expected)
  const pair = readTrustedPair(data, authorities, expected)
  const problem = [pair, signer].find((each) => typeof each === 'string')
  return {
    authorities,
    signer: typeof signer === 'string' ? undefined : signer,
    pair: typeof pair === 'string' ? undefined : pair,
    problem,
  }
}

export function writeMaterial({ authorities, signer, pair }: Omit<Material, 'problem'>): SecretData {
  return {
    'ca.crt': base64(bundleOf(authorities)),
    'ca.key': base64(signer?.key.reveal() ?? ''),
    'tls.crt': base64(pair?.cert ?? ''),
    'tls.key': base64(pair?.key.reveal() ?? ''),
  }
}

function readSigner(key: string, authorities: readonly Authority[], { now }: Expected): Signer | string | undefined {
  if (key === '') return undefined
  const privateKey = readKey(key)
  if (privateKey === undefined) return 'ca.key holds no PEM private key without a passphrase'
  if (!canSign(privateKey)) return 'ca.key is neither an RSA key nor one of the curves P-256, P-384 and P-521'
  const authority = authorities.find(({ certificate }) => certificate.ca && certificate.checkPrivateKey(privateKey))
  if (authority === undefined) return 'ca.key is that of no authority in ca.crt'
  return isValid(authority, now) ? { authority, key: new Secret(key) } : undefined
}

function readTrustedPair(
  data: SecretData,
  authorities: readonly Authority[],
  { host, now }: Expected,
): TrustedPair | string | undefined {
  const [cert, key] = [textOf(data, 'tls.crt'), textOf(data, 'tls.key')]
  if (cert === '' && key === '') return undefined
  const pair = readPair(cert, key, { certFile: 'tls.crt', keyFile: 'tls.key' })
  if (pair instanceof CertificateError) return pair.message
  const chain = readCertificates(cert)
  const [leaf] = chain
  if (leaf === undefined) return 'tls.crt holds no PEM certificate'
  if (leaf.checkHost(host, { subject: 'never' }) === undefined)
    return `the certificate in tls.crt is not for ${quoted(host, 253)}`
  const { id, notBefore, notAfter } = authorityOf(leaf)
  if (notAfter <= now) return 'the certificate in tls.crt has expired'
  if (notBefore > now + CLOCK_SKEW) return 'the certificate in tls.crt is not yet valid'
  const issuer = issuerOf(
    chain,
    authorities.filter((authority) => isValid(authority, now)),
  )
  if (issuer === undefined) return 'no valid authority in ca.crt has signed the certificate in tls.crt'
  return { ...pair, id, notBefore: new Date(notBefore), issuer }
}

export function isValid({ notBefore, notAfter }: Authority, now: number): boolean {
  return notBefore <= now + CLOCK_SKEW && now < notAfter
}

function readKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

function textOf(data: SecretData, key: string): string {
  const value = Object.hasOwn(data, key) ? data[key] : undefined
  if (typeof value !== 'string' || value.length > MAX_VALUE * 1.4) return ''
  return Buffer.from(value, 'base64').toString('utf8')
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
