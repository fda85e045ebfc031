import { describe, expect, it } from 'vitest'
import { declaredView } from '../../../src/edges/manifests/index.ts'
import type { DeclaredCluster } from '../../../src/edges/manifests/index.ts'
import { assumedNode } from '../../../src/engine/nodes/index.ts'

const signal = new AbortController().signal
const reading = { signal, fresh: false }
const cluster: DeclaredCluster = { complete: true, defaultNamespace: 'shop', assumedNodes: [] }

type Fields = Readonly<Record<string, unknown>>
const core = (kind: string, metadata: unknown, rest: Fields = {}): Fields => ({
  apiVersion: 'v1',
  kind,
  metadata,
  ...rest,
})
const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** A secret with its values shown. */
async function secretOf(objects: readonly Fields[], namespace: string, name: string): Promise<unknown> {
  const read = await declaredView(objects, cluster).secret(namespace, name, reading)
  if (read.kind !== 'found') return read.kind
  const { data, ...rest } = read.value
  return { ...rest, data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, value.reveal()])) }
}

describe('a declared view', () => {
  it('has namespaces with their labels', async () => {
    const labels = { 'pullable.dev/enforce': 'strict', number: 1 }
    const view = declaredView(
      [core('Namespace', { name: 'shop', labels }), core('Namespace', { name: 'bare' })],
      cluster,
    )
    expect([await view.namespace('shop', signal), await view.namespace('bare', signal)]).toEqual([
      { kind: 'found', value: { name: 'shop', labels: { 'pullable.dev/enforce': 'strict' } } },
      { kind: 'found', value: { name: 'bare', labels: {} } },
    ])
  })

  it('has secrets, stringData written over data', async () => {
    const object = core(
      'Secret',
      { name: 'reg', namespace: 'a' },
      {
        type: 'kubernetes.io/dockerconfigjson',
        data: { '.dockerconfigjson': base64('old'), other: base64('other'), odd: 7 },
        stringData: { '.dockerconfigjson': '{"auths":{"é":{}}}' },
      },
    )
    expect(await secretOf([object], 'a', 'reg')).toEqual({
      name: 'reg',
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': base64('{"auths":{"é":{}}}'), other: base64('other') },
    })
  })

  it('gives an object without a namespace the default one, and the last of two counts', async () => {
    const secret = (type: string, namespace?: string): Fields => core('Secret', { name: 'reg', namespace }, { type })
    expect(await secretOf([secret('one'), secret('two', 'shop'), secret('three', 'other')], 'shop', 'reg')).toEqual({
      name: 'reg',
      type: 'two',
      data: {},
    })
    expect(await secretOf([core('Secret', { name: 'reg' })], 'shop', 'reg')).toMatchObject({ type: 'Opaque' })
  })

  it('never shows what is in a secret', async () => {
    const view = declaredView([core('Secret', { name: 'reg' }, { stringData: { key: 'canary' } })], cluster)
    const text = JSON.stringify(await view.secret('shop', 'reg', reading))
    expect([text.includes('canary'), text.includes(base64('canary'))]).toEqual([false, false])
  })

  it.each([
    [
      [{ name: 'b' }, { name: '' }, {}, null, 'x', { name: 'a' }],
      ['b', 'a'],
    ],
    ['b', []],
    [undefined, []],
  ])('has service accounts: %j', async (imagePullSecrets, pullSecrets) => {
    const view = declaredView([core('ServiceAccount', { name: 'web' }, { imagePullSecrets })], cluster)
    expect(await view.serviceAccount('shop', 'web', reading)).toEqual({
      kind: 'found',
      value: { name: 'web', pullSecrets },
    })
  })

  const linux = assumedNode({ os: 'linux', architecture: 'arm64' })
  const node = core(
    'Node',
    { name: 'n1' },
    { status: { nodeInfo: { operatingSystem: 'linux', architecture: 'amd64' } } },
  )
  it('has nodes; assumed ones only where no object says', async () => {
    const nodesOf = async (objects: readonly Fields[], assumedNodes: readonly (typeof linux)[]): Promise<unknown> => {
      const read = await declaredView(objects, { ...cluster, assumedNodes }).nodes(signal)
      return read.kind === 'found' ? read.value.map((each) => each.platform?.architecture) : read.kind
    }
    expect([
      await nodesOf([node], [linux]),
      await nodesOf([node, node], []),
      await nodesOf([], [linux]),
      await nodesOf([], []),
    ]).toEqual([['amd64'], ['amd64'], ['arm64'], 'unsaid'])
  })

  it.each([
    [true, 'absent'],
    [false, 'unsaid'],
  ])('that is complete (%s) lacks what it lacks: %s', async (complete, kind) => {
    const view = declaredView([], { ...cluster, complete })
    expect([
      await view.namespace('shop', signal),
      await view.secret('shop', 'reg', reading),
      await view.serviceAccount('shop', 'default', reading),
    ]).toEqual([{ kind }, { kind }, { kind }])
  })

  it('passes over other kinds, other groups, and objects without a name', async () => {
    const objects: readonly Fields[] = [
      core('Pod', { name: 'reg' }),
      { ...core('Secret', { name: 'reg' }), apiVersion: 'example.com/v1' },
      core('Secret', {}),
      core('Secret', 'reg'),
      core('Secret', { name: '' }),
      JSON.parse(
        '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"__proto__","labels":{"__proto__":"x"}}}',
      ) as Fields,
    ]
    expect(await secretOf(objects, 'shop', 'reg')).toBe('absent')
  })
})
