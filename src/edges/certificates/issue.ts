import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type * as X509 from '@peculiar/x509'

import { installReflectMetadata } from './reflect-metadata.ts'

/** PEM texts, each with its line feed. */
export interface Issued {
  readonly cert: string
  readonly key: string
}

export interface Validity {
  readonly notBefore: Date
  readonly notAfter: Date
}

/** Whom a certificate is for; good for a server, and for a client of one that asks for certificates. */
export interface Subject {
  readonly commonName: string
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
}

type SigningAlgorithm =
  | { readonly name: 'ECDSA'; readonly namedCurve: string; readonly hash: string }
  | { readonly name: 'RSASSA-PKCS1-v1_5'; readonly hash: string }

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** By OpenSSL's names. */
const CURVES: Readonly<Record<string, { readonly namedCurve: string; readonly hash: string }>> = {
  prime256v1: { namedCurve: 'P-256', hash: 'SHA-256' },
  secp384r1: { namedCurve: 'P-384', hash: 'SHA-384' },
  secp521r1: { namedCurve: 'P-521', hash: 'SHA-512' },
}

/** A new authority, which may sign servers and nothing below them. */
export async function issueAuthority(commonName: string, validity: Validity): Promise<Issued> {
  const x509 = await loadX509()
  const keys = await newKeys()
  const cert = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...validity,
      signingAlgorithm: ALGORITHM,
      serialNumber: newSerial(),
      name: [{ CN: [commonName] }],
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  )
  return { cert: line(cert.toString('pem')), key: await pemOf(keys.privateKey) }
}

/** A new key, and a certificate for it by an authority whose key `canSign`. */
export async function issueServer(authority: Issued, subject: Subject, validity: Validity): Promise<Issued> {
  const x509 = await loadX509()
  const ca = new x509.X509Certificate(authority.cert)
  const key = createPrivateKey(authority.key)
  const algorithm = algorithmOf(key)
  if (algorithm === undefined) throw new Error('a key of a kind that does not sign here')
  // Not every authority has the hash of its key for its name; what does not match is not found.
  const authorityKey = ca.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId
  const keys = await newKeys()
  const cert = await x509.X509CertificateGenerator.create(
    {
      ...validity,
      signingAlgorithm: algorithm,
      serialNumber: newSerial(),
      subject: [{ CN: [subject.commonName] }],
      issuer: ca.subjectName,
      publicKey: keys.publicKey,
      signingKey: key.toCryptoKey(algorithm, false, ['sign']),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
        new x509.SubjectAlternativeNameExtension([
          ...subject.dnsNames.map((value) => ({ type: 'dns' as const, value })),
          ...subject.ipAddresses.map((value) => ({ type: 'ip' as const, value })),
        ]),
        authorityKey === undefined
          ? await x509.AuthorityKeyIdentifierExtension.create(ca, false, webcrypto)
          : new x509.AuthorityKeyIdentifierExtension(authorityKey),
      ],
    },
    webcrypto,
  )
  return { cert: line(cert.toString('pem')), key: await pemOf(keys.privateKey) }
}

/** Whether `issueServer` can sign with it. */
export function canSign(key: KeyObject): boolean {
  return algorithmOf(key) !== undefined
}

function algorithmOf(key: KeyObject): SigningAlgorithm | undefined {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const name = key.asymmetricKeyType === 'ec' ? (key.asymmetricKeyDetails?.namedCurve ?? '') : ''
  const curve = Object.hasOwn(CURVES, name) ? CURVES[name] : undefined
  return curve === undefined ? undefined : { name: 'ECDSA', ...curve }
}

/** Slow to load, and who serves from files never needs it. */
async function loadX509(): Promise<typeof X509> {
  installReflectMetadata()
  return import('@peculiar/x509')
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

/** Random, positive, and without a leading zero, as RFC 5280 4.1.2.2 wants it. */
function newSerial(): string {
  const bytes = randomBytes(16)
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0)
  return bytes.toString('hex')
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const base64 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64')
  const lines = base64.match(/.{1,64}/g) ?? []
  return ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n')
}

/** Files of PEM end in a line feed; the next one may be appended. */
function line(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`
}
