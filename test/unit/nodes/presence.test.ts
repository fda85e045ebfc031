import { expect, test } from 'vitest'
import { assumedNode, needsPull, presenceOf, readNode } from '../../../src/engine/nodes/index.ts'
import type { Node, Presence } from '../../../src/engine/nodes/index.ts'
import { parseReference } from '../../../src/engine/reference/index.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const NGINX = 'docker.io/library/nginx'

interface Said {
  readonly images?: unknown
  readonly kubelet?: string
  readonly runtime?: string
}

function nodeOf(
  { images, kubelet = 'v1.34.0', runtime = 'containerd://2.1.4' }: Said,
  intern?: (text: string) => string,
) {
  const nodeInfo = { kubeletVersion: kubelet, containerRuntimeVersion: runtime }
  const node = readNode({ metadata: { name: 'n1' }, status: { nodeInfo, images } }, intern)
  if (node === undefined) throw new Error('no node')
  return node
}

function listing(...names: readonly string[]): object[] {
  return [{ names, sizeBytes: 1 }]
}

function presence(image: string, nodes: readonly Node[]): Presence | undefined {
  const parsed = parseReference(image)
  if (parsed.kind === 'invalid') throw new Error(parsed.error)
  return presenceOf(image, parsed.reference, nodes)
}

test.each<[name: string, images: unknown, names: readonly string[], complete: boolean]>([
  ['none said', undefined, [], false],
  ['none yet', [], [], false],
  ['not a list', { a: 1 }, [], false],
  ['one', listing('r.io/a:1'), ['r.io/a:1'], true],
  ['an image that lost its name', [{ sizeBytes: 1 }, { names: null }, { names: [] }], [], true],
  ['names as Docker lists them', listing('nginx:1.25', 'acme/web:2'), [`${NGINX}:1.25`, 'docker.io/acme/web:2'], true],
  ['names of other types', [{ names: [1, null, 'r.io/a:1'] }, { names: 'r.io/b:1' }, null, 7], ['r.io/a:1'], false],
  ['names that are none', listing('<none>:<none>', 'r.io/a:1'), ['r.io/a:1'], false],
  ['a name too long', listing(`r.io/${'a'.repeat(700)}:1`), [], false],
  [
    'four names',
    listing('r.io/a:1', 'r.io/a:2', 'r.io/a:3', 'r.io/a:4'),
    ['r.io/a:1', 'r.io/a:2', 'r.io/a:3', 'r.io/a:4'],
    true,
  ],
  [
    'five names',
    listing('r.io/a:1', 'r.io/a:2', 'r.io/a:3', 'r.io/a:4', 'r.io/a:5'),
    ['r.io/a:1', 'r.io/a:2', 'r.io/a:3', 'r.io/a:4', 'r.io/a:5'],
    false,
  ],
  ['inherited', [Object.create({ names: ['r.io/a:1'] })], [], true],
])('a list: %s', (_, images, names, complete) => {
  const read = nodeOf({ images }).images
  expect({ names: [...read.names], complete: read.complete }).toEqual({ names, complete })
})

test('a list that may have been cut is not complete, and a huge one is bounded', () => {
  const list = (count: number): object[] => Array.from({ length: count }, (_, at) => ({ names: [`r.io/a:${at}`] }))
  const read = (count: number) => {
    const { names, complete } = nodeOf({ images: list(count) }).images
    return [names.size, complete]
  }
  expect([read(1), read(49), read(50), read(51), read(20_000)]).toEqual([
    [1, true],
    [49, true],
    [50, false],
    [51, false],
    [1000, false],
  ])
  const names = Array.from({ length: 10_000 }, (_, at) => `r.io/a:${at}`)
  const many = nodeOf({ images: [{ names }] }).images
  expect([many.names.size, many.complete]).toEqual([5, false])
})

test('names are handed to who keeps them', () => {
  const kept: string[] = []
  nodeOf({ images: listing('nginx:1', 'r.io/a:1') }, (text) => {
    kept.push(text)
    return text
  })
  expect(kept).toEqual([`${NGINX}:1`, 'r.io/a:1'])
})

const has = nodeOf({ images: listing(`${NGINX}:1.25`, `${NGINX}:latest`, `${NGINX}@${DIGEST}`) })
const lacks = nodeOf({ images: listing('r.io/a:1') })
const silent = nodeOf({})
const checks = nodeOf({ images: listing(`${NGINX}:1.25`), kubelet: 'v1.35.0' })
const crio = nodeOf({ images: listing(`${NGINX}:1.25`), runtime: 'cri-o://1.31.0' })

test.each<[name: string, image: string, nodes: readonly Node[], expected: Presence | undefined]>([
  ['no node', 'nginx:1.25', [], undefined],
  ['all', 'nginx:1.25', [has, has], { candidates: 2, listed: 2, lacking: 0, verified: false }],
  ['one of each', 'nginx:1.25', [has, lacks, silent], { candidates: 3, listed: 1, lacking: 1, verified: false }],
  ['one checks', 'nginx:1.25', [has, checks], { candidates: 2, listed: 2, lacking: 0, verified: true }],
  ['one that lacks it would check', 'nginx:9', [checks], { candidates: 1, listed: 0, lacking: 1, verified: false }],
  ['no tag', 'nginx', [has], { candidates: 1, listed: 1, lacking: 0, verified: false }],
  ['another tag of the same', 'nginx:1', [has], { candidates: 1, listed: 0, lacking: 1, verified: false }],
  ['a digest', `nginx@${DIGEST}`, [has], { candidates: 1, listed: 1, lacking: 0, verified: false }],
  [
    'a digest: its tag is dropped',
    `nginx:9@${DIGEST}`,
    [has],
    { candidates: 1, listed: 1, lacking: 0, verified: false },
  ],
  [
    '--platform',
    'nginx:1.25',
    [assumedNode({ os: 'linux', architecture: 'amd64' })],
    { candidates: 1, listed: 0, lacking: 0, verified: false },
  ],
  ['a short name on CRI-O', 'nginx:1.25', [crio], { candidates: 1, listed: 0, lacking: 0, verified: false }],
  [
    'a short name that CRI-O does not list',
    'nginx:9',
    [crio],
    { candidates: 1, listed: 0, lacking: 0, verified: false },
  ],
  ['a whole name on CRI-O', `${NGINX}:1.25`, [crio], { candidates: 1, listed: 1, lacking: 0, verified: false }],
])('presence: %s', (_, image, nodes, expected) => {
  expect(presence(image, nodes)).toEqual(expected)
})

const everywhere: Presence = { candidates: 2, listed: 2, lacking: 0, verified: false }

test.each<[policy: 'Always' | 'IfNotPresent' | 'Never', presence: Presence | undefined, needed: boolean]>([
  ['Always', everywhere, true],
  ['Never', undefined, false],
  ['Never', { ...everywhere, listed: 0 }, false],
  ['IfNotPresent', undefined, true],
  ['IfNotPresent', { ...everywhere, listed: 1 }, true],
  ['IfNotPresent', { ...everywhere, verified: true }, true],
  ['IfNotPresent', everywhere, false],
])('%s, %j: a pull %j', (policy, known, needed) => {
  expect(needsPull(policy, known)).toBe(needed)
})
