import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyText } from '../../support/any-text.ts'
import {
  defaultPullPolicy,
  hostAssumed,
  imageSentToCri,
  parseReference,
  pulledName,
  registryHost,
  registryPath,
} from '../../../src/engine/reference/index.ts'

interface Row {
  readonly image: string
  readonly error?: string
  readonly name?: string
  readonly domain: string
  readonly path?: string
  readonly tag?: string
  readonly digest?: string
  readonly defaultPullPolicy: string
  readonly imageSentToCRI?: string
  readonly containerdRef?: string
}

const rows = JSON.parse(
  readFileSync(new URL('../../vectors/references.json', import.meta.url), 'utf8'),
) as readonly Row[]

function asRow(image: string): Row {
  const parsed = parseReference(image)
  const policy = defaultPullPolicy(image)
  if (parsed.kind === 'invalid') return { image, error: parsed.error, domain: '', defaultPullPolicy: policy }
  const { name, domain, path, tag, digest } = parsed.reference
  return {
    image,
    name,
    domain,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    defaultPullPolicy: policy,
    imageSentToCRI: imageSentToCri(image, parsed.reference),
    containerdRef: pulledName(parsed.reference),
  }
}

describe('vectors', () => {
  test.each(rows.map((row) => [row.image.slice(0, 80), row] as const))('%s', (_, row) => {
    expect(asRow(row.image)).toEqual(row)
  })
  test('there are some', () => expect(rows.length).toBeGreaterThan(50))
})

const HEX = 'a'.repeat(64)

describe('refused, in the words of the kubelet', () => {
  test.each([
    ['', 'invalid reference format'],
    ['nginx\n', 'invalid reference format'],
    ['İ/foo', 'repository name must be lowercase'],
    ['foo:\u212A', 'repository name must be lowercase'],
    ['My_Reg/foo', 'repository name must be lowercase'],
    ['MY_REG.io/foo:1', 'repository name must be lowercase'],
    ['reg.io/a/B', 'invalid reference format: repository name (a/B) must be lowercase'],
    ['foo:1@SHA256:' + HEX, 'invalid checksum digest format'],
    ['foo:1@sha256:' + HEX + 'a', 'invalid checksum digest length'],
    ['foo@sha384:' + HEX, 'invalid checksum digest length'],
    ['foo@sha256+b64:' + HEX, 'unsupported digest algorithm'],
    ['foo@sha256:', 'invalid reference format'],
    ['foo@', 'invalid reference format'],
    ['foo@1sha:' + HEX, 'invalid reference format'],
    ['[::1]x/foo', 'invalid reference format'],
    ['[]/foo', 'invalid reference format'],
    ['[::1]:/foo', 'invalid reference format'],
    ['[::1/foo', 'invalid reference format'],
    ['reg-.io/foo', 'invalid reference format'],
    ['a.b:1:2/foo', 'invalid reference format'],
    ['reg.io./foo', 'invalid reference format'],
    [
      '{{ .Values.image }}',
      'invalid reference format: repository name (library/{{ .Values.image }}) must be lowercase',
    ],
    ['x.io/' + 'a'.repeat(256), 'repository name must not be more than 255 characters'],
    ['a'.repeat(5000), 'invalid reference format'],
  ])('%s', (image, error) => {
    expect(parseReference(image)).toEqual({ kind: 'invalid', error })
  })
})

describe('the host that is asked, and for what', () => {
  test.each([
    ['nginx', 'docker.io', 'library/nginx', true],
    ['acme/web:1', 'docker.io', 'acme/web', true],
    ['registry.example:5000', 'docker.io', 'library/registry.example', true],
    ['docker.io/acme/web', 'docker.io', 'acme/web', false],
    ['index.docker.io/web', 'docker.io', 'library/web', false],
    ['my_registry.io/foo', 'my_registry.io', 'foo', false],
    ['my_registry.io/foo/bar:1', 'my_registry.io', 'foo/bar', false],
    ['localhost/x', 'localhost', 'x', false],
    ['Foo/bar', 'Foo', 'bar', false],
    ['[::1]:5000/x', '[::1]:5000', 'x', false],
  ])('%s', (image, host, path, assumed) => {
    const parsed = parseReference(image)
    if (parsed.kind === 'invalid') throw new Error(parsed.error)
    const { reference } = parsed
    const read = { host: registryHost(reference), path: registryPath(reference), assumed: hostAssumed(image) }
    expect(read).toEqual({ host, path, assumed })
  })
})

test('a megabyte is answered at once', () => {
  const hostile = ['a', '-', 'a-', '/', ':', '@', 'A', '[', 'a.', 'é', '__'].map((bit) =>
    bit.repeat(Math.ceil(2 ** 20 / bit.length)),
  )
  const start = performance.now()
  for (const image of hostile) {
    expect(parseReference(image).kind).toBe('invalid')
    expect(parseReference(`x.io/${image.slice(0, 4090)}!`).kind).toBe('invalid')
  }
  expect(performance.now() - start).toBeLessThan(500)
})

describe('properties', () => {
  const bits = fc.constantFrom(
    'a',
    'A',
    '0',
    '.',
    '-',
    '_',
    '/',
    ':',
    '@',
    '[',
    ']',
    'sha256',
    HEX,
    'localhost',
    'é',
    ' ',
  )
  const images = fc.oneof(
    anyText(),
    fc.array(bits, { maxLength: 12 }).map((list) => list.join('')),
  )

  test('never throws', () => {
    fc.assert(fc.property(images, (image) => [defaultPullPolicy(image), hostAssumed(image)].length === 2))
  })

  test('what is pulled parses to the same repository', () => {
    fc.assert(
      fc.property(images, (image) => {
        const parsed = parseReference(image)
        if (parsed.kind === 'invalid') return
        const again = parseReference(pulledName(parsed.reference))
        expect(again.kind === 'parsed' && again.reference.name).toBe(parsed.reference.name)
        expect(registryHost(parsed.reference)).not.toBe('')
      }),
    )
  })
})
