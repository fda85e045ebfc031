import { expect, test } from 'vitest'
import { Secret } from '../../../src/base/secret.ts'
import type { ImageFact } from '../../../src/engine/verdict/index.ts'
import { admit, check, pod } from './cluster.ts'
import type { World } from './cluster.ts'

const WEB = 'ghcr.io/acme/web:v2'
const ABSENT: ImageFact = { kind: 'absent', what: 'manifest' }
const BAD = {
  name: 'regcred',
  type: 'kubernetes.io/dockerconfigjson',
  data: { '.dockerconfigjson': new Secret('!') },
}

function node(images: readonly string[], kubeletVersion = 'v1.34.0', labels: object = {}): object {
  const nodeInfo = { operatingSystem: 'linux', architecture: 'amd64', kubeletVersion }
  return { metadata: { name: 'n', labels }, status: { nodeInfo, images: images.map((name) => ({ names: [name] })) } }
}

function using(pullPolicy: string, image = WEB): object {
  return { name: 'app', image, imagePullPolicy: pullPolicy }
}

const has = node([WEB])
const lacks = node(['ghcr.io/acme/other:1'])

interface Row {
  readonly name: string
  readonly nodes: World['nodes']
  readonly spec: { readonly containers: readonly object[]; readonly [key: string]: unknown }
  readonly causes: readonly string[]
  readonly asked?: number
  /** Pull secrets that were read. */
  readonly read?: number
}

const rows: readonly Row[] = [
  { name: 'never, on no node', nodes: [lacks], spec: { containers: [using('Never')] }, causes: ['never-pull-absent'] },
  { name: 'never, no node known', nodes: [], spec: { containers: [using('Never')] }, causes: [''] },
  { name: 'never, on some', nodes: [has, lacks], spec: { containers: [using('Never')] }, causes: [''] },
  { name: 'on the node', nodes: [has], spec: { containers: [using('IfNotPresent')] }, causes: [''] },
  {
    name: 'on the node, and always pulled',
    nodes: [has],
    spec: { containers: [using('Always')] },
    causes: ['manifest-unknown'],
    asked: 1,
    read: 1,
  },
  {
    name: 'on some nodes',
    nodes: [has, lacks],
    spec: { containers: [using('IfNotPresent')] },
    causes: ['cached-only'],
    asked: 1,
    read: 1,
  },
  {
    name: 'on all where the pod may land',
    nodes: [node([WEB], 'v1.34.0', { zone: 'a' }), lacks],
    spec: { containers: [using('IfNotPresent')], nodeSelector: { zone: 'a' } },
    causes: [''],
  },
  {
    name: 'on no node where the pod may land',
    nodes: [has, node([], 'v1.34.0', { zone: 'a' })],
    spec: { containers: [using('IfNotPresent')], nodeSelector: { zone: 'a' } },
    causes: ['manifest-unknown'],
    asked: 1,
    read: 1,
  },
  {
    name: 'on a node that checks',
    nodes: [node([WEB], 'v1.36.3')],
    spec: { containers: [using('IfNotPresent')] },
    causes: ['cached-only'],
    asked: 1,
    read: 1,
  },
  {
    name: 'the same image with two policies',
    nodes: [has],
    spec: { containers: [using('IfNotPresent'), using('Always'), using('Never')] },
    causes: ['', 'manifest-unknown', ''],
    asked: 1,
    read: 1,
  },
  {
    name: '--platform says nothing of images',
    nodes: ['linux/amd64'],
    spec: { containers: [using('IfNotPresent'), using('Never')] },
    causes: ['manifest-unknown', ''],
    asked: 1,
    read: 1,
  },
  {
    name: 'no node fits',
    nodes: [has],
    spec: { containers: [using('IfNotPresent'), using('Never')], nodeSelector: { zone: 'a' } },
    causes: ['manifest-unknown no-candidate-node', 'no-candidate-node'],
    asked: 1,
    read: 1,
  },
]

test.each(rows.map((row) => [row.name, row] as const))('%s', async (_, row) => {
  const world: World = { nodes: row.nodes ?? [], answers: { '*': ABSENT } }
  const { asked, read, causes } = await admit(world, pod([], { imagePullSecrets: [{ name: 'regcred' }], ...row.spec }))
  const secrets = read.filter((what) => what.startsWith('secret '))
  expect({ causes, asked: asked.length, read: secrets.length }).toEqual({
    causes: row.causes,
    asked: row.asked ?? 0,
    read: row.read ?? 0,
  })
})

test('a secret that does not decode fails what must be pulled, and nothing else', async () => {
  const containers = [using('IfNotPresent'), using('IfNotPresent', 'ghcr.io/acme/new:1'), using('Always')]
  const spec = { containers, imagePullSecrets: [{ name: 'regcred' }] }
  const { causes, asked } = await admit({ nodes: [has], secrets: { regcred: BAD } }, pod([], spec))
  expect({ causes, asked }).toEqual({ causes: ['', 'pull-secret-malformed', 'pull-secret-malformed'], asked: [] })
})

test('who always pulls does not care what the nodes have', async () => {
  const containers = [using('IfNotPresent'), using('Always')]
  const { reviewed } = await check({ nodes: [has, lacks], accounts: { default: [] } }, pod([], { containers }))
  const images = reviewed.kind === 'reviewed' ? reviewed.result.images : []
  expect(images.map(({ notes }) => notes.map(({ code }) => code))).toEqual([
    ['digest-available', 'already-on-nodes'],
    ['digest-available'],
  ])
})

test('more images than any pod has are not sought on thousands of nodes', async () => {
  const nodes = Array.from({ length: 5000 }, () => lacks)
  const containers = Array.from({ length: 3000 }, (_, at) => using('Never', `ghcr.io/acme/web:${at}`))
  const start = performance.now()
  const { causes } = await admit({ nodes }, pod([], { containers }))
  expect(Array.from(causes).filter((cause) => cause === 'never-pull-absent')).toHaveLength(64)
  expect(performance.now() - start).toBeLessThan(3000)
})
