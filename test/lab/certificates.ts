// The cluster's authority, and what it signs.
import { generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto'
import { installReflectMetadata } from '../../src/edges/certificates/reflect-metadata.ts'

export interface Subject {
  /** The user's name, for a client. */
  readonly commonName: string
  /** The user's group. */
  readonly organization?: string
  /** What a server answers to. */
  readonly dnsNames?: readonly string[]
  readonly ipAddresses?: readonly string[]
}

/** PEM. */
export interface Pair {
  readonly cert: string
  readonly key: string
}

export interface Authority {
  /** PEM. */
  readonly ca: string
  issue(subject: Subject): Promise<Pair>
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY = 24 * 60 * 60 * 1000

export async function createAuthority(): Promise<Authority> {
  installReflectMetadata()
  const x509 = await import('@peculiar/x509')
  const notBefore = new Date(Date.now() - DAY)
  const notAfter = new Date(Date.now() + 30 * DAY)
  const common = { notBefore, notAfter, signingAlgorithm: ALGORITHM }
  const keys = await newKeys()
  const ca = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...common,
      serialNumber: newSerial(),
      name: [{ CN: ['pullable lab'] }],
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
      ],
    },
    webcrypto,
  )

  async function issue(subject: Subject): Promise<Pair> {
    const { commonName, organization, dnsNames = [], ipAddresses = [] } = subject
    const own = await newKeys()
    const alternatives = [
      ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
      ...ipAddresses.map((value) => ({ type: 'ip' as const, value })),
    ]
    const cert = await x509.X509CertificateGenerator.create(
      {
        ...common,
        serialNumber: newSerial(),
        subject: [...(organization === undefined ? [] : [{ O: [organization] }]), { CN: [commonName] }],
        issuer: ca.subjectName,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
          ...(alternatives.length > 0 ? [new x509.SubjectAlternativeNameExtension(alternatives)] : []),
        ],
      },
      webcrypto,
    )
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', own.privateKey)
    return { cert: `${cert.toString('pem')}\n`, key: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n` }
  }

  return { ca: `${ca.toString('pem')}\n`, issue }
}

/** What signs the tokens of service accounts. PEM. */
export function newSigningKey(): { readonly privateKey: string; readonly publicKey: string } {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

function newSerial(): string {
  return `40${randomBytes(15).toString('hex')}`
}
