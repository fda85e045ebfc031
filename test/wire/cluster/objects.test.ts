import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Read } from '../../../src/engine/review/index.ts'
import { canariesIn, canary, canaryConfig } from '../../support/canary.ts'
import { statusOf } from '../../support/scripted-api-server.ts'
import type { ApiAnswer } from '../../support/scripted-api-server.ts'
import { connect, namespaceOf, patient, secretOf, serve, until } from './connecting.ts'

const cached = () => ({ signal: patient(), fresh: false })
const fresh = () => ({ signal: patient(), fresh: true })

/** Whole, with the secrets revealed. */
function revealed(read: Read<{ readonly data: Readonly<Record<string, { reveal(): string }>> }>): unknown {
  if (read.kind !== 'found') return read
  const data = Object.entries(read.value.data).map(([key, secret]) => [
    key,
    Buffer.from(secret.reveal(), 'base64').toString(),
  ])
  return { ...read, value: { ...read.value, data: Object.fromEntries(data) as unknown } }
}

describe('a secret', () => {
  it('is read by its name, and of its data only what may be a pull secret is kept', async () => {
    const served = await serve()
    const { cluster, exchanges } = await connect(served)
    const data = { '.dockerconfigjson': '{"auths":{}}', '.dockercfg': '{}', 'tls.key': canary.password }
    served.api.set('secrets', secretOf('regcred', data))
    const read = await cluster.view.secret('shop', 'regcred', cached())
    expect(revealed(read)).toEqual({
      kind: 'found',
      value: {
        name: 'regcred',
        type: 'kubernetes.io/dockerconfigjson',
        data: { '.dockerconfigjson': '{"auths":{}}', '.dockercfg': '{}' },
      },
    })
    expect(canariesIn(inspect(read, { depth: 9 }))).toEqual([])
    expect(served.api.lines()).toEqual(['GET /api/v1/namespaces/shop/secrets/regcred 200'])
    expect(exchanges).toEqual([{ resource: 'secrets', verb: 'get', status: 200, ms: expect.any(Number) as number }])
  })

  it('is kept for a moment, and says so; a fresh question is asked of the server', async () => {
    const served = await serve()
    let time = 1
    const { cluster } = await connect(served, { now: () => time, limits: { keptMs: 300 } })
    served.api.set('secrets', secretOf('regcred', { '.dockercfg': '1' }))
    const kinds: unknown[] = []
    for (const reading of [cached(), cached(), fresh(), cached()]) {
      const read = revealed(await cluster.view.secret('shop', 'regcred', reading)) as { aged?: true; value: unknown }
      kinds.push([read.aged ?? false, read.value])
      served.api.set('secrets', secretOf('regcred', { '.dockercfg': '2' }))
      time += 100
    }
    const value = (text: string) => ({
      name: 'regcred',
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockercfg': text },
    })
    expect(kinds).toEqual([
      [false, value('1')],
      [true, value('1')],
      [false, value('2')],
      [true, value('2')],
    ])
    time += 301
    expect((await cluster.view.secret('shop', 'regcred', cached())) as object).not.toHaveProperty('aged')
    expect(served.api.lines()).toHaveLength(3)
  })

  it('that is absent is asked for again every time, so that one made a moment ago is seen', async () => {
    const served = await serve()
    const { cluster } = await connect(served)
    expect(await cluster.view.secret('shop', 'regcred', cached())).toEqual({ kind: 'absent' })
    served.api.set('secrets', secretOf('regcred'))
    expect(await cluster.view.secret('shop', 'regcred', cached())).toMatchObject({ kind: 'found' })
    served.api.remove('secrets', 'regcred', 'shop')
    expect(await cluster.view.secret('shop', 'regcred', fresh())).toEqual({ kind: 'absent' })
    // What is known to be gone is kept no longer.
    expect(await cluster.view.secret('shop', 'regcred', cached())).toEqual({ kind: 'absent' })
  })

  it('is asked for once by all who wait, and again by who may not believe what was asked before', async () => {
    const served = await serve()
    const { cluster } = await connect(served)
    served.api.set('secrets', secretOf('regcred'))
    served.api.route({ path: '/api/v1/namespaces/shop/secrets/regcred', answer: { delayMs: 50 } })
    const reads = await Promise.all([
      ...Array.from({ length: 20 }, () => cluster.view.secret('shop', 'regcred', cached())),
      cluster.view.secret('shop', 'regcred', fresh()),
    ])
    expect(reads.filter((read) => read.kind === 'found' && read.aged === true)).toHaveLength(19)
    expect(served.api.lines()).toHaveLength(2)
  })

  it('that was absent to a question from before may be there by now', async () => {
    const served = await serve()
    const { cluster } = await connect(served)
    const path = '/api/v1/namespaces/shop/secrets/regcred'
    const body = { ...statusOf(404, 'NotFound'), details: { name: 'regcred' } }
    served.api.route({ path, times: 1, answer: { delayMs: 100, status: 404, body } })
    const first = cluster.view.secret('shop', 'regcred', cached())
    await new Promise((resolve) => setTimeout(resolve, 30))
    served.api.set('secrets', secretOf('regcred'))
    const second = cluster.view.secret('shop', 'regcred', cached())
    expect([(await first).kind, (await second).kind]).toEqual(['absent', 'found'])
  })

  it('goes on for those who wait when one gives up, and ends when nobody does', async () => {
    const served = await serve()
    const { cluster } = await connect(served)
    served.api.set('secrets', secretOf('regcred'))
    served.api.route({ path: '*', times: 1, answer: { delayMs: 150 } })
    const hasty = cluster.view.secret('shop', 'regcred', { signal: AbortSignal.timeout(30), fresh: false })
    const other = cluster.view.secret('shop', 'regcred', cached())
    expect(await hasty).toEqual({ kind: 'unreadable', detail: 'unreachable' })
    expect(await other).toMatchObject({ kind: 'found' })

    served.api.route({ path: '*', times: 1, answer: { hang: true } })
    const alone = new AbortController()
    const read = cluster.view.secret('shop', 'other', { signal: alone.signal, fresh: false })
    await until('it is asked', () => served.api.log.length === 2)
    alone.abort()
    served.api.route({ path: '*', answer: { delayMs: 1 } })
    const next = cluster.view.secret('shop', 'other', cached())
    expect(await read).toEqual({ kind: 'unreadable', detail: 'unreachable' })
    expect(await next).toEqual({ kind: 'absent' })
  })

  it.each([
    ['1 MiB of data', 1024 * 1024, 'found'],
    ['4 MiB', 4 * 1024 * 1024, 'too-large'],
  ])('of %s', async (_, size, expected) => {
    const served = await serve()
    const { cluster } = await connect(served)
    served.api.set('secrets', secretOf('large', { '.dockercfg': '1', other: 'x'.repeat(size) }))
    const read = await cluster.view.secret('shop', 'large', cached())
    expect(read.kind === 'unreadable' ? read.detail : read.kind).toBe(expected)
  })

  it.each([
    '..',
    '.',
    'a/b',
    '../../nodes',
    'UPPER',
    'a b',
    'a%2fb',
    'ä',
    '-a',
    'a-',
    'a..b',
    '',
    'a?watch=true',
    'a'.repeat(254),
    '__proto__',
    'constructor ',
  ])('named %j is not there, and nobody is asked', async (name) => {
    const served = await serve()
    const { cluster } = await connect(served)
    expect(await cluster.view.secret('shop', name, cached())).toEqual({ kind: 'absent' })
    expect(await cluster.view.serviceAccount(name, 'default', cached())).toEqual({ kind: 'absent' })
    expect(await cluster.view.namespace(name, patient())).toEqual({ kind: 'absent' })
    expect(served.api.lines()).toEqual([])
  })

  it.each(['constructor', 'a.b', '0', 'a'.repeat(253)])('named %j may be there', async (name) => {
    const served = await serve()
    const { cluster } = await connect(served)
    served.api.set('secrets', secretOf(name))
    expect(await cluster.view.secret('shop', name, cached())).toMatchObject({ kind: 'found', value: { name } })
  })
})

