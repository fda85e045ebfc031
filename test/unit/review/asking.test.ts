import { expect, test } from 'vitest'
import type { ImageFact } from '../../../src/engine/verdict/index.ts'
import { FOUND, admit, check, deployment, pod } from './cluster.ts'

const REFUSED: ImageFact = { kind: 'refused', at: 'registry' }
const LOGIN: ImageFact = { kind: 'refused', at: 'login' }
const ABSENT: ImageFact = { kind: 'absent', what: 'manifest' }
const WEB = 'ghcr.io/acme/web:v2'
const secretsOf = (...names: string[]) => ({ imagePullSecrets: names.map((name) => ({ name })) })

test('200 containers of one image: one question, and 1 KiB of text', async () => {
  const images = Array.from({ length: 200 }, () => WEB)
  const { asked, allowed, said, causes } = await admit({ answers: { '*': ABSENT } }, pod(images))
  expect(asked).toEqual(['- ghcr.io/acme/web:v2'])
  expect(allowed).toBe(false)
  expect(causes).toEqual(images.map(() => 'manifest-unknown'))
  expect(Buffer.byteLength(said.join('\n'))).toBeLessThanOrEqual(1024)
  expect(said.at(-1)).toBe(`and ${200 - said.length + 1} more`)
})

test('at most 256 images of a pod are asked for; the others are undetermined', async () => {
  const images = Array.from({ length: 300 }, (_, at) => `ghcr.io/acme/web:v${at}`)
  const { asked, causes } = await admit({}, pod(images))
  expect(asked.length).toBe(256)
  expect(causes).toEqual(images.map((_, at) => (at < 256 ? '' : 'view-incomplete')))
})

test('what is never pulled takes no place among them, and nothing is asked for it', async () => {
  const containers = Array.from({ length: 300 }, (_, at) => ({
    name: `c${at}`,
    image: `ghcr.io/acme/web:v${at}`,
    imagePullPolicy: at < 290 ? 'Never' : 'Always',
  }))
  const { asked, causes } = await admit({}, pod([], { containers }))
  expect(asked.length).toBe(10)
  expect(new Set(causes)).toEqual(new Set(['']))
})

test('at most eight credentials are tried for one image', async () => {
  const names = Array.from({ length: 12 }, (_, at) => `s${at}`)
  const secrets = Object.fromEntries(names.map((name) => [name, { 'ghcr.io': name }]))
  const { asked, causes, allowed } = await admit({ secrets, answers: { '*': LOGIN } }, pod([WEB], secretsOf(...names)))
  expect(asked).toEqual(names.slice(0, 8).map((name) => `${name} ghcr.io/acme/web:v2`))
  expect([causes, allowed]).toEqual([['view-incomplete'], true])
})

test.each([
  ['nobody named', {}, {}, ['- ghcr.io/acme/web:v2'], ''],
  ['one matches: anonymous is not tried', { a: { 'ghcr.io': 'ann' } }, {}, ['ann ghcr.io/acme/web:v2'], ''],
  ['none matches: anonymous', { a: { 'quay.io': 'ann' } }, {}, ['- ghcr.io/acme/web:v2'], ''],
  [
    'longer keys first, whichever secret they are in; the first success ends it',
    { a: { 'ghcr.io': 'ann' }, b: { 'ghcr.io/acme': 'ben' }, c: { 'ghcr.io': 'cem' } },
    { ben: LOGIN },
    ['ben ghcr.io/acme/web:v2', 'ann ghcr.io/acme/web:v2'],
    '',
  ],
  [
    'all fail: all are tried',
    { a: { 'ghcr.io': 'ann' }, c: { 'ghcr.io': 'cem' } },
    { '*': LOGIN },
    ['ann ghcr.io/acme/web:v2', 'cem ghcr.io/acme/web:v2'],
    'credentials-rejected',
  ],
  [
    'one is let in and sees nothing',
    { a: { 'ghcr.io': 'ann' }, c: { 'ghcr.io': 'cem' } },
    { ann: LOGIN, cem: ABSENT },
    ['ann ghcr.io/acme/web:v2', 'cem ghcr.io/acme/web:v2'],
    'manifest-unknown',
  ],
  ['a missing secret', { a: { kind: 'absent' } }, { '*': REFUSED }, ['- ghcr.io/acme/web:v2'], 'access-denied'],
  [
    'a forbidden secret',
    { a: { kind: 'unreadable', detail: 'forbidden' } },
    { '*': REFUSED },
    ['- ghcr.io/acme/web:v2'],
    'view-incomplete',
  ],
] as const)('who is asked: %s', async (_, secrets, answers, expected, cause) => {
  const { asked, causes } = await admit({ secrets, answers }, pod([WEB], secretsOf(...Object.keys(secrets))))
  expect({ asked, causes }).toEqual({ asked: expected, causes: [cause] })
})

