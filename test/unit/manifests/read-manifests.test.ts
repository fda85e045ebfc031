import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readManifests, readView } from '../../../src/edges/manifests/index.ts'
import type { ManifestReading } from '../../../src/edges/manifests/index.ts'

// eslint-disable-next-line @typescript-eslint/require-await -- a stream is what is wanted
async function* stream(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  yield* parts
}

function read(...parts: readonly (string | Uint8Array)[]): Promise<ManifestReading> {
  return readManifests(['-'], { stdin: stream(...parts) })
}

/** `1:3 ConfigMap/a`: document, line, kind and name. */
function found(reading: ManifestReading): readonly string[] {
  return reading.documents.map(({ document, line, object }) => {
    const metadata = object['metadata'] as { readonly name?: unknown } | undefined
    return `${document}:${line} ${String(object['kind'])}/${String(metadata?.name)}`
  })
}

function troubles(reading: ManifestReading): readonly string[] {
  return reading.problems.map(({ document, line, message }) => `${document}:${line} ${message}`)
}

const a = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n'
const b = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: b }\n'

describe('documents', () => {
  it.each<readonly [string, string, readonly string[], number]>([
    ['one', a, ['1:1 ConfigMap/a'], 0],
    ['two', `${a}---\n${b}`, ['1:1 ConfigMap/a', '2:5 ConfigMap/b'], 0],
    ['a marker first', `---\n${a}---\n${b}`, ['1:2 ConfigMap/a', '2:6 ConfigMap/b'], 0],
    ['a comment and a marker first', `# chart\n---\n# Source: x\n${a}`, ['1:4 ConfigMap/a'], 0],
    ['a directive', `%YAML 1.1\n---\n${a}`, ['1:3 ConfigMap/a'], 0],
    ['an empty one between', `${a}---\n# nothing\n---\n${b}`, ['1:1 ConfigMap/a', '3:7 ConfigMap/b'], 0],
    ['a comment on the marker', `${a}--- # next\n${b}`, ['1:1 ConfigMap/a', '2:5 ConfigMap/b'], 0],
    ['CRLF', `${a}---\n${b}`.replaceAll('\n', '\r\n'), ['1:1 ConfigMap/a', '2:5 ConfigMap/b'], 0],
    ['a byte order mark', `\uFEFF${a}`, ['1:1 ConfigMap/a'], 0],
    ['no end of line', a.trimEnd(), ['1:1 ConfigMap/a'], 0],
    ['an end marker', `${a}...\n`, ['1:1 ConfigMap/a'], 0],
    ['dashes that are no marker', `${a}data: { pem: "\n  ---\n  ----BEGIN" }\n`, ['1:1 ConfigMap/a'], 0],
    ['nothing', '', [], 0],
    ['only markers', '---\n---\n', [], 0],
    ['no object: values, a list, text, a number', 'image: x\n---\n- 1\n---\ntext\n---\n7\n', [], 4],
    ['no kind, or one that is no text', 'apiVersion: v1\n---\napiVersion: v1\nkind: 1\n', [], 2],
    ['a map as JSON-like YAML', '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}', ['1:1 ConfigMap/a'], 0],
    ['JSON', '\n{"apiVersion":"v1",\n"kind":"Pod","metadata":{"name":"a"}}\n', ['1:2 Pod/a'], 0],
    [
      'JSON, one after the other',
      '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a\\"}"}}\n{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b"}}{}',
      ['1:1 Pod/a"}', '2:2 Pod/b'],
      1,
    ],
    [
      'a List',
      `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: { name: a }\n- ${b.replaceAll('\n', '\n  ')}\n---\n${a}`,
      ['1:4 Pod/a', '1:7 ConfigMap/b', '2:12 ConfigMap/a'],
      0,
    ],
    [
      'a typed list, whose items need not say their kind',
      '{"apiVersion":"apps/v1","kind":"DeploymentList","items":[{"metadata":{"name":"a"}}, null, 3]}',
      ['1:1 Deployment/a'],
      1,
    ],
    [
      'a List in a List',
      '{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"PodList","items":[{"metadata":{"name":"a"}}]}]}',
      ['1:1 Pod/a'],
      0,
    ],
    ['an empty List', 'apiVersion: v1\nkind: List\nitems:\n', [], 0],
    ['a kind that only ends so', 'apiVersion: x/v1\nkind: AllowList\nmetadata: {name: a}\n', ['1:1 AllowList/a'], 0],
  ])('%s', async (_, text, objects, skipped) => {
    const reading = await read(text)
    expect([troubles(reading), found(reading), reading.skipped]).toEqual([[], objects, skipped])
  })

  it('are the same in whatever pieces they come', async () => {
    const bytes = Buffer.from(`${a}---\n${b}# é\n`)
    const pieces = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
    expect(await read(...pieces)).toEqual(await read(bytes))
  })

  it('have aliases and merge keys resolved, and the booleans of kubectl', async () => {
    const text = `apiVersion: v1
kind: X
base: &base { image: nginx, on: yes, "n": "no" }
one: *base
two: { <<: *base, image: redis }
three: { image: own, <<: [*base, { more: off, n: "last" }] }
date: 2001-01-01
number: 0x10
tagged: !!str yes
`
    const [document] = (await read(text)).documents
    expect(document?.object).toEqual({
      apiVersion: 'v1',
      kind: 'X',
      base: { image: 'nginx', on: true, n: 'no' },
      one: { image: 'nginx', on: true, n: 'no' },
      two: { image: 'redis', on: true, n: 'no' },
      three: { image: 'own', on: true, n: 'no', more: false },
      date: '2001-01-01',
      number: 16,
      tagged: 'yes',
    })
  })

  it.each([
    [
      'YAML',
      'apiVersion: v1\nkind: X\n__proto__: { polluted: 1 }\nm: &m { __proto__: { polluted: 1 } }\nn: { <<: *m }\n',
    ],
    ['JSON', '{"apiVersion":"v1","kind":"X","__proto__":{"polluted":1},"m":{"__proto__":{"polluted":1}}}'],
  ])('may have __proto__ in %s, as a key like any other', async (_, text) => {
    const [document] = (await read(text)).documents
    expect(Object.keys(document?.object ?? {})).toContain('__proto__')
    expect([Object.getPrototypeOf(document?.object), ({} as { polluted?: unknown }).polluted]).toEqual([
      Object.prototype,
      undefined,
    ])
  })
})

