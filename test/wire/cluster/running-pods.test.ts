// The pods of a namespace, as an API server lists them.
import { expect, it } from 'vitest'
import type { Cluster } from '../../../src/edges/cluster/index.ts'
import type { ApiObject } from '../../support/scripted-api-server.ts'
import { connect, patient, serve } from './connecting.ts'

const podOf = (name: string, namespace = 'shop', phase = 'Running'): ApiObject => ({
  metadata: { name, namespace },
  spec: { nodeName: 'n1', containers: [{ name: 'app', image: `${name}:1` }] },
  status: { phase, containerStatuses: [{ name: 'app', imageID: 'sha256:1' }] },
})
const LIST = 'GET /api/v1/namespaces/shop/pods?fieldSelector=status.phase%3DRunning&limit=250'

async function images({ running }: Cluster, namespace = 'shop'): Promise<readonly string[] | string> {
  const read = await running(namespace, patient())
  if (read.kind === 'found') return read.value.flatMap((pod) => pod.images)
  return read.kind === 'unreadable' ? read.detail : read.kind
}

it('those of one namespace, that run, asked for once by many', async () => {
  const served = await serve()
  for (const pod of [podOf('a'), podOf('b', 'shop', 'Pending'), podOf('c', 'billing')]) served.api.set('pods', pod)
  const { cluster } = await connect(served)
  expect(served.api.lines()).toEqual([])
  const all = await Promise.all([images(cluster), images(cluster), images(cluster)])
  expect([all, await images(cluster)]).toEqual([
    Array.from({ length: 3 }, () => ['docker.io/library/a:1']),
    ['docker.io/library/a:1'],
  ])
  expect(served.api.lines()).toEqual([`${LIST} 200`])
})

it('in pages, and not without end', async () => {
  const served = await serve()
  for (let count = 0; count < 2_100; count += 1) served.api.set('pods', podOf(`p${count}`))
  const { cluster } = await connect(served)
  expect((await images(cluster)).length).toBe(2_000)
  expect(served.api.lines().length).toBe(8)
})

it('may be forbidden, which is told once with the rule and what it means', async () => {
  const served = await serve()
  served.api.route({ path: '/api/v1/namespaces/shop/pods', answer: { status: 403 } })
  const { cluster, told } = await connect(served)
  expect([await images(cluster), await images(cluster)]).toEqual(['forbidden', 'forbidden'])
  expect(told()).toEqual([
    {
      level: 'warn',
      resource: 'pods',
      verb: 'list',
      namespace: 'shop',
      rule: 'apiGroups: [""], resources: [pods], verbs: [list]',
      effect: 'an image that cannot be pulled is warned of, not denied: a pod may run it, unless it is always pulled',
      message: 'not allowed to read the cluster',
    },
  ])
})

it.each([
  ['an error', { status: 500 }, 'unreachable'],
  ['an answer that is none', { status: 200, body: { items: [] } }, 'unreachable'],
  ['rubbish', { status: 200, body: '<html>' }, 'unreachable'],
  ['too much', { status: 200, body: ' '.repeat(65 * 1024 * 1024) }, 'too-large'],
] as const)('are not there after %s', async (_, answer, expected) => {
  const served = await serve()
  served.api.route({ path: '/api/v1/namespaces/shop/pods', answer })
  const { cluster } = await connect(served)
  expect(await images(cluster)).toBe(expected)
})

it('of a namespace that no server could have are asked of nobody', async () => {
  const served = await serve()
  const { cluster } = await connect(served)
  for (const name of ['', '../../nodes', 'Shop', 'a/b']) expect(await images(cluster, name)).toBe('absent')
  expect(served.api.lines()).toEqual([])
})

it('all that have not ended, whole, for who makes a namespace stricter; nothing of it is kept', async () => {
  const served = await serve()
  for (let count = 0; count < 2_100; count += 1) served.api.set('pods', podOf(`p${count}`))
  const { cluster } = await connect(served)
  const read = await cluster.pods('shop', patient())
  if (read.kind !== 'found') throw new Error(read.kind)
  expect([read.value.pods.length, read.value.more]).toEqual([2_000, true])
  expect(read.value.pods[0]).toMatchObject({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p0' } })
  const selector = 'fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed'
  expect(served.api.lines()[0]).toBe(`GET /api/v1/namespaces/shop/pods?${selector}&limit=250 200`)
  const asked = served.api.lines().length
  await cluster.pods('shop', patient())
  expect(served.api.lines().length).toBe(2 * asked)
  expect(await cluster.pods('../nodes', patient())).toEqual({ kind: 'absent' })
})
