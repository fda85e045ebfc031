import { describe, expect, test } from 'vitest'
import { problem } from '../support/scripted-registry.ts'
import type { Answer, Script } from '../support/scripted-registry.ts'
import { asked } from './asking.ts'

const images = { 'team/app:v1': { platform: 'linux/amd64' }, 'team/app:latest': { index: ['linux/amd64'] } }
const HEAD = 'HEAD /v2/team/app/manifests/v1'
const GET = 'GET /v2/team/app/manifests/v1'
const TAGS = 'GET /v2/team/app/tags/list?n=1000'
const html = { 'content-type': 'text/html; charset=utf-8' }
const page = '<!doctype html><title>Sign in</title>'

/** What the manifest of `team/app:v1` is answered with. */
function manifest(answer: Answer, times?: number): Script {
  const path = '/v2/team/app/manifests/v1'
  return { images, routes: [times === undefined ? { path, answer } : { path, times, answer }] }
}

interface Row {
  readonly name: string
  readonly script: Script
  readonly fact: Readonly<Record<string, unknown>>
  readonly lines: readonly string[]
}

const rows: readonly Row[] = [
  {
    name: 'a 404 to HEAD is an answer, and the tags are told',
    script: manifest({ status: 404 }),
    fact: { kind: 'absent', what: 'manifest', tags: ['v1', 'latest'], latest: 'LATEST' },
    lines: [`${HEAD} 404`, `${TAGS} 200`, 'HEAD /v2/team/app/manifests/latest 200'],
  },
  {
    name: 'a repository that is said to be absent',
    script: { images: { 'team/other:v1': {} } },
    fact: { kind: 'absent', what: 'repository' },
    lines: [`${HEAD} 404`, `${TAGS} 404`],
  },
  {
    name: 'Harbor names it in words',
    script: {
      routes: [{ path: '/v2/*', answer: problem(404, 'NOT_FOUND', 'repository team/app not found') }],
    },
    fact: { kind: 'absent', what: 'repository' },
    lines: [`${HEAD} 404`, `${TAGS} 404`],
  },
  {
    name: 'a 404 to the tags that says nothing more',
    script: { routes: [{ path: '/v2/*', answer: { status: 404, body: 'Not found' } }] },
    fact: { kind: 'absent', what: 'manifest' },
    lines: [`${HEAD} 404`, `${TAGS} 404`],
  },
  {
    name: 'a list of tags with null and nonsense in it',
    script: {
      routes: [
        { path: '/v2/team/app/manifests/v1', answer: { status: 404 } },
        { path: '/v2/team/app/tags/list', answer: { status: 200, body: { tags: [null, 'v2', 7, 'a\u001bb', ''] } } },
      ],
    },
    fact: { kind: 'absent', what: 'manifest', tags: ['v2'] },
    lines: [`${HEAD} 404`, `${TAGS} 200`],
  },
  {
    name: 'a 404 page of a web server is no registry',
    script: manifest({ status: 404, headers: html, body: page }),
    fact: { kind: 'faulty', detail: 'not-a-registry', status: 404, host: 'HOST' },
    lines: [`${HEAD} 404`],
  },
  {
    name: 'HTML with 200 is no registry',
    script: manifest({ status: 200, headers: html, body: page }),
    fact: { kind: 'faulty', detail: 'not-a-registry', status: 200, host: 'HOST' },
    lines: [`${HEAD} 200`],
  },
  {
    name: 'a 401 without a challenge',
    script: manifest({ status: 401 }),
    fact: { kind: 'refused', at: 'registry' },
    lines: [`${HEAD} 401`],
  },
  {
    name: 'a 403 in a registry’s own voice',
    script: manifest(problem(403, 'DENIED', 'requested access to the resource is denied')),
    fact: { kind: 'refused', at: 'registry' },
    lines: [`${HEAD} 403`, `${GET} 403`],
  },
  {
    name: 'ECR says that the token has expired',
    script: manifest(problem(403, 'DENIED', 'Your authorization token has expired. Reauthenticate and try again.')),
    fact: { kind: 'refused', at: 'login', detail: 'expired' },
    lines: [`${HEAD} 403`, `${GET} 403`],
  },
  {
    name: 'Azure’s firewall',
    script: manifest(problem(403, 'DENIED', "client with IP '203.0.113.7' is not allowed access.")),
    fact: { kind: 'blocked', status: 403, detail: 'firewall' },
    lines: [`${HEAD} 403`, `${GET} 403`],
  },
  {
    name: 'Xray blocks a download',
    script: manifest({
      status: 403,
      body: { errors: [{ status: 403, message: 'download blocking policy configured in Xray' }] },
    }),
    fact: { kind: 'blocked', status: 403, detail: 'policy' },
    lines: [`${HEAD} 403`, `${GET} 403`],
  },
  {
    name: 'a 403 page',
    script: manifest({ status: 403, headers: html, body: page }),
    fact: { kind: 'blocked', status: 403, detail: 'firewall' },
    lines: [`${HEAD} 403`, `${GET} 403`],
  },
  {
    name: 'a 403 to HEAD alone, of which a node makes a failure',
    script: { images, routes: [{ path: '/v2/team/app/manifests/v1', method: 'HEAD', answer: { status: 403 } }] },
    fact: { kind: 'blocked', status: 403, detail: 'firewall' },
    lines: [`${HEAD} 403`, `${GET} 200`],
  },
  {
    name: 'a quota told as 403',
    script: manifest(problem(403, 'TOOMANYREQUESTS', 'slow down')),
    fact: { kind: 'throttled' },
    lines: [`${HEAD} 403`, `${GET} 403`],
  },
  {
    name: 'Harbor’s scan policy',
    script: manifest({ status: 412 }),
    fact: { kind: 'blocked', status: 412, detail: 'policy' },
    lines: [`${HEAD} 412`],
  },
  {
    name: 'unavailable for legal reasons',
    script: manifest({ status: 451 }),
    fact: { kind: 'blocked', status: 451, detail: 'legal' },
    lines: [`${HEAD} 451`],
  },
  {
    name: 'a 429 says its window, and is not asked again',
    script: manifest({ status: 429, headers: { 'ratelimit-limit': '100;w=21600', 'retry-after': '99999999' } }),
    fact: { kind: 'throttled', window: 21600 },
    lines: [`${HEAD} 429`],
  },
  {
    name: 'a 429 without a word',
    script: manifest({ status: 429, headers: { 'retry-after': 'Wed, 21 Oct 2099 07:28:00 GMT' } }),
    fact: { kind: 'throttled' },
    lines: [`${HEAD} 429`],
  },
  ...[500, 503, 504].map((status) => ({
    name: `${String(status)} is asked again once`,
    script: manifest({ status }),
    fact: { kind: 'faulty', detail: 'status', status, host: 'HOST' },
    lines: [`${HEAD} ${String(status)}`, `${HEAD} ${String(status)}`],
  })),
  {
    name: '502 is not',
    script: manifest({ status: 502 }),
    fact: { kind: 'faulty', detail: 'status', status: 502, host: 'HOST' },
    lines: [`${HEAD} 502`],
  },
  {
    name: 'another 4xx',
    script: manifest({ status: 418 }),
    fact: { kind: 'faulty', detail: 'status', status: 418, host: 'HOST' },
    lines: [`${HEAD} 418`],
  },
  {
    name: 'a reset is asked again once',
    script: manifest({ reset: true }),
    fact: { kind: 'unreachable', detail: 'reset', host: 'HOST' },
    lines: [`${HEAD} 0`, `${HEAD} 0`],
  },
  {
    name: 'a disabled namespace: 405 to HEAD and to GET',
    script: manifest(problem(405, 'DENIED', 'This namespace is disabled.')),
    fact: { kind: 'faulty', detail: 'status', status: 405, host: 'HOST' },
    lines: [`${HEAD} 405`, `${GET} 405`],
  },
  {
    name: 'a digest header that is none',
    script: manifest({
      status: 200,
      headers: { 'docker-content-digest': 'sha256:xyz', 'content-length': '5' },
      body: '12345',
    }),
    fact: { kind: 'invalid', detail: 'digest-header' },
    lines: [`${HEAD} 200`],
  },
  {
    name: 'over the size limit',
    script: manifest({
      status: 200,
      headers: { 'docker-content-digest': `sha256:${'0'.repeat(64)}`, 'content-length': '4393217' },
    }),
    fact: { kind: 'invalid', detail: 'too-large' },
    lines: [`${HEAD} 200`],
  },
  {
    name: 'over the size limit, chunked',
    script: manifest({ status: 200, body: '{', flood: 5 * 1024 * 1024 }),
    fact: { kind: 'invalid', detail: 'too-large' },
    lines: [`${HEAD} 200`, `${GET} 200`],
  },
  {
    name: 'nothing at all',
    script: manifest({
      status: 200,
      headers: { 'docker-content-digest': `sha256:${'0'.repeat(64)}`, 'content-length': '0' },
    }),
    fact: { kind: 'invalid', detail: 'empty' },
    lines: [`${HEAD} 200`],
  },
  {
    name: 'a redirect loop',
    script: manifest({ status: 307, headers: { location: '/v2/team/app/manifests/v1' } }),
    fact: { kind: 'faulty', detail: 'redirects', status: 0, host: 'HOST' },
    lines: Array.from({ length: 11 }, () => `${HEAD} 307`),
  },
  {
    name: 'a redirect to a link-local address',
    script: manifest({ status: 307, headers: { location: 'http://169.254.169.254/latest/meta-data/' } }),
    fact: { kind: 'unfollowed', detail: 'address', host: '169.254.169.254' },
    lines: [`${HEAD} 307`],
  },
  {
    name: 'a redirect to the same in IPv6 clothes',
    script: manifest({ status: 307, headers: { location: 'https://[::ffff:a9fe:a9fe]/' } }),
    fact: { kind: 'unfollowed', detail: 'address', host: '[::ffff:a9fe:a9fe]' },
    lines: [`${HEAD} 307`],
  },
  {
    name: 'a redirect to a file',
    script: manifest({ status: 307, headers: { location: 'file:///etc/passwd' } }),
    fact: { kind: 'unfollowed', detail: 'scheme', host: 'file://' },
    lines: [`${HEAD} 307`],
  },
]

