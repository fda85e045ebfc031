import { describe, expect, test } from 'vitest'
import type { Document, Failure, ImageFact } from '../../src/engine/verdict/index.ts'
import { buildImage } from '../support/scripted-images.ts'
import type { ScriptedEntry, ScriptedImage } from '../support/scripted-images.ts'
import type { Script } from '../support/scripted-registry.ts'
import { amd64, asked } from './asking.ts'

const windows = { ...amd64, platform: { os: 'windows', architecture: 'amd64', osVersion: '10.0.20348.1' } }
const arm64 = { ...amd64, platform: { os: 'linux', architecture: 'arm64' } }
const oci = 'application/vnd.oci.image.manifest.v1+json'
const ociIndex = 'application/vnd.oci.image.index.v1+json'
const good = { kind: 'manifest', config: { os: 'linux', architecture: 'amd64' } }

/** A fact as short as a table needs it: digests become the platforms of the entries that have them. */
function brief(fact: ImageFact): unknown {
  return fact.kind === 'found' ? briefDocument(fact.document) : fact
}

function briefDocument(document: Document | Failure): unknown {
  if (document.kind === 'manifest') return { kind: 'manifest', config: document.config }
  if (document.kind !== 'index') return document
  const names = new Map(document.entries.map((entry) => [entry.digest, entry.platform?.architecture ?? 'none']))
  return Object.fromEntries([...document.children].map(([digest, child]) => [names.get(digest), briefDocument(child)]))
}

function typed(type: string, body: unknown): ScriptedImage {
  return { document: { type, body } }
}

const whole = { schemaVersion: 2, config: { mediaType: 'x', digest: 'y', size: 1 }, layers: [] }

