import { describe, expect, test } from 'vitest'
import { createRegistryClient } from '../../src/edges/registry/index.ts'
import type { Credential } from '../../src/engine/credentials/index.ts'
import { problem, startScriptedRegistry } from '../support/scripted-registry.ts'
import type { Answer, Script } from '../support/scripted-registry.ts'
import type { ScriptedAuth } from '../support/scripted-auth.ts'
import { amd64, asked, at, login } from './asking.ts'

const images = { 'team/app:v1': { platform: 'linux/amd64' }, 'team/other:v1': { platform: 'linux/amd64' } }
const ann = login('ann', 'canary-password')
const HEAD = 'HEAD /v2/team/app/manifests/v1'
const POST = 'POST /token'
const TOKEN = 'GET /token?service=scripted&scope=repository%3Ateam%2Fapp%3Apull'

function bearer(more: Partial<ScriptedAuth> = {}, token?: Answer): Script {
  const routes = token === undefined ? [] : [{ path: '/token', answer: token }]
  return { images, auth: { kind: 'bearer', users: { ann: 'canary-password' }, ...more }, routes }
}

const BEARER = 'Bearer realm="$ORIGIN/token",service="scripted"'
const bearerOf = { 'www-authenticate': BEARER }

const basic: Script = { images, auth: { kind: 'basic', users: { ann: 'canary-password' } } }

interface Row {
  readonly name: string
  readonly script: Script
  readonly credential?: Credential
  readonly fact: Readonly<Record<string, unknown>>
  /** The log up to the first document by digest. */
  readonly lines: readonly string[]
}

const found = { kind: 'found' }
const atLogin = { kind: 'refused', at: 'login' }
const atRegistry = { kind: 'refused', at: 'registry' }
const service = (status: number) => ({ kind: 'faulty', detail: 'token-service', status, host: 'HOST' })
const json = { 'content-type': 'application/json' }

