import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'

import { createLogger } from '../../../src/base/telemetry/index.ts'
import { CertificateError, makeCertificates, watchCertificate } from '../../../src/edges/certificates/index.ts'
import type { CertificatePair, CertificateWatch, MadeCertificates } from '../../../src/edges/certificates/index.ts'

const DAY = 24 * 60 * 60 * 1000
const wishes = { dnsNames: ['pullable.test'], ipAddresses: ['127.0.0.1', '::1'], days: 2 }
let dir: string
let files: { certFile: string; keyFile: string }
let first: MadeCertificates
let second: MadeCertificates
let nameless: MadeCertificates
let expired: MadeCertificates
let watch: CertificateWatch | undefined

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pullable-certificates-'))
  files = { certFile: join(dir, 'tls.crt'), keyFile: join(dir, 'tls.key') }
  first = await makeCertificates({ ...wishes, commonName: 'first' })
  second = await makeCertificates({ ...wishes, commonName: 'second' })
  expired = await makeCertificates({ ...wishes, commonName: 'expired', days: -0.001 })
  nameless = await makeCertificates({ commonName: 'nameless', dnsNames: [], ipAddresses: [], days: 2 })
})
afterAll(() => rm(dir, { recursive: true }))
beforeEach(() => put(first.cert, first.key))
afterEach(() => watch?.close())

async function put(cert: string, key: string): Promise<void> {
  await writeFile(files.certFile, cert)
  await writeFile(files.keyFile, key)
}

interface Seen {
  readonly changes: CertificatePair[]
  readonly counts: string[]
  readonly lines: Record<string, unknown>[]
}

async function watched(options: { now?: () => number; onChange?: () => void } = {}): Promise<Seen> {
  const seen: Seen = { changes: [], counts: [], lines: [] }
  watch = await watchCertificate({
    ...files,
    pollMs: 10,
    onChange: (pair) => seen.changes.push(pair),
    count: (result) => seen.counts.push(result),
    log: createLogger({ level: 'debug', stream: { write: (line) => void seen.lines.push(JSON.parse(line) as never) } }),
    ...options,
  })
  return seen
}

describe('makeCertificates', () => {
  test('a pair of a CA, for the names that were asked for', () => {
    const cert = new X509Certificate(first.cert)
    const ca = new X509Certificate(first.ca)
    expect([cert.verify(ca.publicKey), cert.checkIssued(ca), ca.ca, cert.ca]).toEqual([true, true, true, false])
    expect([cert.subject, ca.subject]).toEqual(['CN=first', 'CN=first CA'])
    expect(cert.subjectAltName).toBe('DNS:pullable.test, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
    expect(cert.validToDate.getTime() - Date.now()).toBeGreaterThan(1.9 * DAY)
    expect(new X509Certificate(second.cert).serialNumber).not.toBe(cert.serialNumber)
    expect([first.ca, first.cert, first.key].every((pem) => /^-----BEGIN [^]*-----\n$/.test(pem))).toBe(true)
  })
})

describe('at the start', () => {
  const rows: readonly [string, () => Promise<unknown>, string, string, string][] = [
    [
      'no certificate',
      () => rm(files.certFile),
      'CERTIFICATE_UNREADABLE',
      'certFile',
      'cannot read CERT: no such file or directory',
    ],
    [
      'no key',
      () => rm(files.keyFile),
      'CERTIFICATE_UNREADABLE',
      'keyFile',
      'cannot read KEY: no such file or directory',
    ],
    ['empty', () => put('', ''), 'CERTIFICATE_INVALID', 'certFile', 'CERT holds no PEM certificate'],
    ['swapped', () => put(first.key, first.cert), 'CERTIFICATE_INVALID', 'certFile', 'CERT holds no PEM certificate'],
    [
      'half a key',
      () => put(first.cert, first.key.slice(0, 80)),
      'CERTIFICATE_INVALID',
      'keyFile',
      'KEY holds no PEM private key without a passphrase',
    ],
    [
      'a key with a passphrase',
      () => put(first.cert, locked()),
      'CERTIFICATE_INVALID',
      'keyFile',
      'KEY holds no PEM private key without a passphrase',
    ],
    [
      'another key',
      () => put(first.cert, second.key),
      'CERTIFICATE_MISMATCH',
      'keyFile',
      'the key in KEY is not that of CERT',
    ],
    [
      'no names',
      () => put(nameless.cert, nameless.key),
      'CERTIFICATE_NAMELESS',
      'certFile',
      'the certificate in CERT has no subjectAltName: an API server does not accept it',
    ],
    [
      'a broken chain',
      () => put(`${first.cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`, first.key),
      'CERTIFICATE_INVALID',
      'certFile',
      'TLS does not take the certificate in CERT',
    ],
    [
      'too large',
      () => put(first.cert, 'x'.repeat(1024 * 1024 + 1)),
      'CERTIFICATE_UNREADABLE',
      'keyFile',
      'cannot read KEY: it is larger than 1048576 bytes',
    ],
  ]
  test.each(rows)('%s', async (_name, prepare, code, field, message) => {
    await prepare()
    const error: unknown = await watched().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CertificateError)
    const shown = message.replace('CERT ', `${files.certFile} `).replace(/CERT\b/, files.certFile)
    expect(error).toMatchObject({ code, field, message: shown.replace('KEY', files.keyFile) })
  })

  test('a folder and a device are no files', async () => {
    const error = { code: 'CERTIFICATE_UNREADABLE', field: 'certFile' }
    for (const certFile of [dir, '/dev/zero']) {
      const log = createLogger({ level: 'silent' })
      await expect(watchCertificate({ ...files, certFile, onChange: vi.fn(), log })).rejects.toMatchObject({
        ...error,
        message: `cannot read ${certFile}: it is not a file`,
      })
    }
  })

  test('an expired pair is taken, and said', async () => {
    await put(expired.cert, expired.key)
    const seen = await watched()
    expect(watch?.current().cert).toBe(expired.cert)
    expect(seen.lines.map((line) => [line['level'], line['message']])).toEqual([['warn', 'certificate has expired']])
  })
})

