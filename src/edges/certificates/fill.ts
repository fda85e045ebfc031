import { randomBytes } from 'node:crypto'

import { Secret } from '../../base/secret.ts'
import { authorityOf, bundleOf, readAuthorities, readCertificates } from './authority.ts'
import { readPair } from './certificate-pair.ts'
import { CertificateError } from './certificate-error.ts'
import { issueAuthority, issueServer } from './issue.ts'
import type { KeptNames } from './kept-objects.ts'
import type { Material, Signer, TrustedPair } from './material.ts'
import type { Wanted } from './next-step.ts'

/** Milliseconds. */
export interface Lives {
  readonly authority: number
  readonly server: number
  /** Clocks differ; a certificate that is valid from this second is refused by half of the machines. */
  readonly backdated: number
}

/** Makes what is yet to be made of it. */
export async function fill(
  { authorities, signer, pair }: Wanted,
  names: KeptNames,
  lives: Lives,
  now: number,
): Promise<Omit<Material, 'problem'>> {
  const made = signer === 'new' ? await newSigner(lives, now) : signer
  const all = signer === 'new' && made !== undefined ? [made.authority, ...authorities] : authorities
  if (pair !== 'new') return { authorities: all, signer: made, pair }
  if (made === undefined) throw new Error('a pair without an authority to sign it')
  return { authorities: all, signer: made, pair: await newPair(made, names, lives, now) }
}

async function newSigner({ authority: life, backdated }: Lives, now: number): Promise<Signer> {
  // A name of its own: with two of one name in a bundle, some readers take the wrong one.
  const name = `pullable authority ${randomBytes(4).toString('hex')}`
  const validity = { notBefore: new Date(now - backdated), notAfter: new Date(now + life) }
  const { cert, key } = await issueAuthority(name, validity)
  const [authority] = readAuthorities(cert)
  if (authority === undefined) throw new Error('an authority that cannot be read')
  return { authority, key: new Secret(key) }
}

async function newPair(
  { authority, key }: Signer,
  { service, namespace }: KeptNames,
  { server: life, backdated }: Lives,
  now: number,
): Promise<TrustedPair> {
  const host = `${service}.${namespace}.svc`
  const subject = { commonName: 'pullable', dnsNames: [host, `${host}.cluster.local`], ipAddresses: [] }
  // A common name has 64 characters at most, which these names may not fit: it is for people, and nobody checks it.
  const validity = {
    notBefore: new Date(now - backdated),
    notAfter: new Date(Math.min(now + life, authority.notAfter)),
  }
  const issued = await issueServer({ cert: bundleOf([authority]), key: key.reveal() }, subject, validity)
  const pair = readPair(issued.cert, issued.key, { certFile: 'tls.crt', keyFile: 'tls.key' })
  const [leaf] = readCertificates(issued.cert)
  if (pair instanceof CertificateError || leaf === undefined) throw new Error('a pair that cannot be read')
  return { ...pair, id: authorityOf(leaf).id, notBefore: validity.notBefore, issuer: authority }
}
