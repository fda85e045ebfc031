import { X509Certificate } from 'node:crypto'

/** A certificate that others are checked against. */
export interface Authority {
  readonly certificate: X509Certificate
  /** Equal for equal certificates. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly notBefore: number
  readonly notAfter: number
}

/** Certificates of one bundle; more is no bundle of ours, and each is looked at. */
const MOST_CERTIFICATES = 32

const BEGIN = '-----BEGIN CERTIFICATE-----'
const END = '-----END CERTIFICATE-----'

/** The certificates of a PEM text, each once, in its order; what is none is passed over. */
export function readAuthorities(pem: string): readonly Authority[] {
  const found = new Map<string, Authority>()
  for (const certificate of readCertificates(pem)) {
    const authority = authorityOf(certificate)
    if (!found.has(authority.id)) found.set(authority.id, authority)
  }
  return [...found.values()]
}

/** As `readAuthorities`, doubles and all. */
export function readCertificates(pem: string): readonly X509Certificate[] {
  const found: X509Certificate[] = []
  let from = pem.indexOf(BEGIN)
  while (from !== -1 && found.length < MOST_CERTIFICATES) {
    const end = pem.indexOf(END, from)
    if (end === -1) break
    const certificate = readCertificate(pem.slice(from, end + END.length))
    if (certificate !== undefined) found.push(certificate)
    from = pem.indexOf(BEGIN, end)
  }
  return found
}

export function authorityOf(certificate: X509Certificate): Authority {
  return {
    certificate,
    id: certificate.fingerprint256,
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
  }
}

/** As `ca.crt` and `caBundle` hold them. */
export function bundleOf(authorities: readonly Authority[]): string {
  return authorities.map(({ certificate }) => `${certificate.toString().trimEnd()}\n`).join('')
}

/** The authority that a chain, the server's certificate first, leads to. */
export function issuerOf(chain: readonly X509Certificate[], authorities: readonly Authority[]): Authority | undefined {
  let [current] = chain
  for (let depth = 0; current !== undefined && depth < chain.length; depth += 1) {
    const below = current
    const issuer = authorities.find(({ id, certificate }) => id === below.fingerprint256 || signed(certificate, below))
    if (issuer !== undefined) return issuer
    current = chain.find((above) => above !== below && signed(above, below))
  }
  return undefined
}

function signed(issuer: X509Certificate, certificate: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  } catch {
    return false
  }
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}
