// What is made of a Secret that anyone may have written.
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'

import { fill } from '../../../src/edges/certificates/fill.ts'
import { issueAuthority, issueServer } from '../../../src/edges/certificates/issue.ts'
import { readMaterial, writeMaterial } from '../../../src/edges/certificates/material.ts'
import type { SecretData } from '../../../src/edges/certificates/material.ts'

const DAY = 24 * 60 * 60 * 1000
const START = Date.parse('2026-01-01T00:00:00Z')
const validity = { notBefore: new Date(START), notAfter: new Date(START + 90 * DAY) }
const names = { namespace: 'system', secret: 's', service: 'hook', webhookConfiguration: 'w' }
const lives = { authority: 365 * DAY, server: 90 * DAY, backdated: 0 }
const whole = await fill({ authorities: [], signer: 'new', pair: 'new' }, names, lives, START)
const data = writeMaterial(whole)
const other = writeMaterial(await fill({ authorities: [], signer: 'new', pair: 'new' }, names, lives, START))
const encode = (text: string): string => Buffer.from(text).toString('base64')
const decode = (text: string | undefined): string => Buffer.from(text ?? '', 'base64').toString()
const pem = (type: 'rsa' | 'ed25519'): string => {
  const pair = type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519')
  return pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function told(of: SecretData, day = 1): unknown {
  const { authorities, signer, pair, problem } = readMaterial(of, { host: 'hook.system.svc', now: START + day * DAY })
  const parts = [authorities.length, signer === undefined ? '-' : 'signer', pair === undefined ? '-' : 'pair']
  return problem === undefined ? parts : [...parts, problem]
}

describe('readMaterial', () => {
  const noAuthority = 'no valid authority in ca.crt has signed the certificate in tls.crt'
  test.each([
    ['all of it', data, [1, 'signer', 'pair']],
    ['nothing', {}, [0, '-', '-']],
    ['keys that have a prototype', JSON.parse('{"__proto__":{"tls.crt":"eA=="}}') as SecretData, [0, '-', '-']],
    ['no key of the authority', { ...data, 'ca.key': '' }, [1, '-', 'pair']],
    [
      'the key of another authority',
      { ...data, 'ca.key': other['ca.key'] ?? '' },
      [1, '-', 'pair', 'ca.key is that of no authority in ca.crt'],
    ],
    [
      'no PEM for a key',
      { ...data, 'ca.key': encode('x') },
      [1, '-', 'pair', 'ca.key holds no PEM private key without a passphrase'],
    ],
    [
      'a key that cannot sign',
      { ...data, 'ca.key': encode(pem('ed25519')) },
      [1, '-', 'pair', 'ca.key is neither an RSA key nor one of the curves P-256, P-384 and P-521'],
    ],
    [
      'the key of the server for the authority',
      { ...data, 'ca.crt': data['tls.crt'] ?? '', 'ca.key': data['tls.key'] ?? '' },
      [1, '-', 'pair', 'ca.key is that of no authority in ca.crt'],
    ],
    ['another authority', { ...data, 'ca.crt': other['ca.crt'] ?? '', 'ca.key': '' }, [1, '-', '-', noAuthority]],
    [
      'both, and one twice',
      { ...data, 'ca.crt': encode([other, data, other].map((each) => decode(each['ca.crt'])).join('')) },
      [2, 'signer', 'pair'],
    ],
    [
      'text around the certificates',
      { ...data, 'ca.crt': encode(`# ours\n${decode(data['ca.crt'])}\n-----BEGIN CERTIFICATE-----`) },
      [1, 'signer', 'pair'],
    ],
    [
      'the key of another pair',
      { ...data, 'tls.key': other['tls.key'] ?? '' },
      [1, 'signer', '-', 'the key in tls.key is not that of tls.crt'],
    ],
    ['what is too large', { ...data, 'ca.crt': encode('x'.repeat(300_000)) }, [0, '-', '-', noAuthority]],
  ] as const)('%s', (_, of, expected) => {
    expect(told(of)).toEqual(expected)
  })

  test.each([
    ['too early, but for clocks', -0.03, [1, 'signer', 'pair']],
    ['too early', -2, [1, '-', '-', 'the certificate in tls.crt is not yet valid']],
    ['after the pair', 91, [1, 'signer', '-', 'the certificate in tls.crt has expired']],
    ['after all', 366, [1, '-', '-', 'the certificate in tls.crt has expired']],
  ] as const)('%s', (_, day, expected) => {
    expect(told(data, day)).toEqual(expected)
  })

  test('a certificate for any name of the namespace, with its root behind it', async () => {
    const root = await issueAuthority('root', validity)
    const subject = { commonName: 'x', dnsNames: ['*.system.svc'], ipAddresses: [] }
    const leaf = await issueServer(root, subject, validity)
    const of = { 'ca.crt': encode(root.cert), 'tls.crt': encode(leaf.cert + root.cert), 'tls.key': encode(leaf.key) }
    expect(told(of)).toEqual([1, '-', 'pair'])
  })
})

test('a pair never outlives its authority', async () => {
  const late = await fill({ ...whole, pair: 'new' }, names, lives, START + 364 * DAY)
  expect(late.pair?.notAfter.getTime()).toBe(START + 365 * DAY)
})

test('an authority with an RSA key signs, too', async () => {
  const key = pem('rsa')
  // A certificate for it, made as any tool would.
  const { X509CertificateGenerator } = await import('@peculiar/x509')
  const { createPrivateKey, createPublicKey, webcrypto } = await import('node:crypto')
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const privateKey = createPrivateKey(key)
  const keys = {
    privateKey: privateKey.toCryptoKey(algorithm, true, ['sign']),
    publicKey: createPublicKey(privateKey).toCryptoKey(algorithm, true, ['verify']),
  }
  const made = { ...validity, name: 'CN=rsa', keys, signingAlgorithm: algorithm }
  const ca = await X509CertificateGenerator.createSelfSigned(made, webcrypto)
  const { cert } = await issueServer(
    { cert: ca.toString('pem'), key },
    { commonName: 'x', dnsNames: ['a'], ipAddresses: [] },
    validity,
  )
  expect(new X509Certificate(cert).verify(new X509Certificate(ca.toString('pem')).publicKey)).toBe(true)
})
