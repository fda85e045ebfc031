import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { readProxies } from '../../src/edges/config/index.ts'
import { createRegistryClient } from '../../src/edges/registry/index.ts'
import type { RegistryOptions } from '../../src/edges/registry/index.ts'
import type { ImageFact } from '../../src/engine/verdict/index.ts'
import { canariesIn, canary } from '../support/canary.ts'
import { serverPair } from '../support/certificates.ts'
import { startMute } from '../support/mute-server.ts'
import { startProxy } from '../support/scripted-proxy.ts'
import type { ProxyScript, ScriptedProxy } from '../support/scripted-proxy.ts'
import { startScriptedRegistry } from '../support/scripted-registry.ts'
import type { Script, ScriptedRegistry } from '../support/scripted-registry.ts'
import { amd64, at, login } from './asking.ts'

const images = { 'team/app:v1': { platform: 'linux/amd64' } }
const good: Script = { images }
const pair = await serverPair()
const DIGEST = /sha256:[0-9a-f]{64}/

/** No name resolves here: only the proxy knows where registries are. */
const noNames = () => Promise.reject(Object.assign(new Error('no names'), { code: 'ENOTFOUND' }))

function through(env: Readonly<Record<string, string>>): NonNullable<RegistryOptions['proxyFor']> {
  const read = readProxies(env)
  if (read.kind === 'misuse' || read.proxyFor === undefined) throw new Error('no proxies')
  return read.proxyFor
}

async function ask(host: string, options: RegistryOptions): Promise<ImageFact> {
  const client = createRegistryClient({ resolveHost: noNames, ca: pair.ca, ...options })
  const credential = login(canary.username, canary.password)
  const question = { reference: at(host, 'team/app:v1'), credential, hosts: [amd64] }
  try {
    return await client.ask(question, AbortSignal.timeout(20_000))
  } finally {
    await client.close()
  }
}

interface Parts {
  readonly registry: ScriptedRegistry
  readonly proxy: ScriptedProxy
  /** `registry.test:34567` */
  readonly host: string
}

async function behind<T>(
  use: (parts: Parts) => Promise<T>,
  {
    script = good,
    by = {},
    plain = false,
    proxyTls = false,
  }: {
    readonly script?: Script
    readonly by?: ProxyScript
    readonly plain?: boolean
    readonly proxyTls?: boolean
  } = {},
): Promise<T> {
  const registry = await startScriptedRegistry(script, plain ? undefined : pair, { name: 'registry.test' })
  const proxy = await startProxy(by, proxyTls ? pair : undefined)
  try {
    return await use({ registry, proxy, host: registry.host })
  } finally {
    await Promise.all([registry.close(), proxy.close()])
  }
}

