import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { createRegistryClient } from '../../src/edges/registry/index.ts'
import type { Endpoint, RegistryOptions } from '../../src/edges/registry/index.ts'
import type { Credential } from '../../src/engine/credentials/index.ts'
import { serverPair } from '../support/certificates.ts'
import { problem, startScriptedRegistry } from '../support/scripted-registry.ts'
import type { Script, ScriptedRegistry } from '../support/scripted-registry.ts'
import { amd64, at, login } from './asking.ts'

const images = { 'team/app:v1': { platform: 'linux/amd64' } }
const good: Script = { images }
const MANIFEST = '/v2/team/app/manifests/v1'
/** Every name is this machine. */
const resolveHost = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }])

async function ask(host: string, options: RegistryOptions, image = 'team/app:v1', credential?: Credential) {
  const client = createRegistryClient(options)
  try {
    return await client.ask({ reference: at(host, image), credential, hosts: [amd64] }, AbortSignal.timeout(20_000))
  } finally {
    await client.close()
  }
}

async function withServers<T>(
  scripts: readonly (readonly [Script, { readonly cert: string; readonly key: string }?])[],
  use: (servers: readonly ScriptedRegistry[]) => Promise<T>,
): Promise<T> {
  const servers = await Promise.all(scripts.map(([script, pair]) => startScriptedRegistry(script, pair)))
  try {
    return await use(servers)
  } finally {
    await Promise.all(servers.map((server) => server.close()))
  }
}

interface Pair {
  readonly cert: string
  readonly key: string
}

async function one<T>(script: Script, use: (server: ScriptedRegistry) => Promise<T>, pair?: Pair): Promise<T> {
  const served: readonly [Script, Pair?] = pair === undefined ? [script] : [script, pair]
  return withServers([served], ([server]) => use(server as ScriptedRegistry))
}

function endpoint(url: string, more: Partial<Endpoint> = {}): Endpoint {
  return { url: `${url}/v2`, resolve: true, pull: true, skipVerify: false, headers: {}, ...more }
}

describe('TLS', async () => {
  const pair = await serverPair()
  const other = await serverPair(['elsewhere.test'])
  const expired = await serverPair(undefined, -1)

  const cases: readonly (readonly [string, { ca: string; cert: string; key: string }, RegistryOptions, string])[] = [
    ['a CA that nobody knows', pair, {}, 'tls-unknown-ca'],
    ['a CA that the operator names', pair, { ca: pair.ca }, 'found'],
    ['insecure by option', pair, { insecure: ['registry.test'] }, 'found'],
    ['another name', other, { ca: other.ca }, 'tls-name'],
    ['expired', expired, { ca: expired.ca }, 'tls-expired'],
  ]
  test.each(cases)('%s', async (_, served, options, want) => {
    const fact = await one(
      good,
      ({ port }) => ask(`registry.test:${String(port)}`, { resolveHost, ...options }),
      served,
    )
    expect(fact.kind === 'unreachable' ? fact.detail : fact.kind).toBe(want)
  })

  test('the CA of a hosts file, and its wish to verify nothing', async () => {
    await one(
      good,
      async ({ port, origin }) => {
        const named = `https://registry.test:${String(port)}`
        const facts = await Promise.all([
          ask('upstream.test', {
            resolveHost,
            endpointsFor: () => Promise.resolve([endpoint(named, { ca: pair.ca })]),
          }),
          ask('upstream.test', {
            resolveHost,
            endpointsFor: () => Promise.resolve([endpoint(origin, { skipVerify: true })]),
          }),
          ask('upstream.test', { resolveHost, endpointsFor: () => Promise.resolve([endpoint(named)]) }),
          ask('upstream.test', { resolveHost, endpointsFor: () => Promise.resolve('unreadable') }),
        ])
        expect(facts.map((fact) => (fact.kind === 'unreachable' ? fact.detail : fact.kind))).toEqual([
          'found',
          'found',
          'tls-unknown-ca',
          'tls',
        ])
      },
      pair,
    )
  })

  test('loopback is not verified', async () => {
    expect((await one(good, ({ host }) => ask(host, {}), pair)).kind).toBe('found')
  })

  test('HTTPS never leads to HTTP, unless the operator says so', async () => {
    const script = (realm: string): Script => ({
      images,
      auth: { kind: 'bearer', users: {}, public: ['team/app'], realm },
    })
    await one(good, async (plain) => {
      const served = script(`http://token.test:${String(plain.port)}/token`)
      const use = async ({ port }: ScriptedRegistry): Promise<void> => {
        const host = `registry.test:${String(port)}`
        const options = { resolveHost, ca: pair.ca }
        const detail = { detail: 'downgrade', host: `token.test:${String(plain.port)}` }
        expect(await ask(host, options)).toEqual({ kind: 'unfollowed', ...detail })
        expect(plain.log).toEqual([])
        await ask(host, { ...options, insecure: ['token.test'], allowAddresses: ['127.0.0.1'] })
        expect(plain.log).toHaveLength(1)
      }
      await one(served, use, pair)
    })
  })
})