const rows: readonly {
  readonly name: string
  readonly image: ScriptedImage
  readonly fact: unknown
  readonly requests: number
}[] = [
  { name: 'a single manifest', image: { platform: 'linux/amd64' }, fact: good, requests: 3 },
  { name: 'the same in Docker’s types', image: { platform: 'linux/amd64', docker: true }, fact: good, requests: 3 },
  {
    name: 'a single manifest for another CPU',
    image: { platform: 'linux/s390x' },
    fact: { kind: 'manifest', config: { os: 'linux', architecture: 's390x' } },
    requests: 3,
  },
  {
    name: 'of an index only the child that is chosen',
    image: { index: ['linux/arm64', 'linux/amd64', 'linux/s390x'] },
    fact: { amd64: good },
    requests: 4,
  },
  { name: 'Docker’s list', image: { docker: true, index: ['linux/amd64'] }, fact: { amd64: good }, requests: 4 },
  {
    name: 'of an index every child that some engine fetches',
    image: { index: ['linux/amd64', { image: { artifactType: 'another' }, missing: true }] },
    fact: { amd64: good, none: { kind: 'invalid', detail: 'child-missing' } },
    requests: 5,
  },
  { name: 'no child for the host', image: { index: ['linux/arm64'] }, fact: {}, requests: 2 },
  ...['Application/vnd.oci.image.manifest.v1+json', `${oci} ;charset=utf-8`].map((type) => ({
    name: `a media type that no containerd knows: ${type}`,
    image: typed(type, whole),
    fact: { kind: 'other', mediaType: type.split(';', 1)[0], misspelt: true },
    requests: 1,
  })),
  { name: 'an empty index', image: { index: [] }, fact: {}, requests: 2 },
  {
    name: 'an index whose list is null',
    image: typed(ociIndex, { schemaVersion: 2, manifests: null }),
    fact: {},
    requests: 2,
  },
  {
    name: 'a child that is gone',
    image: { index: [{ platform: 'linux/amd64', missing: true }] },
    fact: { amd64: { kind: 'invalid', detail: 'child-missing' } },
    requests: 3,
  },
  {
    name: 'a child of another size',
    image: { index: [{ platform: 'linux/amd64', size: 12 }] },
    fact: { amd64: { kind: 'invalid', detail: 'size' } },
    requests: 3,
  },
  {
    name: 'an entry that lies',
    image: { index: [{ platform: 'linux/amd64', image: { platform: 'linux/arm64' } }] },
    fact: { amd64: { kind: 'manifest', config: { os: 'linux', architecture: 'arm64' } } },
    requests: 4,
  },
  {
    name: 'attestations are passed over',
    image: { index: [{ platform: 'unknown/unknown', missing: true }, 'linux/amd64'] },
    fact: { amd64: good },
    requests: 4,
  },
  {
    name: 'a nested index',
    image: { index: [{ platform: 'linux/amd64', image: { index: ['linux/amd64'] } }] },
    fact: { amd64: { amd64: good } },
    requests: 5,
  },
  {
    name: 'a config that is gone',
    image: { noConfig: true },
    fact: { kind: 'manifest', config: { kind: 'invalid', detail: 'config-missing' } },
    requests: 3,
  },
  {
    name: 'a config that is no JSON',
    image: { config: 'hello' },
    fact: { kind: 'manifest', config: { kind: 'invalid', detail: 'malformed' } },
    requests: 3,
  },
  {
    name: 'a config that says no platform',
    image: { config: { rootfs: { diff_ids: ['one'] } } },
    fact: { kind: 'manifest', config: { os: '', architecture: '' } },
    requests: 3,
  },
  ...[{}, { rootfs: null }, { rootfs: { diff_ids: null } }].map((config) => ({
    name: `a layer, and none in the config: ${JSON.stringify(config)}`,
    image: { config },
    fact: { kind: 'manifest', config: { kind: 'invalid', detail: 'malformed' } },
    requests: 3,
  })),
  {
    name: 'a config with fewer layers',
    image: { config: { os: 'linux', rootfs: { diff_ids: [] } } },
    fact: { kind: 'manifest', config: { kind: 'invalid', detail: 'malformed' } },
    requests: 3,
  },
  ...['', '2026-13', 5, '2026-11-21 10:00:00Z'].flatMap((created) =>
    [{ created }, { history: [null, { created }] }].map((times) => ({
      name: `a time that Go does not read: ${JSON.stringify(times)}`,
      image: { config: { ...times, rootfs: { diff_ids: ['one'] } } },
      fact: { kind: 'manifest', config: { kind: 'invalid', detail: 'malformed' } },
      requests: 3,
    })),
  ),
  ...['2026-11-21T10:00:00Z', '2026-11-21T10:00:00.123456789+01:00', null].map((created) => ({
    name: `a time that Go reads: ${String(created)}`,
    image: { config: { created, history: [{ created }, {}], rootfs: { diff_ids: ['one'] } } },
    fact: { kind: 'manifest', config: { os: '', architecture: '' } },
    requests: 3,
  })),
  {
    name: 'no config at all, not even an empty one',
    image: typed(oci, { schemaVersion: 2, layers: [] }),
    fact: { kind: 'invalid', detail: 'malformed' },
    requests: 2,
  },
  {
    name: 'an entry of less than no size',
    image: { index: [{ platform: 'linux/amd64', size: -1 }] },
    fact: { amd64: { kind: 'invalid', detail: 'size' } },
    requests: 3,
  },
  ...['$1.0', '$1e0', '$1E1'].map((size) => ({
    name: `a size that is no whole number to Go: ${size}`,
    image: { index: ['linux/amd64'], rewrite: { manifest: { '"size":([0-9]+)': `"size":${size}` } } },
    fact: { kind: 'invalid', detail: 'malformed' },
    requests: 2,
  })),
  {
    name: 'a fraction that nobody reads',
    image: { index: ['linux/amd64'], rewrite: { manifest: { '^\\{': '{"annotations":{"score":0.5},' } } },
    fact: { amd64: good },
    requests: 4,
  },
  {
    name: 'a chart: no config is fetched',
    image: { configType: 'application/vnd.cncf.helm.config.v1+json' },
    fact: { kind: 'manifest', config: undefined },
    requests: 2,
  },
  {
    name: 'schema 1',
    image: typed('application/vnd.docker.distribution.manifest.v1+prettyjws', { schemaVersion: 1, fsLayers: [] }),
    fact: { kind: 'schema1' },
    requests: 1,
  },
  {
    name: 'schema 1 as text',
    image: typed('text/plain', { schemaVersion: 1, fsLayers: [] }),
    fact: { kind: 'schema1' },
    requests: 2,
  },
  {
    name: 'the withdrawn artifact manifest',
    image: typed('application/vnd.oci.artifact.manifest.v1+json', {}),
    fact: { kind: 'other', mediaType: 'application/vnd.oci.artifact.manifest.v1+json' },
    requests: 1,
  },
  ...['', 'text/plain', 'application/json', 'application/octet-stream'].map((type) => ({
    name: `a real manifest as ${type || 'nothing'}`,
    image: typed(type, whole),
    fact: { kind: 'invalid', detail: 'media-type' },
    requests: 2,
  })),
  {
    name: 'a charset does no harm',
    image: typed(`${oci}; charset=utf-8`, whole),
    fact: { kind: 'manifest', config: undefined },
    requests: 2,
  },
  {
    name: 'an index whose fields are in capitals',
    image: typed(ociIndex, {
      MANIFESTS: [
        { Digest: `sha256:${'a'.repeat(64)}`, Size: 7, Platform: { OS: 'linux', Architecture: 'arm64' } },
        { Digest: `sha256:${'b'.repeat(64)}`, Size: 7, Platform: { OS: 'linux', Architecture: 'amd64' } },
      ],
    }),
    fact: { amd64: { kind: 'invalid', detail: 'child-missing' } },
    requests: 3,
  },
  {
    name: 'manifests and layers',
    image: typed(oci, { ...whole, manifests: [] }),
    fact: { kind: 'invalid', detail: 'malformed' },
    requests: 2,
  },
  {
    name: 'an index that is announced as a manifest',
    image: typed(oci, { mediaType: ociIndex }),
    fact: { kind: 'invalid', detail: 'malformed' },
    requests: 2,
  },
  {
    name: 'a manifest that is announced as an index',
    image: typed(ociIndex, whole),
    fact: { kind: 'invalid', detail: 'malformed' },
    requests: 2,
  },
  {
    name: 'a page that is announced as a manifest',
    image: typed(oci, '<html></html>'),
    fact: { kind: 'faulty', detail: 'not-a-registry', status: 200, host: 'HOST' },
    requests: 2,
  },
  {
    name: 'half a manifest',
    image: typed(oci, '{"schemaVersion":2,'),
    fact: { kind: 'invalid', detail: 'malformed' },
    requests: 2,
  },
  {
    name: 'prototypes',
    image: typed(ociIndex, '{"__proto__":{"manifests":1},"manifests":[{"__proto__":{"size":1}}]}'),
    fact: { none: { kind: 'invalid', detail: 'malformed' } },
    requests: 2,
  },
  {
    name: 'an entry whose digest is a path',
    image: typed(ociIndex, {
      manifests: [
        { mediaType: oci, digest: '../../../secret', size: 5, platform: { os: 'linux', architecture: 'amd64' } },
      ],
    }),
    fact: { amd64: { kind: 'invalid', detail: 'malformed' } },
    requests: 2,
  },
]