describe('what a registry answers', () => {
  test.each(rows)('$name', async ({ script, fact, lines }) => {
    const answered = await asked(script, 'team/app:v1')
    const { host } = answered.registry
    const filled = Object.entries(fact).map(([key, value]): [string, unknown] => {
      if (value === 'HOST') return [key, host]
      return [key, value === 'LATEST' ? answered.registry.digest('team/app:latest') : value]
    })
    expect(answered.fact).toEqual(Object.fromEntries(filled))
    expect(answered.lines).toEqual(lines)
  })
})

describe('what survives one stumble', () => {
  const first: readonly (readonly [string, Answer])[] = [
    ['500', { status: 500 }],
    ['503', { status: 503 }],
    ['a reset', { reset: true }],
  ]
  test.each(first)('%s once', async (_, answer) => {
    const { fact, lines } = await asked(manifest(answer, 1), 'team/app:v1')
    expect([fact.kind, lines.length]).toEqual(['found', 4])
  })
})

describe('the least that a HEAD may say', () => {
  const scripts: readonly (readonly [string, Script, readonly unknown[]])[] = [
    ['everything', { images }, ['found', 3]],
    ['no digest: the body is hashed, and not fetched again', { images, omit: ['digest'] }, ['found', 3]],
    ['no length: the same', { images, omit: ['length'] }, ['found', 3]],
    [
      '405',
      { images, routes: [{ path: '/v2/team/app/manifests/v1', method: 'HEAD', answer: { status: 405 } }] },
      ['found', 3],
    ],
    [
      'a public repository behind a token service',
      { images, auth: { kind: 'bearer', users: {}, public: ['team/app'] } },
      ['found', 5],
    ],
  ]
  test.each(scripts)('%s', async (_, script, want) => {
    const { fact, lines } = await asked(script, 'team/app:v1')
    expect([fact.kind, lines.length]).toEqual(want)
  })

  test('the rate that Docker Hub tells', async () => {
    const headers = { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '7;w=21600' }
    const { fact } = await asked({ images, headers }, 'team/app:v1')
    expect(fact).toMatchObject({ kind: 'found', rate: { limit: 100, remaining: 7, window: 21600 } })
  })
})
