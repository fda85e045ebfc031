import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../../src/edges/cluster/index.ts'
import { statusOf } from '../../support/scripted-api-server.ts'
import type { ApiAnswer, ApiResource } from '../../support/scripted-api-server.ts'
import { connect, namespaceOf, nodeOf, patient, serve, until } from './connecting.ts'
import type { Connected, Served } from './connecting.ts'

async function names({ view }: Cluster): Promise<readonly string[] | string> {
  const nodes = await view.nodes(patient())
  return nodes.kind === 'found'
    ? nodes.value.map(({ name }) => name)
    : nodes.kind === 'unreadable'
      ? nodes.detail
      : nodes.kind
}

const shows = (cluster: Cluster, expected: readonly string[] | string) =>
  until(`nodes are ${JSON.stringify(expected)}`, async () => {
    return JSON.stringify(await names(cluster)) === JSON.stringify(expected)
  })

/** Nodes a and b are there and watched. */
async function watching(options: Parameters<typeof connect>[1] = {}): Promise<Served & Connected> {
  const served = await serve()
  served.api.set('nodes', nodeOf('a'))
  served.api.set('nodes', nodeOf('b', 'arm64'))
  served.api.set('namespaces', namespaceOf('shop', { team: 'web' }))
  const connected = await connect(served, { ...options, watch: true })
  await watched(served, 'nodes')
  await watched(served, 'namespaces')
  await until(
    'both are current',
    () => connected.cluster.ages().nodes === 0 && connected.cluster.ages().namespaces === 0,
  )
  return { ...served, ...connected }
}

const watched = ({ api }: Served, resource: ApiResource) =>
  until(`${resource} are watched`, () => api.watches(resource) === 1)

const lists = ({ api }: Served): number =>
  api.lines().filter((line) => line.startsWith('GET /api/v1/nodes?limit=')).length

describe('nodes', () => {
  it('are listed, watched and kept as the engine reads them', async () => {
    const { cluster, api } = await watching()
    expect(cluster.whyNotReady()).toBeUndefined()
    expect(cluster.ages()).toEqual({ nodes: 0, namespaces: 0 })
    expect(await cluster.view.nodes(patient())).toMatchObject({
      kind: 'found',
      value: [
        { name: 'a', labels: { zone: 'a' }, platform: { os: 'linux', architecture: 'amd64' }, unschedulable: false },
        { name: 'b', platform: { os: 'linux', architecture: 'arm64' } },
      ],
    })
    api.set('nodes', nodeOf('c'))
    await shows(cluster, ['a', 'b', 'c'])
    api.remove('nodes', 'a')
    await shows(cluster, ['b', 'c'])
    api.set('nodes', nodeOf('b'))
    await until('b is of another kind', async () => {
      const nodes = await cluster.view.nodes(patient())
      return nodes.kind === 'found' && nodes.value[0]?.platform?.architecture === 'amd64'
    })
    expect(api.lines().filter((line) => line.includes('/nodes'))).toEqual([
      'GET /api/v1/nodes?limit=100 200',
      'GET /api/v1/nodes?watch 200',
    ])
  })

  it('without status, without a name or of odd types are no trouble', async () => {
    const served = await serve()
    served.api.set('nodes', { metadata: { name: 'bare' } })
    served.api.set('nodes', { metadata: { name: 'odd' }, spec: 7, status: { nodeInfo: [], images: 'many' } })
    const { cluster } = await connect(served, { watch: true })
    await watched(served, 'nodes')
    served.api.say('nodes', '{"type":"ADDED","object":{"metadata":{}}}\n{"type":"ADDED","object":null}\n')
    served.api.set('nodes', nodeOf('good'))
    await shows(cluster, ['bare', 'odd', 'good'])
  })

  it('come in pages', async () => {
    const served = await serve()
    const all = Array.from({ length: 250 }, (_, number) => `n${number}`)
    for (const name of all) served.api.set('nodes', nodeOf(name))
    const { cluster } = await connect(served)
    expect(await names(cluster)).toEqual(all)
    expect(await names(cluster)).toEqual(all)
    expect(served.api.lines()).toEqual([
      'GET /api/v1/nodes?limit=100 200',
      'GET /api/v1/nodes?limit=100&continue=100 200',
      'GET /api/v1/nodes?limit=100&continue=200 200',
    ])
  })

  it('of which there are none are none', async () => {
    const served = await serve()
    const { cluster } = await connect(served)
    expect(await cluster.view.nodes(patient())).toEqual({ kind: 'found', value: [] })
  })

  it('are listed once for all who ask at once, and again where it went wrong', async () => {
    const served = await serve()
    const { cluster } = await connect(served)
    served.api.route({ path: '/api/v1/nodes', times: 1, answer: { status: 500 } })
    const first = await Promise.all([names(cluster), names(cluster), names(cluster)])
    expect([first, await names(cluster), lists(served)]).toEqual([['unreachable', 'unreachable', 'unreachable'], [], 2])
  })

  it.each<[string, ApiAnswer, string]>([
    ['forbidden', { status: 403 }, 'forbidden'],
    ['no list', { status: 200, body: { items: [] } }, 'unreachable'],
    ['no list either', { status: 200, body: { metadata: { resourceVersion: '1' }, items: 'x' } }, 'unreachable'],
    [
      'a list without an end',
      { status: 200, body: { metadata: { resourceVersion: '1', continue: 'x' }, items: [] } },
      'unreachable',
    ],
    ['too large', { status: 200, body: ' '.repeat(65 * 1024 * 1024) }, 'too-large'],
  ])('that are %s', async (_, answer, expected) => {
    const served = await serve()
    served.api.route({ path: '/api/v1/nodes', answer })
    const { cluster } = await connect(served)
    expect(await names(cluster)).toBe(expected)
  })
})

