import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import {
  matchesImage,
  parseImagePattern,
  parseReference,
  parseRegistryPattern,
  placeOf,
} from '../../../src/engine/reference/index.ts'

const HEX = 'a'.repeat(64)

function matches(pattern: string, image: string): boolean | 'invalid' {
  const read = parseImagePattern(pattern)
  if (read === undefined) throw new Error(`no pattern: ${pattern}`)
  const parsed = parseReference(image)
  return parsed.kind === 'invalid' ? 'invalid' : matchesImage(read, placeOf(parsed.reference))
}

const rows: readonly { readonly pattern: string; readonly is: readonly string[]; readonly isNot: readonly string[] }[] =
  [
    {
      pattern: 'ghcr.io/acme/web',
      is: [
        'ghcr.io/acme/web',
        'ghcr.io/acme/web:v1',
        `ghcr.io/acme/web@sha256:${HEX}`,
        `ghcr.io/acme/web:v1@sha256:${HEX}`,
      ],
      isNot: ['ghcr.io/acme/web2', 'ghcr.io/acme/we', 'ghcr.io/acme/web/x', 'ghcr.io/web', 'acme/web', 'web'],
    },
    {
      pattern: 'ghcr.io/acme/*',
      is: ['ghcr.io/acme/web', 'ghcr.io/acme/a.b_c--d:v1'],
      isNot: ['ghcr.io/acme/team/web', 'ghcr.io/acme', 'ghcr.io/acme2/web', 'ghcr.io/x/acme/web'],
    },
    {
      pattern: 'ghcr.io/acme/**',
      is: ['ghcr.io/acme/web', 'ghcr.io/acme/team/web/x:v1'],
      isNot: ['ghcr.io/acme', 'ghcr.io/acme2/web', 'ghcr.io/acmeweb', 'ghcr.io/x/acme/web'],
    },
    {
      pattern: 'ghcr.io/**',
      is: ['ghcr.io/a', 'ghcr.io/a/b/c'],
      isNot: ['ghcr.io.evil.test/a', 'a/ghcr.io', 'xghcr.io/a'],
    },
    {
      pattern: 'ghcr.io/*/web-*',
      is: ['ghcr.io/acme/web-1', 'ghcr.io/b/web-1-2'],
      isNot: ['ghcr.io/acme/web', 'ghcr.io/acme/x/web-1', 'ghcr.io/web-1'],
    },
    {
      pattern: 'ghcr.io/a*b*c',
      is: ['ghcr.io/abc', 'ghcr.io/a-bb-xc'],
      isNot: ['ghcr.io/ac', 'ghcr.io/abcd', 'ghcr.io/a/b/c'],
    },
    {
      pattern: '*.dkr.ecr.*.amazonaws.com/**',
      is: ['1.dkr.ecr.eu-west-1.amazonaws.com/a'],
      isNot: [
        'a.1.dkr.ecr.eu-west-1.amazonaws.com/a',
        '1.dkr.ecr.x.evil.amazonaws.com/a',
        '1.dkr.ecr.x.amazonaws.com.cn/a',
      ],
    },
    {
      pattern: 'docker.io/library/*',
      is: [
        'nginx',
        'nginx:1.25',
        'docker.io/nginx',
        'index.docker.io/nginx',
        'docker.io/library/nginx',
        'library/nginx',
      ],
      isNot: ['acme/nginx', 'docker.io/acme/nginx', 'quay.io/library/nginx', 'registry-1.docker.io/library/nginx'],
    },
    {
      pattern: 'index.docker.io/acme/*',
      is: ['acme/web', 'docker.io/acme/web'],
      isNot: ['nginx', 'docker.com/acme/web'],
    },
    { pattern: 'docker.io/**', is: ['nginx', 'acme/web'], isNot: ['ghcr.io/acme/web', 'localhost/nginx'] },
    {
      pattern: 'localhost:5000/*',
      is: ['localhost:5000/web'],
      isNot: ['localhost/web', 'localhost:50001/web', 'localhost:500/web'],
    },
    { pattern: '[fd00::1]:5000/web', is: ['[fd00::1]:5000/web:v1'], isNot: ['[fd00::2]:5000/web', 'web'] },
    {
      pattern: 'my_registry.test/*',
      is: ['my_registry.test/web'],
      isNot: ['docker.io/my_registry.test/web', 'x/my_registry.test/web'],
    },
  ]

