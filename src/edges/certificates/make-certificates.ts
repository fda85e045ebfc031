import { randomBytes, webcrypto } from 'node:crypto'

import { installReflectMetadata } from './reflect-metadata.ts'

export interface CertificateWishes {
  readonly commonName: string
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
  readonly days: number
}

/** PEM texts. The key of the CA is forgotten as soon as it has signed. */
export interface MadeCertificates {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

const DAY = 24 * 60 * 60 * 1000

/** Clocks differ; a certificate that is valid from this second is refused by half of the machines. */
const BACKDATED = 5 * 60 * 1000

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** A CA of its own and a pair that it signed, for the demo and for tests: good for a server, and for a client of one that asks for certificates. */
export async function makeCertificates(wishes: CertificateWishes): Promise<MadeCertificates> {
  // Slow to load, and `serve` never needs it.
  installReflectMetadata()
  const x509 = await import('@peculiar/x509')
  const notBefore = new Date(Date.now() - BACKDATED)
  const notAfter = new Date(Date.now() + wishes.days * DAY)
  const common = { notBefore, notAfter, signingAlgorithm: ALGORITHM }

  const caKeys = await newKeys()
  const ca = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...common,
      serialNumber: newSerial(),
      name: [{ CN: [`${wishes.commonName} CA`] }],
      keys: caKeys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  )

  const keys = await newKeys()
  const cert = await x509.X509CertificateGenerator.create(
    {
      ...common,
      serialNumber: newSerial(),
      subject: [{ CN: [wishes.commonName] }],
      issuer: ca.subjectName,
      publicKey: keys.publicKey,
      signingKey: caKeys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
        new x509.SubjectAlternativeNameExtension([
          ...wishes.dnsNames.map((value) => ({ type: 'dns' as const, value })),
          ...wishes.ipAddresses.map((value) => ({ type: 'ip' as const, value })),
        ]),
        await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  )

  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return {
    ca: line(ca.toString('pem')),
    cert: line(cert.toString('pem')),
    key: line(x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')),
  }
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

/** Files of PEM end in a line feed; the next one may be appended. */
function line(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`
}