describe('plain HTTP', () => {
  test('on a port that is asked for HTTPS', async () => {
    await one(good, async ({ port }) => {
      const host = `registry.test:${String(port)}`
      expect(await ask(host, { resolveHost })).toEqual({ kind: 'unreachable', detail: 'plain-http', host })
      expect((await ask(host, { resolveHost, insecure: [host] })).kind).toBe('found')
    })
  })

  test('loopback is asked for HTTPS first, and remembered', async () => {
    await one({ images: { ...images, 'team/b:v1': {} } }, async ({ host, lines }) => {
      const hosts: string[] = []
      const client = createRegistryClient({
        observe: ({ method, status }) => hosts.push(`${method} ${String(status)}`),
      })
      for (const image of ['team/app:v1', 'team/b:v1']) {
        await client.ask({ reference: at(host, image), credential: undefined, hosts: [] }, AbortSignal.timeout(5_000))
      }
      await client.close()
      expect(lines()).toHaveLength(6)
      expect(hosts.filter((line) => line === 'HEAD 0')).toHaveLength(1)
    })
  })
})

describe('a registry on this machine, where that is not the node', () => {
  const refused: readonly (readonly [string, (port: number) => string])[] = [
    ['localhost', (port) => `localhost:${String(port)}`],
    ['a literal', (port) => `127.0.0.1:${String(port)}`],
    ['another literal', (port) => `127.8.9.10:${String(port)}`],
    ['IPv6', (port) => `[::1]:${String(port)}`],
    ['IPv4 in IPv6', (port) => `[::ffff:127.0.0.1]:${String(port)}`],
    ['a number', (port) => `2130706433:${String(port)}`],
    ['a name that leads here', (port) => `registry.test:${String(port)}`],
  ]
  test.each(refused)('%s is not asked', async (_, hostOf) => {
    await one(good, async ({ port, log }) => {
      const host = new URL(`http://${hostOf(port)}`).host
      const fact = await ask(hostOf(port), { resolveHost, loopback: 'by-hosts-file', insecure: [hostOf(port)] })
      expect([fact, log]).toEqual([{ kind: 'unfollowed', detail: 'loopback', host }, []])
    })
  })

  test('is asked where the operator allows its address, or a hosts file leads there, or we are no webhook', async () => {
    await one(good, async ({ host, origin }) => {
      const endpointsFor = () => Promise.resolve([endpoint(origin)])
      const facts = await Promise.all([
        ask(host, { loopback: 'by-hosts-file', allowAddresses: ['127.0.0.0/8'] }),
        ask(host, { loopback: 'by-hosts-file', endpointsFor }),
        ask('localhost:5000', { loopback: 'by-hosts-file', endpointsFor }),
        ask('registry.test', { loopback: 'by-hosts-file', endpointsFor, resolveHost }),
        ask(host, { loopback: 'always' }),
        ask(host, {}),
      ])
      expect(facts.map(({ kind }) => kind)).toEqual(facts.map(() => 'found'))
    })
  })
})

