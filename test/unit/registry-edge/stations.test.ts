import { describe, expect, test } from 'vitest'
import type { Endpoint } from '../../../src/edges/registry/index.ts'
import { insecureList, stationsOf } from '../../../src/edges/registry/stations.ts'

const insecure = insecureList(['plain.test', 'ported.test:5000'])

function brief(domain: string, endpoints?: readonly Endpoint[]): unknown {
  return stationsOf(domain, endpoints, { insecure })?.map(
    ({ base, tls, ns, fallback }) =>
      `${base.href} ${tls.skipVerify ? 'unverified' : 'verified'} ${fallback} ${ns ?? '-'}`,
  )
}

function endpoint(url: string, more: Partial<Endpoint> = {}): Endpoint {
  return { url, resolve: true, pull: true, skipVerify: false, headers: {}, ...more }
}

describe('where a registry is asked', () => {
  const defaults: readonly (readonly [string, unknown])[] = [
    ['docker.io', ['https://registry-1.docker.io/v2 verified never -']],
    ['ghcr.io', ['https://ghcr.io/v2 verified never -']],
    ['GHCR.io:443', ['https://ghcr.io/v2 verified never -']],
    ['registry.test:5000', ['https://registry.test:5000/v2 verified never -']],
    ['localhost', ['https://localhost/v2 unverified never -']],
    ['localhost:443', ['https://localhost/v2 unverified never -']],
    ['localhost:80', ['http://localhost/v2 unverified never -']],
    ['127.0.0.1:5000', ['https://127.0.0.1:5000/v2 unverified plain-http -']],
    ['[::1]:5000', ['https://[::1]:5000/v2 unverified plain-http -']],
    // containerd compares as it is written.
    ['Localhost:5000', ['https://localhost:5000/v2 verified never -']],
    ['127.1:5000', ['https://127.0.0.1:5000/v2 verified never -']],
    ['[::1]', ['https://[::1]/v2 verified never -']],
    ['plain.test', ['https://plain.test/v2 unverified any -']],
    ['plain.test:5000', ['https://plain.test:5000/v2 unverified any -']],
    ['ported.test:5000', ['https://ported.test:5000/v2 unverified any -']],
    ['ported.test', ['https://ported.test/v2 verified never -']],
    ['', undefined],
    ['a b', undefined],
    ['evil.test/x?y=', undefined],
  ]
  test.each(defaults)('%s', (domain, want) => {
    expect(brief(domain)).toEqual(want)
  })

  const files: readonly (readonly [string, string, readonly Endpoint[], unknown])[] = [
    ['a mirror', 'up.test', [endpoint('https://m.test/v2')], ['https://m.test/v2 verified never up.test']],
    [
      'a mirror of Docker Hub',
      'docker.io',
      [endpoint('https://m.test/v2')],
      ['https://m.test/v2 verified never docker.io'],
    ],
    [
      'Docker Hub itself',
      'docker.io',
      [endpoint('https://registry-1.docker.io/v2')],
      ['https://registry-1.docker.io/v2 verified never -'],
    ],
    [
      'a path of its own',
      'up.test',
      [endpoint('http://m.test:80/v2/hub/')],
      ['http://m.test/v2/hub verified never up.test'],
    ],
    [
      'HTTP with TLS settings is tried as both',
      'up.test',
      [endpoint('http://m.test:5000/v2', { skipVerify: true, httpsFirst: true })],
      ['https://m.test:5000/v2 unverified plain-http up.test'],
    ],
    [
      'HTTP with TLS settings that change nothing',
      'up.test',
      [endpoint('http://m.test:5000/v2', { httpsFirst: true })],
      ['https://m.test:5000/v2 verified plain-http up.test'],
    ],
    [
      'the same without a port',
      'up.test',
      [endpoint('http://m.test/v2', { skipVerify: true, httpsFirst: true })],
      ['https://m.test/v2 unverified plain-http up.test'],
    ],
    [
      'port 80 is HTTP',
      'up.test',
      [endpoint('http://m.test:80/v2', { skipVerify: true })],
      ['http://m.test/v2 unverified never up.test'],
    ],
    [
      'the default upstream on loopback',
      'localhost:5000',
      [endpoint('http://localhost:5000/v2', { skipVerify: true, httpsFirst: true })],
      ['https://localhost:5000/v2 unverified plain-http -'],
    ],
    [
      'a server that is said, on loopback',
      'localhost:5000',
      [endpoint('https://localhost:5000/v2')],
      ['https://localhost:5000/v2 verified never -'],
    ],
    [
      'the default upstream, insecure',
      'plain.test',
      [endpoint('https://plain.test/v2')],
      ['https://plain.test/v2 unverified any -'],
    ],
    ['what is no URL is passed over', 'up.test', [endpoint('::'), endpoint('ftp://m.test')], []],
  ]
  test.each(files)('a hosts file: %s', (_, domain, endpoints, want) => {
    expect(brief(domain, endpoints)).toEqual(want)
  })
})