const unreachable = { kind: 'unreadable', detail: 'unreachable' }
const absentBody = { ...statusOf(404, 'NotFound'), details: { name: 'x' } }
const rows: readonly [string, ApiAnswer, unknown, number][] = [
  ['403', { status: 403 }, { kind: 'unreadable', detail: 'forbidden' }, 1],
  ['404 of the object', { status: 404, body: absentBody }, { kind: 'absent' }, 1],
  ['404 of another object', { status: 404, body: { ...absentBody, details: { name: 'y' } } }, unreachable, 1],
  ['404 of a path', { status: 404 }, unreachable, 1],
  ['404 of a proxy', { status: 404, body: '<html>' }, unreachable, 1],
  ['401', { status: 401 }, unreachable, 2],
  ['500', { status: 500 }, unreachable, 1],
  ['503', { status: 503, headers: { 'retry-after': '1' } }, unreachable, 1],
  ['429 without a wait', { status: 429 }, unreachable, 1],
  ['429 with a wait that fits', { status: 429, headers: { 'retry-after': '0' } }, unreachable, 2],
  ['429 with a wait that does not', { status: 429, headers: { 'retry-after': '60' } }, unreachable, 1],
  ['a redirect', { status: 302, headers: { location: 'http://169.254.169.254/' } }, unreachable, 1],
  ['a reset', { reset: true }, unreachable, 2],
  ['no answer', { hang: true }, unreachable, 1],
  ['what is no JSON', { status: 200, body: '<html>' }, unreachable, 1],
  ['another object', { status: 200, body: secretOf('y') }, unreachable, 1],
  ['the object of another namespace', { status: 200, body: secretOf('x', {}, 'other') }, unreachable, 1],
  ['null', { status: 200, body: 'null' }, unreachable, 1],
  [
    'odd types',
    {
      status: 200,
      body: '{"metadata":{"name":"x","namespace":"shop"},"type":7,"data":{".dockercfg":[],"__proto__":{".dockerconfigjson":"e30="}}}',
    },
    { kind: 'found', value: { name: 'x', type: '', data: {} } },
    1,
  ],
]