describe('no answer', () => {
  const limits = { dialMs: 600, answerMs: 600, flightMs: 2_500 }

  test('nobody listens', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`
    await new Promise((resolve) => server.close(resolve))
    expect(await ask(host, {})).toEqual({ kind: 'unreachable', detail: 'refused', host })
  })

  test.for([
    ['a banner', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['a header that is none', 'HTTP/1.1 200 OK\r\nx: \u001b[31m\r\n\r\n'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'],
  ] as const)('%s is an answer, and not HTTP', async ([, answer], { expect }) => {
    const server = createServer((socket) => socket.on('error', () => undefined).end(answer))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const fact = await ask(host, { insecure: [host] })
    server.close()
    expect(fact).toEqual({ kind: 'faulty', detail: 'not-a-registry', status: 0, host })
  })

  test('no such name', async () => {
    const lost = () => Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }))
    expect(await ask('nowhere.test', { resolveHost: lost })).toEqual({
      kind: 'unreachable',
      detail: 'dns',
      host: 'nowhere.test',
    })
  })

  test('a hang', async () => {
    await one({ images, routes: [{ path: MANIFEST, answer: { hang: true } }] }, async ({ host }) => {
      expect(await ask(host, { limits, insecure: [host] })).toEqual({ kind: 'unreachable', detail: 'timeout', host })
    })
  })

  test('a body that drips is cut off by the bound of the flight', async () => {
    const drip = { status: 200, body: 'x'.repeat(200), dripMs: 100 }
    await one({ routes: [{ path: MANIFEST, answer: drip }] }, async ({ host }) => {
      expect(await ask(host, { limits })).toEqual({ kind: 'unreachable', detail: 'timeout', host })
    })
  })

  test('addresses that no registry has, by name and as literals', async () => {
    const metadata = () => Promise.resolve([{ address: '169.254.169.254', family: 4 }])
    const facts = await Promise.all([
      ask('cloud.test', { resolveHost: metadata }),
      ask('0.0.0.0:5000', {}),
      ask('[fe80::1]:5000', {}),
    ])
    expect(facts).toEqual([
      { kind: 'unfollowed', detail: 'address', host: 'cloud.test' },
      { kind: 'unfollowed', detail: 'address', host: '0.0.0.0:5000' },
      { kind: 'unfollowed', detail: 'address', host: '[fe80::1]:5000' },
    ])
  })

  test('a hosts file that never comes', async () => {
    const fact = await ask('up.test', { limits: { flightMs: 200 }, endpointsFor: () => new Promise(() => undefined) })
    expect(fact).toEqual({ kind: 'unreachable', detail: 'tls', host: 'up.test' })
  })

  test('a name that no URL takes', async () => {
    expect(await ask('a.test:99999', {})).toEqual({ kind: 'unreachable', detail: 'dns', host: 'a.test:99999' })
  })
})

describe('redirects', () => {
  test('Authorization goes to no other origin', async () => {
    const auth = { kind: 'basic', users: { ann: 'canary-password' } } as const
    await one(good, async (store) => {
      const digest = store.digest('team/app:v1')
      const script: Script = {
        images,
        auth,
        routes: [
          {
            path: '/v2/team/app/blobs/*',
            authorized: true,
            answer: { status: 307, headers: { location: `${store.origin}/signed` } },
          },
        ],
      }
      const fact = await one(script, ({ host }) => ask(host, {}, 'team/app:v1', login('ann', 'canary-password')))
      expect(digest).not.toBe('')
      // The store has no such page: the config is missing there, and nobody told it a password.
      expect(fact).toMatchObject({ kind: 'found', document: { config: { kind: 'invalid', detail: 'config-missing' } } })
      expect(store.log.map(({ url, headers }) => [url, headers.authorization])).toEqual([['/signed', undefined]])
    })
  })

  test('a 401 of the other origin is no answer of the registry’s', async () => {
    await one(
      { routes: [{ path: '/*', answer: { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } } }] },
      async (other) => {
        const script: Script = {
          routes: [{ path: MANIFEST, answer: { status: 307, headers: { location: `${other.origin}/m` } } }],
        }
        const fact = await one(script, ({ host }) => ask(host, {}, 'team/app:v1', login('ann', 'canary-password')))
        expect(fact).toEqual({ kind: 'faulty', detail: 'redirects', status: 401, host: other.host })
        expect(other.log.some(({ headers }) => headers.authorization !== undefined)).toBe(false)
      },
    )
  })

  test('a registry elsewhere leads to nothing on this machine', async () => {
    const script: Script = {
      routes: [{ path: MANIFEST, answer: { status: 307, headers: { location: 'http://127.0.0.1:10250/pods' } } }],
    }
    await one(script, async ({ port }) => {
      const host = `registry.test:${String(port)}`
      const fact = await ask(host, { resolveHost, insecure: ['registry.test', '127.0.0.1'] })
      expect(fact).toEqual({ kind: 'unfollowed', detail: 'loopback', host: '127.0.0.1:10250' })
    })
  })

  test('a manifest on another host is followed', async () => {
    await one(good, async (store) => {
      const script: Script = {
        routes: ['manifests/v1', `manifests/${store.digest('team/app:v1')}`].map((target) => ({
          path: `/v2/team/app/${target}`,
          answer: { status: 302, headers: { location: `${store.origin}/v2/team/app/${target}` } },
        })),
      }
      expect((await one(script, ({ host }) => ask(host, {}))).kind).toBe('found')
    })
  })

  test('a form that holds a password is not sent on', async () => {
    await one(good, async (other) => {
      const script: Script = {
        images,
        auth: { kind: 'bearer', users: {} },
        routes: [{ path: '/token', answer: { status: 307, headers: { location: `${other.origin}/token` } } }],
      }
      const fact = await one(script, ({ host }) => ask(host, {}, 'team/app:v1', login('ann', 'canary-password')))
      expect([fact.kind, other.log]).toEqual(['faulty', []])
    })
  })
})

describe('mirrors', () => {
  const absent: Script = {}
  const answers = (status: number): Script => ({ routes: [{ path: '/v2/*', answer: { status } }] })
  const html: Script = {
    routes: [{ path: '/v2/*', answer: { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' } }],
  }
  const denied: Script = { routes: [{ path: '/v2/*', answer: problem(403, 'DENIED', 'no') }] }

  const cases: readonly (readonly [string, Script, Script, unknown])[] = [
    ['a mirror without it', absent, good, 'found'],
    ['a mirror that wants a password', answers(401), good, 'found'],
    ['a mirror that refuses', denied, good, 'found'],
    ['a sick mirror', answers(500), good, 'found'],
    ['neither has it', absent, absent, 'absent'],
    ['a sick mirror, and an upstream without it: it is open', answers(500), absent, 'faulty'],
    ['a mirror without it, and a sick upstream', absent, answers(502), 'faulty'],
    ['a mirror that refuses, and an upstream without it', denied, absent, 'absent'],
    ['a mirror that answers HTML breaks the pull', html, good, 'faulty'],
  ]
  test.each(cases)('%s', async (_, mirror, upstream, kind) => {
    await withServers([[mirror], [upstream]], async ([first, second]) => {
      const endpoints = [first, second].map((server) => endpoint(server?.origin ?? ''))
      const fact = await ask('up.test', { endpointsFor: () => Promise.resolve(endpoints) })
      expect(fact.kind).toBe(kind)
      expect(first?.log[0]?.url).toBe(`${MANIFEST}?ns=up.test`)
    })
  })

  test('a mirror that may not resolve is asked for a digest alone, and offered the credentials of the reference', async () => {
    const auth = { kind: 'basic', users: { ann: 'canary-password' } } as const
    await withServers([[{ images, auth }], [good]], async ([mirror, upstream]) => {
      const endpoints = [endpoint(mirror?.origin ?? '', { resolve: false }), endpoint(upstream?.origin ?? '')]
      const options: RegistryOptions = { endpointsFor: () => Promise.resolve(endpoints) }
      const fact = await ask('up.test', options, 'team/app:v1', login('ann', 'canary-password'))
      expect([fact.kind, mirror?.log[0]?.method, upstream?.log.length]).toEqual(['found', 'GET', 1])
      const pinned = await ask(
        'up.test',
        options,
        `team/app@${mirror?.digest('team/app:v1') ?? ''}`,
        login('ann', 'canary-password'),
      )
      expect([pinned.kind, upstream?.log.length]).toEqual(['found', 1])
    })
  })

  test('content is fetched from hosts that may only push, too', async () => {
    const headOnly: Script = { images, routes: [{ path: '/v2/*', method: 'GET', answer: { status: 404 } }] }
    await withServers([[headOnly], [good]], async ([mirror, upstream]) => {
      const endpoints = [
        endpoint(mirror?.origin ?? ''),
        endpoint(upstream?.origin ?? '', { resolve: false, pull: false }),
      ]
      const fact = await ask('up.test', { endpointsFor: () => Promise.resolve(endpoints) })
      expect([fact.kind, upstream?.log.map(({ method }) => method)]).toEqual(['found', ['GET', 'GET']])
    })
  })

  test('headers of a hosts file go to its own host', async () => {
    await one(good, async ({ origin, log }) => {
      const endpoints = [endpoint(origin, { headers: { 'X-Team': 'shop' } })]
      await ask('up.test', { endpointsFor: () => Promise.resolve(endpoints) })
      expect(log.map(({ headers }) => headers['x-team'])).toEqual(['shop', 'shop', 'shop'])
    })
  })
})

describe('flights', () => {
  test('a hundred who ask the same at once share one lookup', async () => {
    await one({ images, routes: [{ path: MANIFEST, answer: { delayMs: 50 } }] }, async ({ host, lines }) => {
      const client = createRegistryClient({})
      const question = { reference: at(host, 'team/app:v1'), credential: undefined, hosts: [amd64] }
      const facts = await Promise.all(
        Array.from({ length: 100 }, () => client.ask(question, AbortSignal.timeout(5_000))),
      )
      await client.close()
      expect([new Set(facts.map(({ kind }) => kind)), lines().length]).toEqual([new Set(['found']), 3])
    })
  })

  test('who leaves early is told so, and the flight goes on for the others', async () => {
    await one(
      { images, routes: [{ path: MANIFEST, method: 'HEAD', times: 1, answer: { delayMs: 300 } }] },
      async ({ host, lines }) => {
        const client = createRegistryClient({ insecure: [host] })
        const question = { reference: at(host, 'team/app:v1'), credential: undefined, hosts: [amd64] }
        const [hasty, patient] = await Promise.all([
          client.ask(question, AbortSignal.timeout(100)),
          client.ask(question, AbortSignal.timeout(5_000)),
        ])
        const gone = await client.ask(question, AbortSignal.abort())
        await client.close()
        expect([hasty, patient.kind, gone, lines().length]).toEqual([
          { kind: 'out-of-time' },
          'found',
          { kind: 'out-of-time' },
          3,
        ])
      },
    )
  })

  test('who cannot wait for the hints still hears that it is absent', async () => {
    await one({ images, routes: [{ path: '/v2/team/app/tags/list', answer: { hang: true } }] }, async ({ host }) => {
      const client = createRegistryClient({})
      const question = { reference: at(host, 'team/app:v9'), credential: undefined, hosts: [amd64] }
      const fact = await client.ask(question, AbortSignal.timeout(700))
      await client.close()
      expect(fact).toEqual({ kind: 'absent', what: 'manifest' })
    })
  })

  test('what is kept, and for how long', async () => {
    let clock = 1
    await one(good, async ({ host, lines }) => {
      const client = createRegistryClient({ now: () => clock })
      const counted = async (image: string, wait: number) => {
        const before = lines().length
        clock += wait
        await client.ask(
          { reference: at(host, image), credential: undefined, hosts: [amd64] },
          AbortSignal.timeout(5_000),
        )
        return lines().length - before
      }
      expect([
        await counted('team/app:v1', 0),
        await counted('team/app:v1', 59_000),
        await counted('team/app:v1', 2_000),
      ]).toEqual([3, 0, 1])
      expect([
        await counted('team/app:no', 0),
        await counted('team/app:no', 4_900),
        await counted('team/app:no', 200),
      ]).toEqual([2, 0, 2])
      await client.close()
    })
  })
})