describe('broken documents', () => {
  const template = '; this looks like a template: check what `helm template` makes of it'
  it.each<readonly [string, string, readonly string[]]>([
    ['an unclosed quote', 'a: "x\n', ['1:5 Missing closing "']],
    [
      'an unclosed list',
      'a: [1,\n',
      ['1:5 Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ],
    ['a tab', 'a:\n\t- b\n', ['1:4 Tabs are not allowed as indentation']],
    ['a key twice', 'a: 1\nb: 2\na: 3\n', ['1:5 the key "a" is there twice']],
    ['a key twice, in two styles', 'x:\n  "1": 1\n  1: 3\n', ['1:5 the key "1" is there twice']],
    ['a key twice in JSON', '{"a": {"b": 1,\n"c": ":",\n"\\u0062": 2}}', ['1:5 the key "b" is there twice']],
    ['an alias of nothing', 'a: *b\n', ['1:3 an alias names no anchor before it']],
    ['a password taken for a tag', 'a: !c!hunter2 x\n', ['1:3 a tag that cannot be resolved']],
    ['a password taken for a block', 'a: |hunter2\n', ['1:3 Block scalar header includes extra characters']],
    ['a password with an escape', 'a: "\\xhunter2"\n', ['1:3 an escape sequence that YAML does not have']],
    ['a merge of text', 'a: {<<: text}\n', ['1:3 only maps can be merged with <<']],
    ['an alias within itself', 'a: &a [*a]\n', ['1:3 an alias names no anchor before it']],
    ['a map as key', '? {a: b}\n: c\n', ['1:3 a key that is no text']],
    ['a template', 'image: {{ .Values.image }}\n', [`1:3 a key that is no text${template}`]],
    ['a template line', '{{- if .Values.on }}\na: 1\n{{- end }}\n', [`1:3 a key that is no text${template}`]],
    ['truncated JSON', '{"apiVersion":"v1","kind":', ['1:3 Flow map must end with a }']],
    ['too deep', `a: ${'['.repeat(600)}${']'.repeat(600)}`, ['1:3 nested too deeply']],
    ['far too deep', '['.repeat(20_000), ['1:3 nested too deeply']],
  ])('%s', async (_, text, expected) => {
    // Between two good ones: neither is lost.
    const reading = await read(`#\n---\n${text}`, `\n---\n${b}`)
    expect(troubles(reading)).toEqual(expected)
    expect(found(reading)).toEqual([expect.stringMatching(/^2:\d+ ConfigMap\/b$/)])
  })

  it('a bomb of aliases is refused at once', async () => {
    const names = Array.from('abcdefghij')
    const lines = names.map(
      (name, at) =>
        `${name}: &${name} [${Array(9)
          .fill(at === 0 ? 'x' : `*${names[at - 1]}`)
          .join(',')}]`,
    )
    expect(troubles(await read(lines.join('\n')))).toEqual(['1:6 its aliases stand for too many values'])
  })

  it('a chain of aliases that nests too deeply is refused', async () => {
    const links = Array.from(
      { length: 600 },
      (_, at) => `l${String(at)}: &l${String(at)} [${at === 0 ? '' : `*l${String(at - 1)}`}]`,
    )
    expect(troubles(await read(links.join('\n')))).toEqual(['1:501 nested too deeply'])
  })

  it('many keys and many uses of one anchor are no bomb', async () => {
    const keys = Array.from({ length: 30_000 }, (_, at) => `k${String(at)}: 1`).join('\n  ')
    const uses = Array.from({ length: 20_000 }, (_, at) => `u${String(at)}: *small`).join('\n')
    const reading = await read(`apiVersion: v1\nkind: X\nsmall: &small {a: b}\n${uses}\nmany:\n  ${keys}\n`)
    expect([troubles(reading), reading.documents.length]).toEqual([[], 1])
  })

  it.each([
    ['not UTF-8', Buffer.from([0xff, 0xfe, 0x61, 0x00]), 'not UTF-8 text'],
    ['compressed', Buffer.from([0x1f, 0x8b, 0x08, 0x00]), 'not UTF-8 text'],
    ['too large', Buffer.alloc(64 * 1024 * 1024 + 1, 0x20), 'larger than 64 MiB'],
  ])('%s', async (_, bytes, message) => {
    expect(await read(bytes)).toEqual({
      documents: [],
      skipped: 0,
      problems: [{ source: 'stdin', document: 0, line: 0, message }],
    })
  })

  it('one YAML document of more than 16 MiB is not parsed, and its neighbours are', async () => {
    const reading = await read(`${a}---\n# ${'x'.repeat(17 * 1024 * 1024)}\n---\n${b}`)
    expect([troubles(reading), found(reading)]).toEqual([
      ['2:4 one YAML document of more than 16 MiB'],
      ['1:1 ConfigMap/a', '3:7 ConfigMap/b'],
    ])
  })
})

describe('files and directories', () => {
  let root = ''
  const at = (path: string): string => join(root, path)
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'manifests-'))
    const files: Readonly<Record<string, string>> = {
      'tree/b.yaml': b,
      'tree/a.yml': a,
      'tree/Z.json': '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"z"}}',
      'tree/é.yaml': a,
      'tree/notes.txt': 'not: read',
      'tree/.hidden/x.yaml': b,
      'tree/.swp.yaml': 'a: "',
      'tree/inner/c.yaml': a,
      'empty/readme.md': '',
      'mounted/..2026/pod.yaml': a,
      'named.txt': a,
    }
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(at(path)), { recursive: true })
      await writeFile(at(path), text)
    }
    await symlink('.', at('tree/loop'))
    await symlink('../tree', at('tree/inner/up'))
    await symlink('self.yaml', at('tree/self.yaml'))
    await symlink('nowhere', at('tree/inner/gone.yaml'))
    await symlink('..2026', at('mounted/..data'))
    await symlink('..data/pod.yaml', at('mounted/pod.yaml'))
  })
  afterAll(() => rm(root, { recursive: true }))

  const files = async (...inputs: readonly string[]): Promise<ManifestReading> => {
    const reading = await readManifests(inputs.map(at), { stdin: stream() })
    const short = <T extends { readonly source: string }>(each: T): T => ({
      ...each,
      source: each.source.slice(root.length + 1),
    })
    return { ...reading, documents: reading.documents.map(short), problems: reading.problems.map(short) }
  }

  it('are read in the byte order of their names, links followed, loops harmless', async () => {
    const reading = await files('tree')
    expect(reading.documents.map(({ source }) => source)).toEqual([
      ...['tree/Z.json', 'tree/a.yml', 'tree/b.yaml', 'tree/inner/c.yaml', 'tree/é.yaml'],
    ])
    expect(reading.problems).toEqual([
      { source: 'tree/inner/gone.yaml', document: 0, line: 0, message: 'no such file or directory' },
      { source: 'tree/self.yaml', document: 0, line: 0, message: 'a link that leads to itself' },
    ])
  })

  it('are read once from a mounted ConfigMap', async () => {
    expect((await files('mounted')).documents.map(({ source }) => source)).toEqual(['mounted/pod.yaml'])
  })

  it('are read whatever their name where they are named, and in the order in which they are', async () => {
    const reading = await files('tree/b.yaml', 'missing.yaml', 'named.txt', 'empty', 'tree/b.yaml')
    expect(reading.documents.map(({ source }) => source)).toEqual(['tree/b.yaml', 'named.txt'])
    expect(reading.problems).toEqual([
      { source: 'missing.yaml', document: 0, line: 0, message: 'no such file or directory' },
      { source: 'empty', document: 0, line: 0, message: 'no .yaml, .yml, .json file in this directory' },
    ])
  })

  it('make a view', async () => {
    expect(found(await readView(at('mounted')))).toEqual(['1:1 ConfigMap/a'])
    expect((await readView(at('nowhere'))).problems.length).toBe(1)
  })
})
