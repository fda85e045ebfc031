import { describe, expect, test } from 'vitest'
import { Secret } from '../../../src/base/secret.ts'
import { rateOf } from '../../../src/edges/registry/answers.ts'
import { digestOf, isDigest } from '../../../src/edges/registry/digest.ts'
import { createFingerprint } from '../../../src/edges/registry/fingerprint.ts'
import { lifetimeOf, weightOf } from '../../../src/edges/registry/lifetime.ts'
import { AddressRefused, networkFailure } from '../../../src/edges/registry/network-errors.ts'
import { defaultLimits } from '../../../src/edges/registry/options.ts'
import type { Failure, Found } from '../../../src/engine/verdict/index.ts'

const coded = (code: string): Error => Object.assign(new Error('no words are read'), { code })

describe('network errors by their codes', () => {
  const rows: readonly (readonly [unknown, string])[] = [
    [coded('ENOTFOUND'), 'dns'],
    [coded('EAI_AGAIN'), 'dns'],
    [coded('ECONNREFUSED'), 'refused'],
    [new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')]), 'refused'],
    [coded('UND_ERR_CONNECT_TIMEOUT'), 'timeout'],
    [coded('UND_ERR_HEADERS_TIMEOUT'), 'timeout'],
    [new DOMException('x', 'TimeoutError'), 'timeout'],
    [new DOMException('x', 'AbortError'), 'timeout'],
    [coded('UND_ERR_SOCKET'), 'reset'],
    [coded('ECONNRESET'), 'reset'],
    [coded('SELF_SIGNED_CERT_IN_CHAIN'), 'tls-unknown-ca'],
    [coded('CERT_HAS_EXPIRED'), 'tls-expired'],
    [coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'tls-name'],
    [coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'plain-http'],
    [coded('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'), 'tls'],
    [coded('ENETUNREACH'), 'network'],
    [new Error('outer', { cause: coded('ECONNRESET') }), 'reset'],
    [new Error('nothing'), 'network'],
    ['text', 'network'],
  ]
  test.each(rows)('%s', (error, detail) => {
    expect(networkFailure(error, 'h:1')).toEqual({ kind: 'unreachable', detail, host: 'h:1' })
  })

  test('what is no matter of the network', () => {
    expect(networkFailure(new AddressRefused('forbidden'), 'h')).toEqual({
      kind: 'unfollowed',
      detail: 'address',
      host: 'h',
    })
    expect(networkFailure(new AddressRefused('loopback'), 'h')).toEqual({
      kind: 'unfollowed',
      detail: 'loopback',
      host: 'h',
    })
    const nonsense = { kind: 'faulty', detail: 'not-a-registry', status: 0, host: 'h' }
    expect(networkFailure(coded('HPE_INVALID_CONSTANT'), 'h')).toEqual(nonsense)
  })
})

describe('digests', () => {
  const bytes = Buffer.from('x')
  test.each(['sha256', 'sha384', 'sha512'])('%s', (algorithm) => {
    expect(isDigest(digestOf(bytes, `${algorithm}:`))).toBe(true)
  })
  const bad = [
    '',
    'sha256:',
    `sha256:${'a'.repeat(63)}`,
    `sha256:${'A'.repeat(64)}`,
    `sha512:${'a'.repeat(64)}`,
    `md5:${'a'.repeat(32)}`,
    `sha256:${'a'.repeat(64)}\n`,
    '../x',
  ]
  test.each(bad)('is none: %j', (digest) => {
    expect(isDigest(digest)).toBe(false)
  })
})

test('rates', () => {
  expect(['100;w=21600', '7', ' 5;w=1 ', '-1', '1;w=x', '99999999999', undefined].map(rateOf)).toEqual([
    { count: 100, window: 21600 },
    { count: 7 },
    { count: 5, window: 1 },
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

test('a fingerprint tells credentials apart, is this process’s alone, and shows nothing', () => {
  const of = createFingerprint()
  const who = (username: string, password: string) =>
    of({ username, password: new Secret(password), source: 's', key: 'k' })
  expect(
    new Set([who('a', 'b'), who('a', 'c'), who('ab', ''), who('a:', 'b'), who('a', ':b'), of(undefined)]).size,
  ).toBe(6)
  expect(who('a', 'b')).toBe(who('a', 'b'))
  expect(createFingerprint()({ username: 'a', password: new Secret('b'), source: 's', key: 'k' })).not.toBe(
    who('a', 'b'),
  )
})

describe('how long a fact is told', () => {
  const index = (...children: readonly Failure[]): Found => ({
    kind: 'found',
    digest: 'd',
    document: { kind: 'index', entries: [], children: new Map(children.map((child, at) => [String(at), child])) },
  })
  const rows: readonly (readonly [string, Found | Failure, number])[] = [
    ['found', index(), 60_000],
    ['found, with a child that is gone', index({ kind: 'invalid', detail: 'child-missing' }), 5_000],
    [
      'found, with a child that nobody could ask for',
      index({ kind: 'invalid', detail: 'size' }, { kind: 'throttled' }),
      3_000,
    ],
    ['absent', { kind: 'absent', what: 'manifest' }, 5_000],
    ['refused', { kind: 'refused', at: 'login' }, 5_000],
    ['throttled', { kind: 'throttled' }, 3_000],
  ]
  test.each(rows)('%s', (_, fact, want) => {
    expect(lifetimeOf(fact, defaultLimits)).toBe(want)
    expect(weightOf(fact)).toBeGreaterThan(0)
  })
})
