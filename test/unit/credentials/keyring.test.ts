import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyText } from '../../support/any-text.ts'
import { lookup, nearMisses } from '../../../src/engine/credentials/index.ts'
import { keyringOf } from './support.ts'

const HUB = 'docker.io/library/nginx'

describe('a key', () => {
  test.each<readonly [name: string, matches: readonly string[], misses: readonly string[]]>([
    [
      HUB,
      [
        'docker.io/lib',
        '*.io',
        '*.*',
        'docker.io#f',
        'u:p@docker.io',
        'https://docker.io/v2/library',
        'index.docker.io/v2/',
      ],
      [
        'HTTPS://docker.io',
        'docker.io:443',
        '*.docker.io',
        'https://index.docker.io/v1',
        'index.docker.io/library',
        ' docker.io',
      ],
    ],
    [
      'reg.example:5000/team/app',
      ['reg.example:5000', '*.example:5000', 'reg.example:5000/tea'],
      ['reg.example', 'reg.example:5000/team/app/', 'reg.*:*', 'reg.example:05000', 'reg.example:5000/%zz'],
    ],
    [
      'reg.io/a',
      ['re[f-h].io', 'r[ae]*.i[o]', '**g.io'],
      ['re[].io', 're[^a].io', 'r?g.io', 're[a-].io', 're[g.io', 're[g]:.io:1'],
    ],
    ['[::1]:5000/a', ['[::1]:5000'], ['[::1]', '::1:5000']],
    // The kubelet parses a key twice: `%2565` is `e` at the end, and what follows `%23` is a fragment.
    [
      'a.io/team',
      ['a.io/t%2565am', 'a.io/%74%65', 'a.io/te%3Fx', 'a.io/te%23x'],
      ['a.io/%2574%2', 'a.io/t%25', 'a%2Eio'],
    ],
    ['localhost/foo', ['index.docker.io', 'localhost', 'l*t'], ['docker.io']],
  ])('for %s', (name, matches, misses) => {
    const matching = [...matches, ...misses].filter((key) => lookup(keyringOf({ regcred: [key] }), name).length > 0)
    expect(matching).toEqual(matches)
  })
})

describe('the order', () => {
  test.each<readonly [string, Readonly<Record<string, readonly string[]>>, string, readonly string[]]>([
    [
      'a longer path in a later secret comes first',
      { first: ['gcr.io', '*.io'], second: ['gcr.io/proj'] },
      'gcr.io/proj/x',
      ['second gcr.io/proj', 'first gcr.io', 'first *.io'],
    ],
    [
      'under one key that of the secrets, then that of the bytes',
      { b: ['https://gcr.io', 'gcr.io/v1/'], a: ['gcr.io'] },
      'gcr.io/x',
      ['b gcr.io/v1/', 'b https://gcr.io', 'a gcr.io'],
    ],
    [
      'a key for docker.io hides those for index.docker.io',
      { a: ['https://index.docker.io/v1/'], b: ['docker.io'] },
      HUB,
      ['b docker.io'],
    ],
    [
      'every secret for index.docker.io',
      { a: ['index.docker.io'], b: ['https://index.docker.io/v1/'] },
      HUB,
      ['a index.docker.io', 'b https://index.docker.io/v1/'],
    ],
    [
      'bytes, not UTF-16 units',
      { a: ['gcr.io#\u{10000}', 'gcr.io#\uFFFD'] },
      'gcr.io/x',
      ['a gcr.io#\uFFFD', 'a gcr.io#\u{10000}'],
    ],
  ])('%s', (_, secrets, name, want) => {
    const tried = lookup(keyringOf(secrets), name)
    expect(tried.map(({ source, key }) => `${source} ${key}`)).toEqual(want)
  })
})