const rows: readonly Row[] = [
  { name: 'Basic, good', script: basic, credential: ann, fact: found, lines: [`${HEAD} 401`, `${HEAD} 200`] },
  {
    name: 'Basic, wrong',
    script: basic,
    credential: login('ann', 'no'),
    fact: atLogin,
    lines: [`${HEAD} 401`, `${HEAD} 401`],
  },
  {
    name: 'Basic, an empty password',
    script: basic,
    credential: login('ann', ''),
    fact: atLogin,
    lines: [`${HEAD} 401`],
  },
  { name: 'Basic, nobody', script: basic, fact: atRegistry, lines: [`${HEAD} 401`] },
  {
    name: 'Basic, an empty user name is nobody',
    script: basic,
    credential: login('', 'x'),
    fact: atRegistry,
    lines: [`${HEAD} 401`],
  },
  {
    name: 'a public repository asks for no password, so a wrong one does no harm',
    script: { images, auth: { kind: 'basic', users: {}, public: ['team/app'] } },
    credential: login('ann', 'no'),
    fact: found,
    lines: [`${HEAD} 200`],
  },
  {
    name: 'Bearer by form',
    script: bearer(),
    credential: ann,
    fact: found,
    lines: [`${HEAD} 401`, `${POST} 200`, `${HEAD} 200`],
  },
  ...[400, 401, 404, 405].map((post) => ({
    name: `Bearer by GET after ${String(post)} to the form`,
    script: bearer({ post }),
    credential: ann,
    fact: found,
    lines: [`${HEAD} 401`, `${POST} ${String(post)}`, `${TOKEN} 200`, `${HEAD} 200`],
  })),
  {
    name: 'Bearer, wrong in both forms',
    script: bearer(),
    credential: login('ann', 'no'),
    fact: atLogin,
    lines: [`${HEAD} 401`, `${POST} 401`, `${TOKEN} 401`],
  },
  {
    name: 'Bearer, nobody, public',
    script: bearer({ public: ['team/app'] }),
    fact: found,
    lines: [`${HEAD} 401`, `${TOKEN} 200`, `${HEAD} 200`],
  },
  {
    name: 'Bearer, an empty password is nobody',
    script: bearer({ public: ['team/app'] }),
    credential: login('ann', ''),
    fact: found,
    lines: [`${HEAD} 401`, `${TOKEN} 200`, `${HEAD} 200`],
  },
  {
    name: 'Bearer, nobody, private',
    script: bearer(),
    fact: atRegistry,
    lines: [`${HEAD} 401`, `${TOKEN} 200`, `${HEAD} 401`, `${HEAD} 401`],
  },
  {
    name: 'Bearer, a good password without the right',
    script: bearer({ grants: { ann: ['team/other'] } }),
    credential: ann,
    fact: atRegistry,
    lines: [`${HEAD} 401`, `${POST} 200`, `${HEAD} 401`, `${HEAD} 401`],
  },
  {
    name: 'a registry that does not know the token yet',
    script: {
      ...bearer(),
      routes: [
        { path: '/v2/team/*', authorized: true, times: 1, answer: { own: true, status: 401, headers: bearerOf } },
      ],
    },
    credential: ann,
    fact: found,
    lines: [`${HEAD} 401`, `${POST} 200`, `${HEAD} 401`, `${HEAD} 200`],
  },
  {
    name: 'a registry that names an error of the token is not asked again',
    script: {
      ...bearer(),
      routes: [
        {
          path: '/v2/team/*',
          authorized: true,
          answer: { status: 401, headers: { 'www-authenticate': `${BEARER},error="insufficient_scope"` } },
        },
      ],
    },
    credential: ann,
    fact: atRegistry,
    lines: [`${HEAD} 401`, `${POST} 200`, `${HEAD} 401`],
  },
  {
    name: 'a wrong password on a public repository fails with a token service',
    script: bearer({ public: ['team/app'] }),
    credential: login('ann', 'no'),
    fact: atLogin,
    lines: [`${HEAD} 401`, `${POST} 401`, `${TOKEN} 401`],
  },
  {
    name: 'only `access_token`',
    script: bearer({ member: 'access_token', post: 404 }),
    credential: ann,
    fact: found,
    lines: [`${HEAD} 401`, `${POST} 404`, `${TOKEN} 200`, `${HEAD} 200`],
  },
  {
    name: 'only `token`',
    script: bearer({ member: 'token', post: 404 }),
    credential: ann,
    fact: found,
    lines: [`${HEAD} 401`, `${POST} 404`, `${TOKEN} 200`, `${HEAD} 200`],
  },
  {
    name: 'a form that is answered without `access_token` fails a node',
    script: bearer({ member: 'token' }),
    credential: ann,
    fact: service(200),
    lines: [`${HEAD} 401`, `${POST} 200`],
  },
  {
    name: 'a challenge without the repository’s key (Artifactory): both scopes',
    script: bearer({ scope: 'repository:app:pull', public: ['team/app'] }),
    fact: found,
    lines: [
      `${HEAD} 401`,
      'GET /token?service=scripted&scope=repository%3Aapp%3Apull&scope=repository%3Ateam%2Fapp%3Apull 200',
      `${HEAD} 200`,
    ],
  },
  {
    name: 'a form refused with 403',
    script: bearer({}, problem(403, 'DENIED', 'denied')),
    credential: ann,
    fact: atLogin,
    lines: [`${HEAD} 401`, `${POST} 403`],
  },
  {
    name: 'nobody refused with 403',
    script: bearer({}, problem(403, 'DENIED', 'denied')),
    fact: atRegistry,
    lines: [`${HEAD} 401`, `${TOKEN} 403`],
  },
  {
    name: 'nobody refused with 401',
    script: bearer({}, problem(401, 'UNAUTHORIZED', 'no')),
    fact: atRegistry,
    lines: [`${HEAD} 401`, `${TOKEN} 401`],
  },
  {
    name: 'a 403 page before the token service',
    script: bearer({}, { status: 403, body: '<html>no</html>' }),
    credential: ann,
    fact: { kind: 'blocked', status: 403, detail: 'firewall' },
    lines: [`${HEAD} 401`, `${POST} 403`],
  },
  {
    name: 'keys that have expired',
    script: bearer(
      {},
      { status: 400, headers: json, body: { code: 'BAD_REQUEST', message: "this identity's keys have expired" } },
    ),
    credential: ann,
    fact: { ...atLogin, detail: 'expired' },
    lines: [`${HEAD} 401`, `${POST} 400`, `${TOKEN} 400`],
  },
  {
    name: 'a token service that throttles',
    script: bearer({}, { status: 429 }),
    credential: ann,
    fact: { kind: 'throttled' },
    lines: [`${HEAD} 401`, `${POST} 429`],
  },
  {
    name: 'a sick token service',
    script: bearer({}, { status: 500 }),
    credential: ann,
    fact: service(500),
    lines: [`${HEAD} 401`, `${POST} 500`],
  },
  ...(
    [
      ['HTML', '<html>'],
      ['an empty object', {}],
      ['an empty token', { token: '' }],
      ['a token with a line break', { token: 'a\r\nx-evil: 1' }],
      ['a lifetime that is text', { token: 'a', expires_in: '300' }],
      ['an empty issued_at', { token: 'a', issued_at: '' }],
      ['a refresh token that is a number', { token: 'a', refresh_token: 5 }],
      ['a list', []],
    ] as const
  ).map(([name, body]) => ({
    name: `a token service that says ${name}`,
    script: bearer({}, { status: 200, body }),
    fact: service(200),
    lines: [`${HEAD} 401`, `${TOKEN} 200`],
  })),
  {
    name: 'a form that is answered with a scope that is no text',
    script: bearer({}, { status: 200, body: { access_token: 'a', scope: 5 } }),
    credential: ann,
    fact: service(200),
    lines: [`${HEAD} 401`, `${POST} 200`],
  },
  {
    name: 'to nobody a scope is as it likes; of two tokens `access_token` counts, which may have a space',
    script: {
      images,
      routes: [
        { path: '/v2/*', authorized: false, answer: { status: 401, headers: bearerOf } },
        { path: '/token', answer: { status: 200, body: { token: 'a\r\nb', access_token: 'a b', scope: 5 } } },
      ],
    },
    fact: found,
    lines: [`${HEAD} 401`, 'GET /token?service=scripted&scope=repository%3Ateam%2Fapp%3Apull 200', `${HEAD} 200`],
  },
  ...(
    [
      ['no realm', 'Bearer service="x"', { kind: 'faulty', detail: 'challenge', status: 401, host: 'HOST' }],
      ['an empty realm', 'Bearer realm=', { kind: 'faulty', detail: 'challenge', status: 401, host: 'HOST' }],
      [
        'a space before the realm',
        'Bearer realm=" $ORIGIN/token"',
        { kind: 'faulty', detail: 'challenge', status: 401, host: 'HOST' },
      ],
      [
        'a relative realm',
        'Bearer realm="//other/token"',
        { kind: 'faulty', detail: 'challenge', status: 401, host: 'HOST' },
      ],
      [
        'a realm that is a file',
        'Bearer realm="file:///etc/passwd"',
        { kind: 'unfollowed', detail: 'scheme', host: 'file://' },
      ],
      [
        'metadata',
        'Bearer realm="http://169.254.169.254/latest/"',
        { kind: 'unfollowed', detail: 'address', host: '169.254.169.254' },
      ],
      ['an unknown scheme', 'Negotiate abc==', atRegistry],
      ['an empty challenge', '', atRegistry],
    ] as const
  ).map(([name, challenge, fact]) => ({
    name: `a challenge with ${name}`,
    script: bearer({ challenge }),
    credential: ann,
    fact,
    lines: [`${HEAD} 401`],
  })),
  {
    name: 'Bearer before Basic, whatever their order',
    script: bearer({ challenge: ['Basic realm="x"', 'Bearer realm="$ORIGIN/token",service="scripted"'] }),
    credential: ann,
    fact: found,
    lines: [`${HEAD} 401`, `${POST} 200`, `${HEAD} 200`],
  },
]