describe('a watch', () => {
  it('goes on from where it was, when it ends in peace or its connection breaks', async () => {
    const served = await watching()
    const { cluster, api } = served
    for (const [how, name] of [
      ['end', 'c'],
      ['reset', 'd'],
    ] as const) {
      api.endWatches(how)
      api.set('nodes', nodeOf(name))
      await until(`${name} is seen`, async () => (await names(cluster)).includes(name))
    }
    expect(lists(served)).toBe(1)
  })

  it('goes on from the version of a bookmark', async () => {
    const served = await watching()
    const { cluster, api } = served
    // Namespaces move the version on, and compaction forgets what was before.
    api.set('namespaces', namespaceOf('other'))
    api.compact()
    api.bookmark('nodes')
    await until('the bookmark is read', () => true)
    await new Promise((resolve) => setTimeout(resolve, 50))
    api.endWatches('reset')
    await watched(served, 'nodes')
    api.set('nodes', nodeOf('c'))
    await shows(cluster, ['a', 'b', 'c'])
    expect(lists(served)).toBe(1)
  })

  it('starts anew with a list where the version is too old: HTTP 410', async () => {
    const served = await watching()
    const { cluster, api } = served
    await api.stop()
    api.remove('nodes', 'a')
    api.compact()
    await api.start()
    await shows(cluster, ['b'])
    expect(lists(served)).toBe(2)
  })

  const error = (code: number) => `${JSON.stringify({ type: 'ERROR', object: statusOf(code, 'Expired') })}\n`
  it.each([
    ['an ERROR event of 410', error(410)],
    ['an ERROR event of 500', error(500)],
    ['an ERROR event of nothing', '{"type":"ERROR","object":null}\n'],
    ['a malformed line', '{"type":"ADDED","obj\n'],
    ['what is no event', '[]\n'],
    ['a line that is too long', 'x'.repeat(9 * 1024 * 1024)],
  ])('starts anew with a list after %s', async (_, text) => {
    const served = await watching()
    const { cluster, api } = served
    api.say('nodes', text)
    await until('a second list', () => lists(served) === 2)
    await watched(served, 'nodes')
    api.set('nodes', nodeOf('c'))
    await shows(cluster, ['a', 'b', 'c'])
  })

  it('passes over half a line, at which the connection broke, and types that it does not know', async () => {
    const served = await watching()
    const { cluster, api } = served
    api.say('nodes', '{"type":"PROGRESS","object":{}}\n{"type":"DELETED","object":{"metadata":{"name":"a"')
    await new Promise((resolve) => setTimeout(resolve, 50))
    api.endWatches('reset')
    api.set('nodes', nodeOf('c'))
    await shows(cluster, ['a', 'b', 'c'])
    expect(lists(served)).toBe(1)
  })

  it('reads an event in pieces, and many in one', async () => {
    const { cluster, api } = await watching()
    const line = (name: string) => `${JSON.stringify({ type: 'ADDED', object: { kind: 'Node', ...nodeOf(name) } })}\n`
    for (const character of line('ü'.normalize('NFD'))) api.say('nodes', character)
    api.say('nodes', ['c', 'd', 'e'].map(line).join(''))
    await shows(cluster, ['a', 'b', 'ü'.normalize('NFD'), 'c', 'd', 'e'])
  })

  it('on which nothing is heard is taken for dead, and the list is read anew', async () => {
    const served = await watching({ limits: { silentMs: 600, answerMs: 10_000 } })
    const { api } = served
    await until('a second list', () => lists(served) === 2)
    await watched(served, 'nodes')
    expect(served.told()).toContainEqual({
      level: 'warn',
      resource: 'nodes',
      verb: 'watch',
      why: 'it fell silent',
      message: 'the cluster cannot be read',
    })
    // Bookmarks are life enough.
    const before = lists(served)
    for (let beat = 0; beat < 8; beat += 1) {
      api.bookmark('nodes')
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
    expect(lists(served)).toBe(before)
  })

  it.each<[string, ApiAnswer, number]>([
    ['429, which asks to wait', { status: 429, headers: { 'retry-after': '0' } }, 1],
    ['429', { status: 429 }, 1],
    ['500', { status: 500 }, 2],
    ['a reset', { reset: true }, 1],
    ['no answer', { hang: true }, 1],
    ['401', { status: 401 }, 1],
    ['a body that ends at once', { status: 200, body: '' }, 1],
  ])('that is answered by %s is opened again', async (_, answer, expected) => {
    const served = await watching()
    const { cluster, api } = served
    api.route({ path: '/api/v1/nodes', watch: true, times: 1, answer })
    api.endWatches('end')
    api.set('nodes', nodeOf('c'))
    await shows(cluster, ['a', 'b', 'c'])
    expect(lists(served)).toBe(expected)
  })

  it('does not hammer a server that ends every watch at once', async () => {
    const served = await watching()
    served.api.route({ path: '/api/v1/nodes', watch: true, answer: { status: 200, body: '' } })
    const before = served.api.log.length
    served.api.endWatches('end')
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(served.api.log.length - before).toBeLessThan(30)
  })
})

describe('a server that is away', () => {
  it('at the start does not keep us from starting; we say so, and recover', async () => {
    const served = await serve()
    served.api.set('nodes', nodeOf('a'))
    await served.api.stop()
    const { cluster, told } = await connect(served, { watch: true })
    await until('the reason is known', () => cluster.whyNotReady()?.includes(':') === true)
    expect(cluster.whyNotReady()).toBe('the nodes have not been read yet: connection refused')
    expect(await names(cluster)).toBe('unreachable')
    expect(await cluster.view.namespace('shop', patient())).toEqual({ kind: 'unreadable', detail: 'unreachable' })
    expect(cluster.ages()).toEqual({ nodes: undefined, namespaces: undefined })
    await served.api.start()
    await until('ready', () => cluster.whyNotReady() === undefined)
    await shows(cluster, ['a'])
    const nodes = { resource: 'nodes', verb: 'list' }
    expect(told().filter((line) => 'verb' in line && 'resource' in line && line.resource === 'nodes')).toEqual([
      { level: 'warn', ...nodes, why: 'connection refused', message: 'the cluster cannot be read' },
      { level: 'info', ...nodes, message: 'the cluster can be read again' },
    ])
  })

  it('in the middle is believed for a while, then no longer; and it is current soon after its return', async () => {
    const served = await watching({ limits: { staleMs: 400 } })
    const { cluster, api } = served
    await api.stop()
    await until('not watched', () => (cluster.ages().nodes ?? 0) > 0)
    expect(await names(cluster)).toEqual(['a', 'b'])
    expect(await cluster.view.namespace('shop', patient())).toEqual({
      kind: 'found',
      value: { name: 'shop', labels: { team: 'web' } },
    })
    expect(await cluster.view.namespace('new', patient())).toEqual({ kind: 'unreadable', detail: 'unreachable' })
    await shows(cluster, 'stale')
    expect(await cluster.view.namespace('shop', patient())).toEqual({ kind: 'unreadable', detail: 'stale' })
    expect(cluster.ages().nodes).toBeGreaterThan(0.3)
    // Once it has been ready, it stays ready: the webhook must go on answering.
    expect(cluster.whyNotReady()).toBeUndefined()
    api.set('nodes', nodeOf('c'))
    await api.start()
    const began = performance.now()
    await shows(cluster, ['a', 'b', 'c'])
    expect(performance.now() - began).toBeLessThan(1_000)
    expect(cluster.ages()).toMatchObject({ nodes: 0 })
    expect(lists(served)).toBe(1)
  })
})

describe('namespaces', () => {
  it('are taken from the watch, and what it has not seen from the server', async () => {
    const served = await watching()
    const { cluster, api } = served
    expect(await cluster.view.namespace('shop', patient())).toEqual({
      kind: 'found',
      value: { name: 'shop', labels: { team: 'web' } },
    })
    expect(api.lines().filter((line) => line.startsWith('GET /api/v1/namespaces/'))).toEqual([])
    expect(await cluster.view.namespace('none', patient())).toEqual({ kind: 'absent' })
    api.say('namespaces', `${JSON.stringify({ type: 'DELETED', object: namespaceOf('shop') })}\n`)
    await until('read from the server', async () => {
      await cluster.view.namespace('shop', patient())
      return api.lines().includes('GET /api/v1/namespaces/shop 200')
    })
    expect(await cluster.view.namespace('shop', patient())).toMatchObject({ kind: 'found', aged: true })
  })
})

describe('what may not be read', () => {
  it('keeps nobody from being ready, is told once, and is tried again', async () => {
    const served = await serve()
    served.api.set('nodes', nodeOf('a'))
    served.api.set('namespaces', namespaceOf('shop'))
    served.api.route({ path: '/api/v1/nodes', times: 3, answer: { status: 403 } })
    served.api.route({ path: '/api/v1/namespaces', answer: { status: 403 } })
    const { cluster, told } = await connect(served, { watch: true, limits: { forbiddenMs: 50, settleMs: 0 } })
    await until('ready', () => cluster.whyNotReady() === undefined)
    expect(await names(cluster)).toBe('forbidden')
    // To read one is another right than to list them.
    expect(await cluster.view.namespace('shop', patient())).toMatchObject({ kind: 'found' })
    await shows(cluster, ['a'])
    const rule = (resource: string, verbs: string) => `apiGroups: [""], resources: [${resource}], verbs: [${verbs}]`
    const line = { level: 'warn', verb: 'list', message: 'not allowed to read the cluster' }
    expect(told()).toHaveLength(2)
    expect(told()).toEqual(
      expect.arrayContaining([
        { ...line, resource: 'nodes', rule: rule('nodes', 'list, watch') },
        { ...line, resource: 'namespaces', rule: rule('namespaces', 'get, list, watch') },
      ]),
    )
  })

  it('for a moment only is waited for: a server that has just started forbids everything', async () => {
    const served = await serve()
    served.api.set('nodes', nodeOf('a'))
    served.api.route({ path: '/api/v1/nodes', times: 3, answer: { status: 403 } })
    const { cluster } = await connect(served, { watch: true, limits: { settleMs: 60_000 } })
    await until('an answer', () => cluster.whyNotReady() === 'the nodes have not been read yet: not allowed')
    await until('ready', () => cluster.whyNotReady() === undefined)
    expect(await names(cluster)).toEqual(['a'])
  })

  it('but listed is listed again and again', async () => {
    const served = await serve()
    served.api.set('nodes', nodeOf('a'))
    served.api.route({ path: '/api/v1/nodes', watch: true, answer: { status: 403 } })
    const { cluster } = await connect(served, { watch: true, limits: { forbiddenMs: 50, settleMs: 0 } })
    await shows(cluster, ['a'])
    served.api.set('nodes', nodeOf('b'))
    await shows(cluster, ['a', 'b'])
  })
})

describe('the end', () => {
  it('closes every connection at once and asks nothing more', async () => {
    const served = await watching()
    const { cluster, api } = served
    api.route({ path: '/api/v1/namespaces/shop/secrets/x', answer: { hang: true } })
    const hanging = cluster.view.secret('shop', 'x', { signal: patient(), fresh: true })
    await until('three connections', async () => (await api.connections()) === 3)
    const before = performance.now()
    await cluster.close()
    expect(performance.now() - before).toBeLessThan(200)
    expect(await hanging).toEqual({ kind: 'unreadable', detail: 'unreachable' })
    await until('no connection', async () => (await api.connections()) === 0)
    const asked = api.log.length
    expect(await cluster.view.secret('shop', 'y', { signal: patient(), fresh: true })).toMatchObject({
      kind: 'unreadable',
    })
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(api.log.length).toBe(asked)
    expect(served.told()).toEqual([])
  })
})
