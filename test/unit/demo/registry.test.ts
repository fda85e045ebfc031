import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { demoContents, startRegistry } from '../../../src/edges/demo/index.ts'
import type { RunningRegistry } from '../../../src/edges/demo/index.ts'

let registry: RunningRegistry

beforeAll(async () => {
  registry = await startRegistry({})
})
afterAll(() => registry.close())
beforeEach(() => registry.reset())

const RIGHT = basic('shop-ci:right-password')
const WRONG = basic('shop-ci:wrong-password')

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64')}`
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(registry.url + path, init)
}

async function bearer(repository: string, authorization?: string): Promise<string> {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
  const response = await ask(`/token?service=registry.demo.test&scope=repository:${repository}:pull`, { headers })
  const { token } = (await response.json()) as { token: string }
  return `Bearer ${token}`
}

async function pull(repository: string, rest: string, login?: string, method = 'GET'): Promise<Response> {
  return ask(`/v2/${repository}/${rest}`, { method, headers: { authorization: await bearer(repository, login) } })
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform?: { readonly os: string; readonly architecture: string }
  readonly annotations?: Record<string, string>
}

async function json<T>(response: Response): Promise<T> {
  return (await response.json()) as T
}

describe('access', () => {
  const scoped = (name: string, error = ''): string =>
    `Bearer realm="${registry.url}/token",service="registry.demo.test",scope="repository:${name}:pull"${error}`

  test('the base path asks for a token, and takes any of ours', async () => {
    const refused = await ask('/v2/')
    expect([refused.status, refused.headers.get('www-authenticate'), await refused.json()]).toEqual([
      401,
      `Bearer realm="${registry.url}/token",service="registry.demo.test"`,
      { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] },
    ])
    const headers = { authorization: await bearer('shop/web') }
    expect((await ask('/v2/', { headers })).status).toBe(200)
  })

  test.each<[string, string, string | undefined, number, string | undefined]>([
    ['public, as nobody', 'shop/web/manifests/v1.0', undefined, 200, undefined],
    ['public, logged in', 'shop/web/manifests/v1.0', RIGHT, 200, undefined],
    ['private, as nobody', 'shop/billing/manifests/2024.10', undefined, 401, 'UNAUTHORIZED'],
    ['private, logged in', 'shop/billing/manifests/2024.10', RIGHT, 200, undefined],
    ['no such repository, as nobody', 'shop/nothing/manifests/v1', undefined, 401, 'UNAUTHORIZED'],
    ['no such repository, logged in', 'shop/nothing/manifests/v1', RIGHT, 404, 'NAME_UNKNOWN'],
    ['a name that every object has', 'constructor/manifests/v1', RIGHT, 404, 'NAME_UNKNOWN'],
    ['no such tag', 'shop/cart/manifests/v2', undefined, 404, 'MANIFEST_UNKNOWN'],
    ['no such blob', `shop/web/blobs/sha256:${'0'.repeat(64)}`, undefined, 404, 'BLOB_UNKNOWN'],
    ['out of budget', 'shop/popular/manifests/v1', undefined, 429, 'TOOMANYREQUESTS'],
    ['broken', 'shop/fragile/manifests/v1', undefined, 503, 'UNKNOWN'],
  ])('%s', async (_name, path, login, status, code) => {
    const [name, rest] = /^(.+?)\/((?:manifests|blobs)\/.+)$/.exec(path)?.slice(1) ?? []
    const response = await pull(String(name), String(rest), login)
    const { errors = [] } = await json<{ errors?: { code: string }[] }>(response)
    expect([response.status, errors[0]?.code]).toEqual([status, code])
  })

  test('without a token, and with one that does not reach so far, the challenge names the scope', async () => {
    const bare = await ask('/v2/shop/web/manifests/v1.0')
    expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([401, scoped('shop/web')])
    const poor = await pull('shop/billing', 'manifests/2024.10')
    expect([poor.status, poor.headers.get('www-authenticate')]).toEqual([
      401,
      scoped('shop/billing', ',error="insufficient_scope"'),
    ])
  })

  test('a token is good for its repository alone, and only if it was signed here', async () => {
    const token = await bearer('shop/web')
    const other = await ask('/v2/shop/billing/manifests/2024.10', { headers: { authorization: token } })
    const [, , signature = ''] = /^(Bearer .+)\.(.+)$/.exec(token) ?? []
    const payload = Buffer.from('shop/billing').toString('base64url')
    const forged = await ask('/v2/shop/billing/manifests/2024.10', {
      headers: { authorization: `Bearer ${payload}.${signature}` },
    })
    const direct = await ask('/v2/shop/billing/manifests/2024.10', { headers: { authorization: RIGHT } })
    expect([other.status, forged.status, direct.status]).toEqual([401, 401, 401])
  })

  test.each<[string, RequestInit & { query?: string }, number]>([
    ['GET as nobody', {}, 200],
    ['GET, right password', { headers: { authorization: RIGHT } }, 200],
    ['GET, wrong password', { headers: { authorization: WRONG } }, 401],
    ['GET, no such user', { headers: { authorization: basic('constructor:x') } }, 401],
    ['GET, Basic without a colon', { headers: { authorization: basic('x') } }, 401],
    ['POST, right password', form({ grant_type: 'password', username: 'shop-ci', password: 'right-password' }), 200],
    ['POST, wrong password', form({ grant_type: 'password', username: 'shop-ci', password: 'x' }), 401],
    ['POST, another grant', form({ grant_type: 'refresh_token', refresh_token: 'x' }), 400],
    ['PUT', { method: 'PUT' }, 405],
  ])('/token: %s', async (_name, init, status) => {
    const response = await ask('/token?service=registry.demo.test&scope=repository:shop/billing:pull', init)
    expect(response.status).toBe(status)
  })

  test('the token of the POST form pulls', async () => {
    const wishes = { grant_type: 'password', username: 'shop-ci', password: 'right-password' }
    const granted = await ask('/token', form({ ...wishes, scope: 'repository:shop/billing:pull' }))
    const { access_token } = await json<{ access_token: string }>(granted)
    const headers = { authorization: `Bearer ${access_token}` }
    expect((await ask('/v2/shop/billing/manifests/2024.10', { headers })).status).toBe(200)
  })
})