describe('who may read', () => {
  test.each(rows)('$name', async ({ script, credential, fact, lines }) => {
    const answered = await asked(script, 'team/app:v1', credential === undefined ? {} : { credential })
    const { host } = answered.registry
    const want = Object.fromEntries(Object.entries(fact).map(([key, value]) => [key, value === 'HOST' ? host : value]))
    if (fact === found) expect(answered.fact.kind).toBe('found')
    else expect(answered.fact).toEqual(want)
    const documents = answered.lines.findIndex((line) => line.includes('sha256:'))
    expect(documents < 0 ? answered.lines : answered.lines.slice(0, documents)).toEqual(lines)
  })

  test('the form is the node’s', async () => {
    const { registry } = await asked(bearer(), 'team/app:v1', { credential: ann })
    const form = Object.fromEntries(new URLSearchParams(registry.log[1]?.body))
    expect(form).toEqual({
      client_id: 'containerd-client',
      grant_type: 'password',
      scope: 'repository:team/app:pull',
      service: 'scripted',
      username: 'ann',
      password: 'canary-password',
    })
  })
})

describe('what one question teaches the next', () => {
  async function two(script: Script, questions: readonly (readonly [string, Credential | undefined])[]) {
    const registry = await startScriptedRegistry(script)
    const client = createRegistryClient({})
    const facts: unknown[] = []
    const logs: (readonly string[])[] = []
    try {
      for (const [image, credential] of questions) {
        const before = registry.log.length
        const question = { reference: at(registry.host, image), credential, hosts: [amd64] }
        const { kind } = await client.ask(question, AbortSignal.timeout(10_000))
        facts.push(kind)
        const lines = registry.lines().slice(before)
        logs.push(lines.map((line) => line.replace(/ \/v2\/team\/(\w+)\/\w+\/.*? /, ' $1 ').replace(/\?.*? /, ' ')))
      }
      return { facts, logs, log: registry.log }
    } finally {
      await client.close()
      await registry.close()
    }
  }

  test('a known challenge is met in advance, and a form that is not taken is not tried again', async () => {
    const { facts, logs } = await two(bearer({ post: 405 }), [
      ['team/app:v1', ann],
      ['team/other:v1', ann],
    ])
    expect(facts).toEqual(['found', 'found'])
    expect(logs).toEqual([
      ['HEAD app 401', 'POST /token 405', 'GET /token 200', 'HEAD app 200', 'GET app 200', 'GET app 200'],
      ['GET /token 200', 'HEAD other 200', 'GET other 200', 'GET other 200'],
    ])
  })

  test('Basic in advance', async () => {
    const { logs } = await two(basic, [
      ['team/app:v1', ann],
      ['team/other:v1', ann],
    ])
    expect(logs[1]).toEqual(['HEAD other 200', 'GET other 200', 'GET other 200'])
  })

  test('a refused head start is no refusal: a public repository of the same registry needs no login', async () => {
    const script: Script = {
      images,
      auth: { kind: 'basic', users: { ann: 'canary-password' }, public: ['team/other'] },
      routes: [{ path: '/v2/team/other/*', authorized: true, answer: { status: 401 } }],
    }
    const { facts, logs } = await two(script, [
      ['team/app:v1', ann],
      ['team/other:v1', ann],
    ])
    expect(facts).toEqual(['found', 'found'])
    expect(logs[1]?.slice(0, 2)).toEqual(['HEAD other 401', 'HEAD other 200'])
  })

  test('a wrong password is tried once for both forms, not again for the next tag', async () => {
    const { facts, log } = await two(bearer(), [
      ['team/app:v1', login('ann', 'no')],
      ['team/app:v2', login('ann', 'no')],
    ])
    expect(facts).toEqual(['refused', 'refused'])
    expect(log.filter(({ url }) => url.startsWith('/token')).map(({ method }) => method)).toEqual(['POST', 'GET'])
  })

  test('credentials never cross: the second tenant has a password of its own, and no right', async () => {
    const script = bearer({
      users: { ann: 'canary-password', bob: 'b' },
      grants: { ann: ['team/app'], bob: ['team/other'] },
    })
    const { facts, log } = await two(script, [
      ['team/app:v1', ann],
      ['team/app:v1', login('bob', 'b')],
      ['team/app:v1', undefined],
    ])
    expect(facts).toEqual(['found', 'refused', 'refused'])
    const own = log
      .filter(({ headers }) => headers.authorization !== undefined)
      .map(({ headers }) => headers.authorization)
    const [good] = own
    // Ann's token opens three doors; whoever comes later must not carry it.
    expect(own.filter((value) => value === good)).toHaveLength(3)
  })

  test('a token that the registry no longer takes is fetched anew', async () => {
    let clock = 1
    const script: Script = bearer({ expiresIn: 300 })
    const registry = await startScriptedRegistry({
      ...script,
      routes: [
        { path: '/v2/team/app/manifests/v2', method: 'HEAD', authorized: true, times: 1, answer: { status: 401 } },
      ],
      images: { ...images, 'team/app:v2': { platform: 'linux/arm64' } },
    })
    const client = createRegistryClient({ now: () => clock })
    const ask = (image: string) =>
      client.ask({ reference: at(registry.host, image), credential: ann, hosts: [] }, AbortSignal.timeout(10_000))
    try {
      await ask('team/app:v1')
      clock += 10_000
      const before = registry.log.length
      expect((await ask('team/app:v2')).kind).toBe('found')
      expect(registry.lines().slice(before, before + 4)).toEqual([
        'HEAD /v2/team/app/manifests/v2 401',
        'HEAD /v2/team/app/manifests/v2 401',
        'POST /token 200',
        'HEAD /v2/team/app/manifests/v2 200',
      ])
    } finally {
      await client.close()
      await registry.close()
    }
  })
})
