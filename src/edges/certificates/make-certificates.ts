import { issueAuthority, issueServer } from './issue.ts'
import type { Subject } from './issue.ts'

export interface CertificateWishes extends Subject {
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

/** A CA of its own and a pair that it signed, for the demo and for tests. */
export async function makeCertificates(wishes: CertificateWishes): Promise<MadeCertificates> {
  const now = Date.now()
  const validity = { notBefore: new Date(now - BACKDATED), notAfter: new Date(now + wishes.days * DAY) }
  const authority = await issueAuthority(`${wishes.commonName} CA`, validity)
  const { cert, key } = await issueServer(authority, wishes, validity)
  return { ca: authority.cert, cert, key }
}