describe('what a manifest turns out to be', () => {
  test.each(rows)('$name', async ({ image, fact, requests }) => {
    const answered = await asked({ images: { 'team/app:v1': image } }, 'team/app:v1')
    const want = JSON.parse(JSON.stringify(fact).replace('HOST', answered.registry.host)) as unknown
    expect([JSON.parse(JSON.stringify(brief(answered.fact))), answered.lines.length]).toEqual([want, requests])
  })

  test('a child for each host, and nothing for none', async () => {
    const script: Script = { images: { 'team/app:v1': { index: ['linux/amd64', 'linux/arm64'] } } }
    const both = await asked(script, 'team/app:v1', { hosts: [amd64, arm64, windows] })
    expect([Object.keys(brief(both.fact) as object), both.lines.length]).toEqual([['amd64', 'arm64'], 6])
    const none = await asked(script, 'team/app:v1', { hosts: [] })
    expect([brief(none.fact), none.lines.length]).toEqual([{}, 2])
  })

  test('as deep as three, and no deeper', async () => {
    const nested = (depth: number): ScriptedEntry =>
      depth === 0 ? { platform: 'linux/amd64' } : { platform: 'linux/amd64', image: { index: [nested(depth - 1)] } }
    const { fact } = await asked({ images: { 'team/app:v1': { index: [nested(5)] } } }, 'team/app:v1')
    expect(brief(fact)).toEqual({ amd64: { amd64: { amd64: {} } } })
  })
})

describe('bytes that do not fit', () => {
  const image: ScriptedImage = { platform: 'linux/amd64' }
  const built = buildImage(image)
  const path = `/v2/team/app/manifests/${built.digest}`
  const bytes = built.manifests.get(built.digest)?.bytes.toString() ?? ''
  const rot = (answer: object): Script => ({
    images: { 'team/app:v1': image },
    routes: [{ path, method: 'GET', answer: { status: 200, ...answer } }],
  })
  const cases: readonly (readonly [string, Script, unknown])[] = [
    [
      'the header lies: the same length, another digest',
      rot({ body: bytes.replace('layer', 'lAyer') }),
      { kind: 'invalid', detail: 'digest-mismatch' },
    ],
    ['another length', rot({ body: `${bytes} ` }), { kind: 'invalid', detail: 'size' }],
    ['compressed unasked', rot({ body: bytes, gzip: true }), { kind: 'invalid', detail: 'malformed' }],
    ['HEAD has it, GET has not', rot({ status: 404 }), { kind: 'absent', what: 'manifest' }],
    ['HEAD is free, GET is not', rot({ status: 429 }), { kind: 'throttled' }],
    ['HEAD is let through, GET is not', rot({ status: 412 }), { kind: 'blocked', status: 412, detail: 'policy' }],
  ]
  test.each(cases)('%s', async (_, script, fact) => {
    expect((await asked(script, 'team/app:v1')).fact).toEqual(fact)
  })

  test('a digest is asked for as one, whatever the tag', async () => {
    const { fact, lines } = await asked({ images: { 'team/app:v1': image } }, 'team/app:gone@team/app:v1')
    expect([fact.kind, lines[0]]).toEqual(['found', `HEAD ${path} 200`])
  })

  test('a digest that the registry answers with other bytes', async () => {
    const script: Script = {
      images: { 'team/app:v1': image },
      routes: [
        { path, answer: { status: 200, headers: { 'content-type': oci }, body: bytes.replace('layer', 'lAyer') } },
      ],
    }
    expect((await asked(script, 'team/app@team/app:v1')).fact).toEqual({ kind: 'invalid', detail: 'digest-mismatch' })
  })
})