describe('a registry behind a proxy', () => {
  test('is reached over TLS, with the same requests as without one', async () => {
    await behind(async ({ registry, proxy, host }) => {
      const fact = await ask(host, { proxyFor: through({ HTTPS_PROXY: proxy.url }) })
      expect(fact.kind).toBe('found')
      expect(new Set(proxy.log)).toEqual(new Set([`CONNECT ${host}`]))
      expect(proxy.headers[0]).toEqual({ host, 'user-agent': 'pullable' })
      expect(registry.lines().map((line) => line.replace(DIGEST, 'D'))).toEqual([
        'HEAD /v2/team/app/manifests/v1 200',
        'GET /v2/team/app/manifests/D 200',
        'GET /v2/team/app/blobs/D 200',
      ])
      expect(registry.log.some(({ headers }) => 'proxy-authorization' in headers)).toBe(false)
    })
  })

  test('is given whole URLs over plain HTTP, where it is an insecure one', async () => {
    await behind(
      async ({ proxy, host }) => {
        const proxyFor = through({ HTTP_PROXY: proxy.url })
        const hosts = [{ url: `http://${host}/v2`, resolve: true, pull: true, skipVerify: false, headers: {} }]
        const fact = await ask('up.test', { proxyFor, endpointsFor: () => Promise.resolve(hosts) })
        expect(fact.kind).toBe('found')
        expect(proxy.log.map((line) => line.replace(DIGEST, 'D'))).toEqual([
          `HEAD http://${host}/v2/team/app/manifests/v1?ns=up.test`,
          `GET http://${host}/v2/team/app/manifests/D?ns=up.test`,
          `GET http://${host}/v2/team/app/blobs/D?ns=up.test`,
        ])
      },
      { plain: true },
    )
  })

  test('insecure: HTTPS first, then HTTP, each by its own proxy', async () => {
    await behind(
      async ({ proxy, host }) => {
        const proxyFor = through({ https_proxy: proxy.url, http_proxy: proxy.url })
        expect((await ask(host, { proxyFor, insecure: [host] })).kind).toBe('found')
        expect(proxy.log.map((line) => line.split(' ')[0])).toEqual(['CONNECT', 'HEAD', 'GET', 'GET'])
      },
      { plain: true },
    )
  })

  test('its token service is asked through it, too', async () => {
    const { username, password } = canary
    const script: Script = { images, auth: { kind: 'bearer', users: { [username]: password } } }
    await behind(
      async ({ registry, proxy, host }) => {
        const fact = await ask(host, { proxyFor: through({ HTTPS_PROXY: proxy.url }) })
        expect([fact.kind, new Set(proxy.log)]).toEqual(['found', new Set([`CONNECT ${host}`])])
        expect(registry.lines()[1]).toBe('POST /token 200')
      },
      { script },
    )
  })

  test.each([
    ['over HTTP', false],
    ['over HTTPS', true],
  ])('the proxy itself, %s, is told its user and password, and nobody else is', async (_, proxyTls) => {
    for (const plain of [false, true]) {
      await behind(
        async ({ registry, proxy, host }) => {
          const url = proxy.url.replace('://', '://ann:s%20pa%2Fss@')
          const proxyFor = through({ HTTPS_PROXY: url, HTTP_PROXY: url })
          expect((await ask(host, { proxyFor, insecure: [host] })).kind).toBe('found')
          expect(proxy.log.every((line) => line.endsWith(' as ann:s pa/ss'))).toBe(true)
          expect(registry.log.some(({ headers }) => 'proxy-authorization' in headers)).toBe(false)
        },
        { by: { login: 'ann:s pa/ss' }, plain, proxyTls },
      )
    }
  })

  test('names and addresses are named with their port', async () => {
    await behind(
      async ({ proxy }) => {
        const proxyFor = through({ HTTPS_PROXY: proxy.url })
        for (const host of ['registry.test', '[fd00::1]', '[fd00::1]:5000', '10.9.8.7']) await ask(host, { proxyFor })
        const asked = ['registry.test:443', '[fd00::1]:443', '[fd00::1]:5000', '10.9.8.7:443']
        expect(proxy.log).toEqual(asked.map((target) => `CONNECT ${target}`))
      },
      { by: { answer: 403 } },
    )
  })

  test('what NO_PROXY names is reached directly', async () => {
    await behind(async ({ proxy, host }) => {
      const proxyFor = through({ HTTPS_PROXY: proxy.url, NO_PROXY: 'registry.test' })
      const resolveHost = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }])
      expect((await ask(host, { proxyFor, resolveHost })).kind).toBe('found')
      expect(proxy.log).toEqual([])
    })
  })

  test('a certificate is judged as without one', async () => {
    await behind(async ({ proxy, host }) => {
      const proxyFor = through({ HTTPS_PROXY: proxy.url })
      const other = await serverPair()
      const detail = 'tls-unknown-ca'
      expect(await ask(host, { proxyFor, ca: other.ca })).toEqual({ kind: 'unreachable', detail, host })
      await expect.poll(() => proxy.open()).toBe(0)
    })
  })
})

describe('our safety rules behind a proxy', () => {
  test('an address that no registry has is not asked for, by neither scheme', async () => {
    await behind(async ({ proxy }) => {
      const proxyFor = through({ HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url })
      for (const host of ['169.254.169.254', '[fe80::1]:5000', '100.100.100.200:8080']) {
        const fact = await ask(host, { proxyFor, insecure: [host] })
        expect(fact).toEqual({ kind: 'unfollowed', detail: 'address', host })
      }
      expect(proxy.log).toEqual([])
    })
  })

  test('loopback is not asked through it, and neither lent by it', async () => {
    await behind(async ({ proxy, registry }) => {
      const proxyFor = through({ HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url })
      const local = `127.0.0.1:${String(registry.port)}`
      const detail = { detail: 'loopback', host: local }
      expect(await ask(local, { proxyFor, loopback: 'by-hosts-file' })).toEqual({ kind: 'unfollowed', ...detail })
      expect((await ask(local, { proxyFor })).kind).toBe('found')
      expect(proxy.log).toEqual([])
    })
  })
})

