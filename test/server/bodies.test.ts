import { Buffer } from 'node:buffer'
import type { Agent } from 'node:https'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Review } from '../../src/edges/server/index.ts'
import { agent, allowed, get, reviewBody, send, start, stopAll, uidIn } from './support.ts'
import type { Started } from './support.ts'

const MiB = 1024 * 1024
let started: Started
let client: Agent
let seen: unknown[] = []

const review: Review = (body) => {
  seen.push(body)
  const request = (body as { request?: { uid?: unknown } } | null)?.request
  if (typeof request?.uid !== 'string') return Promise.resolve({ kind: 'unreadable', problem: 'no uid' })
  return Promise.resolve({ kind: 'answered', response: allowed(request.uid) })
}

beforeAll(async () => {
  started = await start({ review })
  client = agent(started.pair.ca)
})
afterAll(async () => {
  client.destroy()
  await stopAll()
})

async function post(body: string | Buffer, headers: Record<string, string> = {}): Promise<unknown[]> {
  const { status, body: answer } = await send(started.server.port, { agent: client, body, headers })
  return [status, answer]
}

const unreadable = (problem: string): unknown[] => [400, { error: 'unreadable', problem }]
const fine = [200, allowed('uid-1')]

describe('what cannot be read is answered with 400, and the server goes on', () => {
  const whole = reviewBody()
  const rows: readonly [string, string | Buffer, unknown[]][] = [
    ['empty', '', unreadable('the body is empty')],
    ['truncated', whole.slice(0, -10), unreadable('the body is not JSON')],
    ['not JSON', '<html>', unreadable('the body is not JSON')],
    ['a bare word', 'null', unreadable('no uid')],
    ['a list', '[]', unreadable('no uid')],
    ['not UTF-8', Buffer.from(whole.replace('Pod', 'P\u00e9d'), 'latin1'), unreadable('the body is not UTF-8')],
    ['UTF-16', Buffer.from(whole, 'utf16le'), unreadable('the body is not JSON')],
    ['8 MiB of brackets', '['.repeat(8 * MiB), unreadable('the body nests deeper than 1000 levels')],
    ['8 MiB of objects', '{"a":'.repeat(1.6 * MiB), unreadable('the body nests deeper than 1000 levels')],
    ['over 8 MiB', Buffer.alloc(8 * MiB + 1, 0x20), unreadable('the body is larger than 8388608 bytes')],
    ['24 MiB', Buffer.alloc(24 * MiB, 0x20), unreadable('the body is larger than 8388608 bytes')],
    ['another type', whole, unreadable('the content type is not application/json')],
  ]
  test.each(rows)('%s', async (name, body, expected) => {
    const headers = { 'content-type': name === 'another type' ? 'application/yaml' : 'application/json' }
    expect(await post(body, headers)).toEqual(expected)
    expect(await post(whole)).toEqual(fine)
  })

  test.each(['text', 'application/json/x', ';', '*/*', 'application/jsonp'])('content type %s', async (type) => {
    expect(await post(whole, { 'content-type': type })).toEqual(unreadable('the content type is not application/json'))
  })

  test('they are counted', async () => {
    const before = await counted('pullable_unreadable_requests_total')
    await post('{')
    expect(await counted('pullable_unreadable_requests_total')).toBe(before + 1)
  })
})

describe('what can be read reaches the review', () => {
  const padding = 'x'.repeat(8 * MiB - 1 - reviewBody('uid-1', '').length)
  const deep = `${'['.repeat(900)}${']'.repeat(900)}`
  test.each([
    ['application/json', reviewBody()],
    ['Application/JSON; charset=utf-8', reviewBody()],
    ['8 MiB less a byte', reviewBody('uid-1', padding)],
    ['nested, within reason', reviewBody('uid-1', '@').replace('"@"', deep)],
    ['brackets in a text', reviewBody('uid-1', `"${'['.repeat(100_000)}\\`)],
    [
      'a key of prototypes',
      reviewBody('uid-1', '@').replace('"@"', '{"__proto__":{"polluted":1},"constructor":{"prototype":{}}}'),
    ],
    ['the same, above', reviewBody().replace('{', '{"__proto__":{"kind":"x"},')],
  ])('%s', async (type, body) => {
    const headers = { 'content-type': type.toLowerCase().startsWith('application') ? type : 'application/json' }
    expect(await post(body, headers)).toEqual(fine)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test('as it was sent', async () => {
    seen = []
    const text = reviewBody('uid-1', '@').replace('"@"', '{"volumeAttributes":{"__proto__":"x"}}')
    await post(text)
    expect(seen).toEqual([JSON.parse(text)])
    expect(uidIn(seen[0])).toBe('uid-1')
  })

  test('of many at once, each gets its own answer', async () => {
    const uids = Array.from({ length: 200 }, (_, at) => `uid-${at}`)
    const answers = await Promise.all(
      uids.map((uid) => send(started.server.port, { agent: client, body: reviewBody(uid) })),
    )
    expect(answers.map(({ body }) => body)).toEqual(uids.map(allowed))
  })
})

describe('other requests', () => {
  test.each([
    ['GET', '/validate', 405, 'POST'],
    ['PUT', '/validate', 405, 'POST'],
    ['DELETE', '/validate?timeout=1s', 405, 'POST'],
    ['POST', '/', 404, undefined],
    ['POST', '/validate/x', 404, undefined],
    ['GET', '/metrics', 404, undefined],
    ['GET', '/healthz', 404, undefined],
    ['GET', '/%zz', 400, undefined],
  ])('%s %s: %i', async (method, path, status, allow) => {
    const answer = await send(started.server.port, { agent: client, method, path, body: method === 'GET' ? '' : '{}' })
    expect([answer.status, answer.headers.allow, typeof answer.body]).toEqual([status, allow, 'object'])
  })
})

async function counted(metric: string): Promise<number> {
  const { text } = await get(started.server.metricsPort, '/metrics')
  return Number(new RegExp(`^${metric} (\\d+)$`, 'm').exec(text)?.[1])
}
