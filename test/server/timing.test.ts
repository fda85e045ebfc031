import { afterEach, describe, expect, test } from 'vitest'

import type { Review } from '../../src/edges/server/index.ts'
import { agent, allowed, get, reviewBody, send, start, stopAll, uidIn } from './support.ts'
import type { Answer, Started } from './support.ts'

afterEach(stopAll)

const unjudged = (why: string): object => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  response: {
    uid: 'uid-1',
    allowed: true,
    warnings: [`pullable could not judge this: ${why}`],
    auditAnnotations: { error: why },
  },
})

async function post({ server, pair }: Started, path: string, body = reviewBody()): Promise<Answer & { ms: number }> {
  const client = agent(pair.ca)
  const begun = performance.now()
  const answer = await send(server.port, { agent: client, path, body })
  client.destroy()
  return { ...answer, ms: performance.now() - begun }
}

/** Resolves when the signal fires, with when that was. */
function fired(signal: AbortSignal, begun: number): Promise<number> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(performance.now() - begun)))
}

describe('the signal fires before the time that the API server gives is over', () => {
  test.each([
    ['/validate?timeout=1s', 10_000, 850],
    ['/validate?timeout=500ms', 10_000, 425],
    ['/validate?timeout=30s', 600, 510],
    ['/validate', 600, 510],
    ['/validate?timeout=30s&timeout=1h', 600, 510],
    [`/validate?timeout=${'9'.repeat(100)}h`, 600, 510],
  ])('%s, at most %i ms: after %i ms', async (path, timeoutMs, expected) => {
    let after = 0
    const review: Review = async (body, { deadline }) => {
      after = await fired(deadline, performance.now())
      return { kind: 'answered', response: allowed(uidIn(body)) }
    }
    const { status, body } = await post(await start({ review, timeoutMs }), path)
    expect([status, body]).toEqual([200, allowed('uid-1')])
    expect(after).toBeGreaterThan(expected - 200)
    expect(after).toBeLessThan(expected + 300)
  })
})

describe('a review that fails is ours to answer', () => {
  const rows: readonly [string, Review, string][] = [
    ['throws later', () => Promise.reject(new Error('hunter2')), 'internal error'],
    [
      'throws at once',
      () => {
        throw new TypeError('hunter2')
      },
      'internal error',
    ],
    ['throws no error', () => Promise.reject(JSON.parse('"hunter2"') as Error), 'internal error'],
    ['never comes back', () => new Promise(() => undefined), 'out of time'],
    ['answers what is no JSON', () => Promise.resolve({ kind: 'answered', response: { size: 1n } }), 'internal error'],
    [
      'comes back too late, with an error',
      (_body, { deadline }) =>
        fired(deadline, 0).then(() => new Promise((_resolve, reject) => setTimeout(reject, 200, new Error('late')))),
      'out of time',
    ],
  ]
  test.each(rows)('%s', async (_name, review, why) => {
    const started = await start({ review })
    const { status, body, ms } = await post(started, '/validate?timeout=1s')
    expect([status, body]).toEqual([200, unjudged(why)])
    // Exact moments are the time budget's tests; a busy machine is late everywhere.
    expect(ms).toBeLessThan(1500)
    const level = started.lines.filter((line) => line['level'] === 'error')
    expect(level).toMatchObject([{ uid: 'uid-1' }])
    expect(JSON.stringify(started.lines)).not.toContain('hunter2')
    const reason = why === 'internal error' ? 'error' : 'deadline'
    const { text } = await get(started.server.metricsPort, '/metrics')
    expect(text).toContain(`pullable_unanswered_reviews_total{reason="${reason}"} 1\n`)
    // The late one ends after its request: nothing must be left to reject unseen.
    await new Promise((resolve) => setTimeout(resolve, 150))
  })

  test('what has no uid cannot be answered', async () => {
    const started = await start({ review: () => Promise.reject(new Error('x')) })
    const { status, body } = await post(started, '/validate', '{"request":{}}')
    expect([status, body]).toEqual([400, { error: 'unreadable', problem: 'kind is not AdmissionReview' }])
  })
})

test('a client that goes away stops its review', async () => {
  let begun: () => void
  let ended: (ms: number) => void
  const reviewing = new Promise<void>((resolve) => (begun = resolve))
  const stopped = new Promise<number>((resolve) => (ended = resolve))
  const started = await start({
    review: async (body, { deadline }) => {
      begun()
      ended(await fired(deadline, performance.now()))
      return { kind: 'answered', response: allowed(uidIn(body)) }
    },
  })
  const client = agent(started.pair.ca)
  const sent = send(started.server.port, { agent: client, body: reviewBody() })
  await reviewing
  client.destroy()
  await expect(sent).rejects.toThrow()
  expect(await stopped).toBeLessThan(2000)
})

test('more reviews at once than there is room for are sent away to come again', async () => {
  const open: (() => void)[] = []
  const started = await start({
    maxInFlight: 2,
    review: (body) =>
      new Promise((resolve) => open.push(() => resolve({ kind: 'answered', response: allowed(uidIn(body)) }))),
  })
  const client = agent(started.pair.ca)
  const first = [1, 2].map(() => send(started.server.port, { agent: client, body: reviewBody() }))
  while (open.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  const third = await send(started.server.port, { agent: client, body: reviewBody() })
  expect([third.status, third.headers['retry-after'], third.body]).toEqual([
    429,
    '1',
    { error: 'overload', problem: 'too many reviews at once' },
  ])
  const { text } = await get(started.server.metricsPort, '/metrics')
  expect(text).toContain('pullable_reviews_in_flight 2\n')
  for (const answer of open) answer()
  expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200])
  const again = send(started.server.port, { agent: client, body: reviewBody() })
  while (open.length < 3) await new Promise((resolve) => setTimeout(resolve, 5))
  open[2]?.()
  expect((await again).status).toBe(200)
  client.destroy()
})