describe('near misses', () => {
  test.each([
    ['ghcr.io/acme/web', 'ghcr.io:443', 'port', '"ghcr.io": the ports must be the same, or both absent'],
    ['reg.io:5000/x', 'https://reg.io', 'port', '"reg.io:5000": the ports must be the same, or both absent'],
    [HUB, 'https://index.docker.io/v1', 'hub-slash', '"https://index.docker.io/v1/": the slash at its end counts'],
    [HUB, 'https://registry-1.docker.io', 'hub-name', '"https://index.docker.io/v1/": Docker Hub has other keys'],
    [HUB, 'hub.docker.com', 'hub-name', '"https://index.docker.io/v1/": Docker Hub has other keys'],
    [
      HUB,
      '*.docker.io',
      'wildcard',
      '"https://index.docker.io/v1/": a * stands for one part of a host name, between dots',
    ],
    ['ghcr.io/acme/web', 'GHCR.IO', 'letter-case', '"ghcr.io": letter case counts'],
    ['GHCR.io/acme/web', 'ghcr.io', 'letter-case', '"GHCR.io": letter case counts'],
    [
      'ghcr.io/acme/web',
      'HTTPS://ghcr.io',
      'scheme',
      '"ghcr.io": only https:// and http://, in lower case, are passed over',
    ],
    [
      'ghcr.io/acme/web',
      'oci://ghcr.io/acme',
      'scheme',
      '"ghcr.io": only https:// and http://, in lower case, are passed over',
    ],
    ['ghcr.io/acme/web', ' ghcr.io\n', 'space', '"ghcr.io": white space around a key counts'],
    ['ghcr.io/acme/web', 'ghcr.io/acme/web:v1', 'tag', '"ghcr.io": a key has no tag or digest'],
    ['ghcr.io/acme/web', 'https://ghcr.io/v2', 'api-path', '"ghcr.io": what follows the host counts as a path'],
    ['ghcr.io/acme/web', 'ghcr.io/acme/web/', 'path', '"ghcr.io": a path must be the beginning of that of the image'],
    ['ghcr.io/acme/web', 'ghcr.io/other', 'path', '"ghcr.io": a path must be the beginning of that of the image'],
    ['gcr.io/p/i', '*.gcr.io', 'wildcard', '"gcr.io": a * stands for one part of a host name, between dots'],
    ['a.b.gcr.io/p/i', '*.gcr.io', 'wildcard', '"a.b.gcr.io": a * stands for one part of a host name, between dots'],
  ])('%s with %j is %s', (name, key, why, rest) => {
    const shown = JSON.stringify(key.replace('\n', ' '))
    const message = `pull secret "regcred" has the key ${shown}, and the image needs ${rest}`
    expect(nearMisses(keyringOf({ regcred: [key] }), name)).toEqual([{ key, secret: 'regcred', why, message }])
  })

  test.each([
    ['ghcr.io/acme/web', ['ghcr.io', 'quay.io', '', 'ghcr.io.example', 'docker.io', 'x'.repeat(5000)]],
    [HUB, ['docker.io', 'quay.io', 'index.docker.io']],
  ])('none for %s', (name, keys) => {
    expect(nearMisses(keyringOf({ regcred: keys }), name)).toEqual([])
  })

  test('the nearest three', () => {
    const keyring = keyringOf({ a: ['r.io/x', 'r.io:1', 'R.io'], b: ['r.io/y', 'r.io '] })
    expect(nearMisses(keyring, 'r.io/z').map(({ secret, why }) => [secret, why])).toEqual([
      ['b', 'space'],
      ['a', 'letter-case'],
      ['a', 'port'],
    ])
  })
})

test('many keys and long names are answered in good time', () => {
  const start = performance.now()
  const keyring = keyringOf({
    many: Array.from({ length: 10_000 }, (_, at) => `h${at}.example`),
    stars: Array.from({ length: 500 }, (_, at) => `${'*a'.repeat(400)}${at}.io`),
    long: ['*'.repeat(2 ** 19), 'a'.repeat(2 ** 19), '['.repeat(2 ** 19), '%61'.repeat(2 ** 17), '@'.repeat(2 ** 19)],
  })
  for (const name of ['h7.example/x', `${'a'.repeat(250)}.io/x`, `${'a'.repeat(4000)}.io/x`]) {
    lookup(keyring, name)
    nearMisses(keyring, name)
  }
  expect(lookup(keyring, 'h7.example/x').map(({ key }) => key)).toEqual(['h7.example'])
  expect(performance.now() - start).toBeLessThan(10_000)
})

test('never throws', () => {
  const bits = fc.constantFrom(
    'gcr.io',
    '*',
    '[',
    ']',
    '-',
    ':',
    '/',
    '%',
    '25',
    '61',
    '@',
    '?',
    '#',
    '443',
    '/v1/',
    'é',
    ' ',
    '.',
  )
  const texts = fc.oneof(
    anyText(),
    fc.array(bits, { maxLength: 9 }).map((list) => list.join('')),
  )
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 4 }), texts, (keys, name) => {
      const keyring = keyringOf({ a: keys, b: keys })
      return JSON.stringify([lookup(keyring, name), nearMisses(keyring, name)]).indexOf('canary') < 0
    }),
  )
})