describe('from then on', () => {
  const names = (seen: Seen): string[] => seen.changes.map(({ cert }) => new X509Certificate(cert).subject)
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

  test('another pair goes in service; files that stay the same say nothing', async () => {
    const seen = await watched()
    await pause(50)
    expect(seen).toEqual({ changes: [], counts: [], lines: [] })
    await put(second.cert, second.key)
    await vi.waitFor(() => expect(seen.counts).toEqual(['loaded']))
    await pause(50)
    expect(names(seen)).toEqual(['CN=second'])
    expect(watch?.notAfter()).toEqual(new X509Certificate(second.cert).validToDate)
    expect(seen.counts).toEqual(['loaded'])
    expect(seen.changes[0]?.key.reveal()).toBe(second.key)
    expect(JSON.stringify(seen.lines)).not.toContain('PRIVATE')
  })

  test.each([
    ['a mismatched pair', () => put(second.cert, first.key), 'CERTIFICATE_MISMATCH'],
    ['half a certificate', () => put(second.cert.slice(0, 99), first.key), 'CERTIFICATE_INVALID'],
    ['a file that is gone', () => rm(files.keyFile), 'CERTIFICATE_UNREADABLE'],
    ['an expired pair', () => put(expired.cert, expired.key), 'CERTIFICATE_EXPIRED'],
  ])('%s is logged and counted once, and the next good one is taken', async (_name, spoil, code) => {
    const seen = await watched()
    await spoil()
    await vi.waitFor(() => expect(seen.counts).toEqual(['rejected']))
    await pause(80)
    expect(watch?.current().cert).toBe(first.cert)
    expect(seen.lines.map((line) => [line['level'], line['code']])).toEqual([['error', code]])
    await put(second.cert, second.key)
    await vi.waitFor(() => expect(seen.counts).toEqual(['rejected', 'loaded']))
    expect(names(seen)).toEqual(['CN=second'])
  })

  test('what the server does not take is not in service', async () => {
    const seen = await watched({
      onChange: () => {
        throw new Error('no')
      },
    })
    await put(second.cert, second.key)
    await vi.waitFor(() => expect(seen.counts).toEqual(['rejected']))
    expect(watch?.current().cert).toBe(first.cert)
  })

  test('an expired pair may follow an expired one', async () => {
    const seen = await watched({ now: () => Date.now() + 10 * DAY })
    await put(second.cert, second.key)
    await vi.waitFor(() => expect(seen.counts).toEqual(['loaded']))
  })

  test('closed is closed', async () => {
    const seen = await watched()
    watch?.close()
    await put(second.cert, second.key)
    await pause(60)
    expect(seen.changes).toEqual([])
  })
})

function locked(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString()
}