function form(fields: Record<string, string>): RequestInit {
  return { method: 'POST', body: new URLSearchParams(fields) }
}

describe('content', () => {
  test('every tag leads to bytes that fit their digests and sizes', async () => {
    const healthy = Object.entries(demoContents().repositories).filter(([, { failure }]) => failure === undefined)
    let blobs = 0
    for (const [name, { tags }] of healthy) {
      for (const tag of Object.keys(tags)) {
        const queue: { path: string; expected: Descriptor | undefined }[] = [
          { path: `manifests/${tag}`, expected: undefined },
        ]
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          const response = await pull(name, next.path, RIGHT)
          const bytes = new Uint8Array(await response.arrayBuffer())
          expect(response.headers.get('docker-content-digest')).toBe(sha256(bytes))
          if (next.expected !== undefined) {
            expect([sha256(bytes), bytes.length]).toEqual([next.expected.digest, next.expected.size])
            expect(response.headers.get('content-type')).toBe(next.expected.mediaType)
          }
          if (next.path.startsWith('blobs/')) {
            blobs++
            continue
          }
          const document = JSON.parse(Buffer.from(bytes).toString()) as {
            manifests?: Descriptor[]
            config?: Descriptor
            layers?: Descriptor[]
          }
          for (const child of document.manifests ?? []) {
            queue.push({ path: `manifests/${child.digest}`, expected: child })
          }
          for (const blob of [document.config, ...(document.layers ?? [])]) {
            if (blob !== undefined) queue.push({ path: `blobs/${blob.digest}`, expected: blob })
          }
        }
      }
    }
    expect(blobs).toBeGreaterThan(20)
  })

  test('an attested index has an entry for no platform beside each image', async () => {
    const index = await json<{ manifests: Descriptor[] }>(await pull('shop/web', 'manifests/v1.0'))
    const seen = index.manifests.map(({ platform, annotations }) => [
      `${platform?.os ?? ''}/${platform?.architecture ?? ''}`,
      annotations?.['vnd.docker.reference.type'],
      annotations?.['vnd.docker.reference.digest'],
    ])
    expect(seen).toEqual([
      ['linux/amd64', undefined, undefined],
      ['linux/arm64', undefined, undefined],
      ['unknown/unknown', 'attestation-manifest', index.manifests[0]?.digest],
      ['unknown/unknown', 'attestation-manifest', index.manifests[1]?.digest],
    ])
  })

  test('a layer is a gzipped tar whose digest the config counts', async () => {
    const manifest = await json<{ config: Descriptor; layers: [Descriptor] }>(await pull('shop/sensor', 'manifests/v1'))
    const layer = await pull('shop/sensor', `blobs/${manifest.layers[0].digest}`)
    const archive = gunzipSync(new Uint8Array(await layer.arrayBuffer()))
    const config = await json<object>(await pull('shop/sensor', `blobs/${manifest.config.digest}`))
    expect(config).toMatchObject({
      os: 'linux',
      architecture: 'arm64',
      rootfs: { type: 'layers', diff_ids: [sha256(archive)] },
    })
    expect(archive.subarray(0, 17).toString()).toBe('what-is-this.txt\0')
    expect(archive.subarray(512).toString()).toMatch(/^shop\/sensor:v1, built for linux\/arm64\n\0+$/)
  })

  test('HEAD says what GET says, without the body', async () => {
    const head = await pull('shop/web', 'manifests/v1.0', undefined, 'HEAD')
    const get = await pull('shop/web', 'manifests/v1.0')
    const told = (response: Response): unknown[] => [
      response.status,
      ...['content-type', 'content-length', 'docker-content-digest'].map((name) => response.headers.get(name)),
    ]
    expect(told(head)).toEqual(told(get))
    expect(await head.text()).toBe('')
  })

  test('the budget is told in headers', async () => {
    const { headers } = await pull('shop/popular', 'manifests/v1', undefined, 'HEAD')
    expect([headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')]).toEqual(['100;w=21600', '0;w=21600'])
  })

  test('tags are listed in order, and by pages', async () => {
    const listed = async (query: string): Promise<unknown[]> => {
      const response = await pull('shop/cart', `tags/list${query}`)
      return [await response.json(), response.headers.get('link')]
    }
    const name = 'shop/cart'
    expect(await listed('')).toEqual([{ name, tags: ['v2.0', 'v2.1', 'v3.0-rc1'] }, null])
    expect(await listed('?n=2')).toEqual([
      { name, tags: ['v2.0', 'v2.1'] },
      '</v2/shop/cart/tags/list?n=2&last=v2.1>; rel="next"',
    ])
    expect(await listed('?n=2&last=v2.1')).toEqual([{ name, tags: ['v3.0-rc1'] }, null])
  })
})

test('the log has method, path and status, and nothing that is secret', async () => {
  await pull('shop/billing', 'manifests/2024.10', RIGHT, 'HEAD')
  await ask('/v2/shop/billing/manifests/2024.10?ns=registry.demo.test')
  const expected = [
    { method: 'GET', path: '/token', status: 200 },
    { method: 'HEAD', path: '/v2/shop/billing/manifests/2024.10', status: 200 },
    { method: 'GET', path: '/v2/shop/billing/manifests/2024.10', status: 401 },
  ]
  expect(registry.requests()).toEqual(expected)
  registry.reset()
  expect(registry.requests()).toEqual([])
})

test.each<[string, string, RequestInit, number]>([
  ['outside the protocol', '/favicon.ico', {}, 404],
  ['a push', '/v2/shop/web/blobs/uploads/', { method: 'POST' }, 405],
  ['no repository', '/v2/manifests/v1', {}, 404],
  ['a path of slashes', '//////', {}, 404],
])('%s is answered', async (_name, path, init, status) => {
  expect((await ask(path, init)).status).toBe(status)
})

test('a body that no login needs is answered', async () => {
  expect((await ask('/token', { method: 'POST', body: 'x'.repeat(1024 * 1024) })).status).toBe(400)
})

test('contents are data: an altered answer is the one that is given', async () => {
  const contents = demoContents()
  const altered = await startRegistry({
    contents: {
      ...contents,
      repositories: { 'a/b': { access: 'public', tags: { x: { kind: 'single', platform: 'linux/arm/v7' } } } },
    },
  })
  try {
    const granted = await fetch(`${altered.url}/token?scope=repository:a/b:pull`)
    const { token } = await json<{ token: string }>(granted)
    const headers = { authorization: `Bearer ${token}` }
    const manifest = await json<{ config: Descriptor }>(await fetch(`${altered.url}/v2/a/b/manifests/x`, { headers }))
    const config = await fetch(`${altered.url}/v2/a/b/blobs/${manifest.config.digest}`, { headers })
    expect(await config.json()).toMatchObject({ os: 'linux', architecture: 'arm', variant: 'v7' })
  } finally {
    await altered.close()
  }
})

test('a port in use is the system’s error', async () => {
  const port = Number(new URL(registry.url).port)
  await expect(startRegistry({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