test.each(rows)('$pattern', ({ pattern, is, isNot }) => {
  const said = (images: readonly string[]) => images.map((image) => [image, matches(pattern, image)])
  expect(said(is)).toEqual(is.map((image) => [image, true]))
  expect(said(isNot)).toEqual(isNot.map((image) => [image, false]))
})

test('the table of the documentation is true', () => {
  const page = readFileSync(new URL('../../../docs/operations/exemptions.md', import.meta.url), 'utf8')
  const table = page.split('\n').filter((line) => /^\| `[^`]*\/[^`]*` +\| `/.test(line))
  const cells = table.map((line) =>
    line.split('|').map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text.replace('…', HEX))),
  )
  expect(cells.length).toBeGreaterThan(4)
  for (const [, [pattern = ''] = [], is = [], isNot = []] of cells) {
    expect([pattern, is.map((image) => matches(pattern, image))]).toEqual([pattern, is.map(() => true)])
    expect([pattern, isNot.map((image) => matches(pattern, image))]).toEqual([pattern, isNot.map(() => false)])
  }
})

// Somebody who may name any image tries to be taken for one of ghcr.io/acme, or for an official one of Docker Hub.
describe('an image that is not meant', () => {
  const tries: readonly (readonly [image: string, as: false | 'invalid'])[] = [
    ['evil.test/ghcr.io/acme/x', false],
    ['evil.test:443/ghcr.io/acme/x', false],
    ['localhost/ghcr.io/acme/x', false],
    ['ghcr.io.evil.test/acme/x', false],
    ['ghcr-io.evil.test/acme/x', false],
    ['xghcr.io/acme/x', false],
    ['ghcrxio/acme/x', false],
    ['ghcr.io:443/acme/x', false],
    ['ghcr.io:0443/acme/x', false],
    ['GHCR.IO/acme/x', false],
    ['Ghcr.io/acme/x', false],
    ['Docker.io/library/x', false],
    ['DOCKER.IO/library/x', false],
    ['registry-1.docker.io/library/x', false],
    ['index.docker.io:443/library/x', false],
    ['docker.io:443/library/x', false],
    ['xn--ghcr-9ra.io/acme/x', false],
    ['acme/x', false],
    ['ghcr/acme/x', false],
    [`evil.test/acme/x@sha256:${HEX}`, false],
    [`evil.test/x:ghcr.io@sha256:${HEX}`, false],
    ['ghcr.io/acme-evil/x', false],
    ['ghcr.io/acme_evil/x', false],
    ['ghcr.io/evil/acme/x', false],
    ['ghcr.io/Acme/x', 'invalid'],
    ['ghcr.io/acme/../evil/x', 'invalid'],
    ['ghcr.io/evil/../acme/x', 'invalid'],
    ['ghcr.io/acme/./x', 'invalid'],
    ['ghcr.io//acme/x', 'invalid'],
    ['/ghcr.io/acme/x', 'invalid'],
    ['ghcr.io./acme/x', 'invalid'],
    ['.ghcr.io/acme/x', 'invalid'],
    ['ghcr.io:/acme/x', 'invalid'],
    ['ghcr.io@evil.test/acme/x', 'invalid'],
    ['user:password@ghcr.io/acme/x', 'invalid'],
    ['evil.test#ghcr.io/acme/x', 'invalid'],
    ['evil.test?ghcr.io/acme/x', 'invalid'],
    ['https://ghcr.io/acme/x', 'invalid'],
    ['ghcr.io%2facme/x', 'invalid'],
    ['ghcr.io/%61cme/x', 'invalid'],
    ['ghcr.io\\acme/x', 'invalid'],
    ['ghcr.іo/acme/x', 'invalid'],
    ['ｇhcr.io/acme/x', 'invalid'],
    ['ghcr。io/acme/x', 'invalid'],
    ['ghcr.io/aсme/x', 'invalid'],
    ['ghcr.İo/acme/x', 'invalid'],
    ['ghcr.io/acme/x\u202e', 'invalid'],
    ['ghcr.io/acme/x\u0000', 'invalid'],
    [' ghcr.io/acme/x', 'invalid'],
    ['ghcr.io/acme/x\n', 'invalid'],
    ['ghcr.io/acme/*', 'invalid'],
    ['ghcr.io/acme/**', 'invalid'],
    ['*/acme/x', 'invalid'],
    ['ghcr.io/acme/__proto__', 'invalid'],
    ['__proto__', 'invalid'],
    [`ghcr.io/acme/${'x'.repeat(5000)}`, 'invalid'],
  ]

  it.each(tries)('%j', (image, as) => {
    expect([matches('ghcr.io/acme/**', image), matches('docker.io/library/**', image)]).toEqual([as, as])
  })

  it('constructor is a repository as any other', () => {
    expect(matches('ghcr.io/acme/**', 'constructor')).toBe(false)
    expect(matches('docker.io/library/*', 'constructor')).toBe(true)
  })
})

test('what matches begins with what the pattern says, whatever the image', () => {
  const part = fc.constantFrom(
    'ghcr.io',
    'acme',
    'evil',
    'docker.io',
    'index.docker.io',
    '/',
    ':',
    '@',
    '.',
    '*',
    '443',
    'É',
    '%2f',
    'library',
  )
  const image = fc.array(part, { maxLength: 9 }).map((parts) => parts.join(''))
  const tail = fc.constantFrom('', '/x', '/acme/x', ':v1', `@sha256:${HEX}`)
  const heads: Readonly<Record<string, RegExp>> = {
    'ghcr.io/acme/**': /^ghcr\.io\/acme\/./,
    'docker.io/library/*': /^docker\.io\/library\/[^/]+$/,
  }
  let matched = 0
  fc.assert(
    fc.property(image, tail, fc.constantFrom(...Object.keys(heads)), (start, end, pattern) => {
      const parsed = parseReference(start + end)
      if (parsed.kind === 'invalid' || matches(pattern, start + end) !== true) return
      matched += 1
      expect(parsed.reference.name).toMatch(heads[pattern] ?? '')
    }),
    { numRuns: 5_000, seed: 7 },
  )
  expect(matched).toBeGreaterThan(10)
})

describe('what is no pattern', () => {
  it.each([
    ...['', '*', '**', '/', 'nginx', 'acme/*', 'acme/web', 'ghcr.io', 'ghcr.io/', 'ghcr.io//*', '/acme/*'],
    ...['*/acme/*', '**/acme', 'ghcr.*/acme/*', 'registry:5*/acme', 'ghcr.io/**/web', 'ghcr.io/a**', 'ghcr.io/***'],
    ...['ghcr.io/acme/web:v1', 'ghcr.io/acme/*:v1', `ghcr.io/acme/web@sha256:${HEX}`, 'https://ghcr.io/acme/*'],
    ...['GHCR.io/acme/*', 'ghcr.io/Acme/*', 'ghcr.io/acme/ *', 'ghcr.io./acme/*', 'ghcr.io/../*', 'ghcr.io/acme/%2a'],
    ...['docker.io/nginx', 'docker.io/*', 'index.docker.io/*', 'ghcr.іo/acme/*', 'user@ghcr.io/acme/*', '^ghcr.io/.*$'],
    ...['ghcr.io/acme/[ab]', 'ghcr.io/acme/?', 'ghcr.io/acme/{a,b}', `ghcr.io/${'a/'.repeat(200)}*`],
  ])('%j', (text) => {
    expect(parseImagePattern(text)).toBeUndefined()
  })
})

test.each([
  ['ghcr.io', 'ghcr.io'],
  ['registry.test:5000', 'registry.test:5000'],
  ['*.azurecr.io', '*.azurecr.io'],
  ['index.docker.io', 'docker.io'],
  ['docker.io', 'docker.io'],
  ['localhost', 'localhost'],
  ['[::1]:5000', '[::1]:5000'],
  ['inde*.docker.io', 'inde*.docker.io'],
  ['registry', undefined],
  ['*', undefined],
  ['ghcr.*', undefined],
  ['ghcr.io/acme', undefined],
  ['https://ghcr.io', undefined],
  ['GHCR.io', undefined],
  ['', undefined],
])('the registry %j is %j', (text, host) => {
  expect(parseRegistryPattern(text)).toBe(host)
})