describe('an answer', () => {
  it.each(rows)('%s', async (_, answer, expected, requests) => {
    const served = await serve()
    const { cluster } = await connect(served)
    served.api.route({ path: '/api/v1/namespaces/shop/secrets/x', answer })
    expect(await cluster.view.secret('shop', 'x', fresh())).toEqual(expected)
    expect(served.api.lines()).toHaveLength(requests)
  })

  it.each<[string, ApiAnswer]>([
    ['one reset', { reset: true }],
    ['one 429 that asks for no wait', { status: 429, headers: { 'retry-after': '0' } }],
    ['one 401', { status: 401 }],
  ])('after %s is had by asking once more', async (_, answer) => {
    const served = await serve()
    const { cluster } = await connect(served)
    served.api.set('secrets', secretOf('x'))
    served.api.route({ path: '*', times: 1, answer })
    expect(await cluster.view.secret('shop', 'x', fresh())).toMatchObject({ kind: 'found' })
  })

  it('that never comes ends with the signal', async () => {
    const served = await serve()
    const { cluster } = await connect(served, { limits: { answerMs: 60_000 } })
    served.api.route({ path: '*', answer: { hang: true } })
    const began = performance.now()
    const signal = AbortSignal.timeout(100)
    const reads = await Promise.all([
      cluster.view.secret('shop', 'x', { signal, fresh: true }),
      cluster.view.serviceAccount('shop', 'x', { signal, fresh: false }),
      cluster.view.namespace('shop', signal),
      cluster.view.nodes(signal),
    ])
    expect(reads).toEqual([unreachable, unreachable, unreachable, unreachable])
    expect(performance.now() - began).toBeLessThan(1_000)
  })
})

describe('a service account', () => {
  it('is read with the names of its pull secrets, in order', async () => {
    const served = await serve()
    const { cluster } = await connect(served)
    const imagePullSecrets = [{ name: 'b' }, {}, { name: '' }, { name: 'a' }, null, { name: 7 }]
    served.api.set('serviceaccounts', { metadata: { name: 'default', namespace: 'shop' }, imagePullSecrets })
    expect(await cluster.view.serviceAccount('shop', 'default', cached())).toEqual({
      kind: 'found',
      value: { name: 'default', pullSecrets: ['b', 'a'] },
    })
    expect(served.api.lines()).toEqual(['GET /api/v1/namespaces/shop/serviceaccounts/default 200'])
  })
})

describe('without a watch', () => {
  it('a namespace is read by its name, and one that is being deleted is there', async () => {
    const served = await serve()
    const { cluster } = await connect(served)
    const { metadata } = namespaceOf('shop', { 'pullable.dev/enforce': 'strict' })
    served.api.set('namespaces', { metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } })
    const value = { name: 'shop', labels: { 'pullable.dev/enforce': 'strict' } }
    expect(await cluster.view.namespace('shop', patient())).toEqual({ kind: 'found', value })
    expect(await cluster.view.namespace('other', patient())).toEqual({ kind: 'absent' })
  })

  it('is ready at once, and knows no age', async () => {
    const served = await serve()
    const { cluster } = await connect(served)
    expect(cluster.whyNotReady()).toBeUndefined()
    expect(cluster.ages()).toEqual({ nodes: undefined, namespaces: undefined })
  })
})

describe('a rule that is missing', () => {
  it('is named once, and again after it was there', async () => {
    const served = await serve()
    const { cluster, told, raw } = await connect(served)
    const path = '/api/v1/namespaces/shop/secrets/x'
    served.api.set('secrets', secretOf('x', { '.dockerconfigjson': canaryConfig('a.example') }))
    const refuse = () => served.api.route({ path, times: 1, answer: { status: 403 } })
    for (const refused of [true, true, false, true]) {
      if (refused) refuse()
      await cluster.view.secret('shop', 'x', fresh())
    }
    const line = {
      level: 'warn',
      resource: 'secrets',
      verb: 'get',
      namespace: 'shop',
      rule: 'apiGroups: [""], resources: [secrets], verbs: [get]',
      message: 'not allowed to read the cluster',
    }
    expect(told()).toEqual([line, line])
    expect(canariesIn(raw.join(''))).toEqual([])
  })
})