test('of more than 64 pull secrets the rest is not read, and might be what opens the registry', async () => {
  const names = Array.from({ length: 70 }, (_, at) => `s${at}`)
  const { read, causes } = await admit({ answers: { '*': REFUSED } }, pod([WEB], secretsOf(...names)))
  expect(read.filter((what) => what.startsWith('secret')).length).toBe(64)
  expect(causes).toEqual(['view-incomplete'])
})

test('a malformed secret fails every image that is pulled, and nobody is asked', async () => {
  const secrets = { bad: { name: 'bad', type: 'kubernetes.io/dockerconfigjson', data: {} } }
  const broken = { ...secrets.bad, data: { '.dockerconfigjson': { reveal: () => '!!!' } } }
  const containers = [
    { name: 'a', image: WEB },
    { name: 'b', image: 'nginx:1', imagePullPolicy: 'Never' },
  ]
  const { asked, causes, allowed } = await admit(
    { secrets: { bad: broken as never } },
    pod([], { containers, ...secretsOf('bad') }),
  )
  expect({ asked, causes, allowed }).toEqual({ asked: [], causes: ['pull-secret-malformed', ''], allowed: false })
})

test('a template takes the secrets of its account where it names none', async () => {
  const world = { accounts: { default: ['regcred'] }, secrets: { regcred: { 'ghcr.io': 'ann' } } }
  const { asked, read } = await admit(world, deployment([WEB]))
  expect(asked).toEqual(['ann ghcr.io/acme/web:v2'])
  expect(read).toEqual(['namespace shop', 'nodes', 'account shop/default', 'secret shop/regcred'])
})

test.each([
  ['names one itself', deployment([WEB], secretsOf('own'))],
  ['says an empty name, which keeps the account out', deployment([WEB], secretsOf(''))],
  ['is a Pod under review: the API server has merged them', pod([WEB])],
])('the account is not read where the object %s', async (_, object) => {
  const { read } = await admit({ accounts: { default: ['regcred'] } }, object)
  expect(read.filter((what) => what.startsWith('account'))).toEqual([])
})

test('a Pod that check reads has not been merged', async () => {
  const world = { accounts: { robot: ['regcred'] }, secrets: { regcred: { 'ghcr.io': 'ann' } } }
  const { asked } = await check(world, pod([WEB], { serviceAccountName: 'robot' }))
  expect(asked).toEqual(['ann ghcr.io/acme/web:v2'])
})

test.each([
  ['a host that nodes know', ['ghcr.io'], WEB, 'access-unverifiable'],
  ['a pattern', ['*.dkr.ecr.*.amazonaws.com'], '1.dkr.ecr.eu-west-1.amazonaws.com/web:1', 'access-unverifiable'],
  ['another host', ['quay.io'], WEB, 'access-denied'],
  ['a star spans no dot', ['*.io'], 'a.ghcr.io/web:1', 'access-denied'],
] as const)('credentials of nodes: %s', async (_, nodeCredentials, image, cause) => {
  const { causes } = await admit({ nodeCredentials, answers: { '*': REFUSED } }, pod([image]))
  expect(causes).toEqual([cause])
})

test('the own login looks only where secrets are not at hand and everybody is refused', async () => {
  const ownLogins = () =>
    Promise.resolve([{ username: 'me', password: {} as never, source: 'docker login', key: 'ghcr.io' }])
  const looked = async (otherwise: 'unsaid' | 'absent', answers: Record<string, ImageFact>) => {
    const { asked, causes } = await check({ otherwise: { kind: otherwise }, ownLogins, answers }, pod([WEB]))
    return [...asked.map((line) => line.split(' ')[0]), ...causes]
  }
  expect(await looked('unsaid', { '-': REFUSED, me: FOUND })).toEqual(['-', 'me', 'pull-secret-absent'])
  expect(await looked('unsaid', { '-': REFUSED, me: ABSENT })).toEqual(['-', 'me', 'manifest-unknown'])
  expect(await looked('unsaid', { '-': REFUSED, me: REFUSED })).toEqual(['-', 'me', 'pull-secret-absent'])
  expect(await looked('unsaid', { '-': FOUND })).toEqual(['-', ''])
  expect(await looked('absent', { '-': REFUSED, me: FOUND })).toEqual(['-', 'access-denied'])
})

test('every candidate platform is asked for at once', async () => {
  const { asked } = await admit({ nodes: ['linux/amd64', 'linux/arm64'] }, pod([WEB]))
  expect(asked).toEqual(['- ghcr.io/acme/web:v2 for 2 hosts'])
})

test('nothing of a secret is in an answer', async () => {
  const key = 'HTTPS://canary-user:canary-key@ghcr.io/'
  const secrets = { a: { 'ghcr.io/acme': 'canary-user' }, b: { [key]: 'canary-user', canarytoken: 'x' } }
  const answers = { '*': LOGIN }
  const { response } = await admit({ secrets, answers }, pod([WEB, 'my-app:1'], secretsOf('a', 'b')))
  const { reviewed } = await check(
    { secrets, answers: { '*': REFUSED } },
    pod(['ghcr.io/other/web:1', 'my-app:1'], secretsOf('b')),
  )
  expect(JSON.stringify([response, reviewed])).not.toMatch(/canary/)
})