describe('a proxy that does not let us through', () => {
  const limits = { dialMs: 500, answerMs: 1_500, flightMs: 4_000 }
  const https: readonly (readonly [string, ProxyScript, unknown])[] = [
    ['wants a login', { login: 'ann:secret' }, 407],
    ['forbids it', { answer: 403 }, 403],
    ['cannot reach it', { answer: 502 }, 502],
    ['says so late', { answer: 504 }, 504],
    ['says another good status', { answer: 204 }, 204],
    ['says nothing', { answer: 'silence' }, 'timeout'],
    ['hangs up', { answer: 'reset' }, 'reset'],
    ['is none', { answer: 'banner' }, 'not-http'],
  ]
  test.each(https)('%s', async (_, by, answer) => {
    await behind(
      async ({ registry, proxy, host }) => {
        const began = performance.now()
        const fact = await ask(host, { proxyFor: through({ HTTPS_PROXY: proxy.url }), limits })
        expect(fact).toEqual({ kind: 'unreachable', detail: 'proxy', host, proxy: { host: proxy.host, answer } })
        expect(performance.now() - began).toBeLessThan(3_000)
        expect(registry.log).toEqual([])
      },
      { by },
    )
  })

  test('over plain HTTP only its wish for a login is its own; the rest reads as an answer', async () => {
    const answers = [
      [407, { kind: 'unreachable', detail: 'proxy' }],
      [403, { kind: 'blocked', detail: 'firewall' }],
      [502, { kind: 'faulty', detail: 'status' }],
      [404, { kind: 'faulty', detail: 'not-a-registry' }],
    ] as const
    for (const [answer, want] of answers) {
      await behind(
        async ({ proxy }) => {
          const hosts = [{ url: 'http://r.test/v2', resolve: true, pull: true, skipVerify: false, headers: {} }]
          const proxyFor = through({ HTTP_PROXY: proxy.url })
          expect(await ask('r.test', { proxyFor, endpointsFor: () => Promise.resolve(hosts) })).toMatchObject(want)
        },
        { by: { answer } },
      )
    }
  })

  test('is not there, does not resolve, or shows a certificate that nobody knows', async () => {
    const closed = await startMute('closed')
    const to = (url: string, options: RegistryOptions = {}) =>
      ask('registry.test', { proxyFor: through({ HTTPS_PROXY: url }), limits, ...options })
    const unreachable = (host: string, answer: string) => {
      return { kind: 'unreachable', detail: 'proxy', host: 'registry.test', proxy: { host, answer } }
    }
    expect(await to(closed.host)).toEqual(unreachable(closed.host, 'refused'))
    expect(await to('http://proxy.test:3128')).toEqual(unreachable('proxy.test:3128', 'dns'))
    await behind(
      async ({ proxy }) => {
        const other = await serverPair()
        expect(await to(proxy.url, { ca: other.ca })).toEqual(unreachable(proxy.host, 'tls-unknown-ca'))
        const url = proxy.url.replace('https', 'http')
        expect(await to(url)).toEqual(unreachable(proxy.host, 'reset'))
      },
      { proxyTls: true },
    )
    await behind(async ({ proxy }) => {
      expect(await to(proxy.url.replace('http', 'https'))).toEqual(unreachable(proxy.host, 'tls'))
    })
  })

  test('is told nothing of the registry’s password, and what is known of it tells nothing of its own', async () => {
    await behind(
      async ({ proxy, host }) => {
        const url = proxy.url.replace('://', `://${canary.username}:${encodeURIComponent(canary.password)}@`)
        const proxyFor = through({ HTTPS_PROXY: url })
        const fact = await ask(host, { proxyFor })
        const proxied = proxyFor(new URL(`https://${host}`))
        const shown = inspect([fact, proxied], { depth: 9 }) + JSON.stringify([fact, proxied])
        expect([fact.kind, canariesIn(shown)]).toEqual(['unreachable', []])
        expect(proxy.headers.some(({ authorization }) => authorization !== undefined)).toBe(false)
      },
      { by: { answer: 403 } },
    )
  })
})
