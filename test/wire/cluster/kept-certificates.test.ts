// Certificates that are kept in a Secret of the cluster, by replicas that know nothing of each other.
import { X509Certificate } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { makeCertificates } from '../../../src/edges/certificates/index.ts'
import { canariesIn, canary } from '../../support/canary.ts'
import type { ApiAnswer, ScriptedApi } from '../../support/scripted-api-server.ts'
import { serve, until } from './connecting.ts'
import {
  bundlesOf,
  CONFIGURATION,
  install,
  isPublished,
  keep,
  NAMESPACE,
  SECRET,
  secretOf,
  setBundle,
  setSecret,
} from './keeping.ts'
import type { Keeper } from './keeping.ts'

const ready = ({ source }: Keeper) => source.whyNotReady() === undefined
const own = { commonName: 'own', dnsNames: ['pullable.system.svc'], ipAddresses: [], days: 2 }
const { ca } = await makeCertificates(own)
/** Of all that are there; the selector says which. */
const WATCH = CONFIGURATION.slice(0, CONFIGURATION.lastIndexOf('/'))
const WATCHED = 'validatingwebhookconfigurations'
const APPLY = '?fieldManager=pullable-certificates&force=true'

const warns = ({ level }: Keeper['lines'][number]) => level === 'warn'

/** What was asked, but for watches, which open when they can. */
const exchanges = (api: ScriptedApi) => api.lines().filter((line) => !line.includes('?watch'))

describe('an installation', () => {
  it('is filled: a Secret, the webhooks that call us, and nothing else', async () => {
    const served = await serve()
    const { api } = served
    install(api)
    const keeper = await keep(served)
    expect(keeper.source.whyNotReady()).toBe('no certificate yet')
    await until('ready', () => ready(keeper))
    expect(exchanges(api).slice(0, 8)).toEqual([
      ...[`GET ${CONFIGURATION} 200`, `GET ${SECRET} 200`, `PUT ${SECRET} 200`],
      ...[`GET ${CONFIGURATION} 200`, `GET ${SECRET} 200`, `PATCH ${CONFIGURATION}${APPLY} 200`],
      ...[`GET ${CONFIGURATION} 200`, `GET ${SECRET} 200`],
    ])
    expect(isPublished(api)).toBe(true)
    const { 'ca.crt': ca = '', 'tls.crt': cert = '', ...keys } = secretOf(api)
    expect(Object.keys(keys)).toEqual(['ca.key', 'tls.key'])
    const certificate = new X509Certificate(cert)
    expect([certificate.subjectAltName, certificate.verify(new X509Certificate(ca).publicKey)]).toEqual([
      'DNS:pullable.system.svc, DNS:pullable.system.svc.cluster.local',
      true,
    ])
    expect(api.get('secrets', 'pullable-tls', NAMESPACE)).toMatchObject({ metadata: { labels: { app: 'x' } } })
    expect(keeper.served).toEqual([certificate.serialNumber])
  })

  it('is made where there is no Secret, and none is made of a configuration that is not there: then nobody calls', async () => {
    const served = await serve()
    const keeper = await keep(served)
    await until('ready', () => ready(keeper))
    expect(exchanges(served.api).slice(0, 6)).toEqual([
      ...[`GET ${CONFIGURATION} 404`, `GET ${SECRET} 404`, `PATCH ${SECRET}${APPLY} 201`],
      ...[`GET ${CONFIGURATION} 404`, `GET ${SECRET} 200`, `PUT ${SECRET} 200`],
    ])
    expect(keeper.lines).toContainEqual({
      ...{ level: 'info', object: 'pullable', verb: 'get' },
      message: 'there is no webhook configuration: nothing calls',
    })
    expect(bundlesOf(served.api)).toEqual({})
    install(served.api)
    await until('published', () => isPublished(served.api))
  })

  it.each([2, 5])('by %i replicas at once has one certificate', async (count) => {
    const served = await serve()
    served.api.set('secrets', { metadata: { name: 'other', namespace: NAMESPACE } })
    const keepers = await Promise.all(Array.from({ length: count }, () => keep(served)))
    await until('all ready', () => keepers.every(ready))
    const serial = new X509Certificate(secretOf(served.api)['tls.crt'] ?? '').serialNumber
    expect(keepers.map((keeper) => keeper.served)).toEqual(keepers.map(() => [serial]))
    expect(served.api.lines().filter((line) => line === `PUT ${SECRET} 200`)).toHaveLength(1)
  })
})

describe('what somebody does to it is mended', () => {
  it.each([
    ['the Secret deleted', (api) => api.remove('secrets', 'pullable-tls', NAMESPACE)],
    ['the Secret emptied', (api) => setSecret(api, {})],
    ['the key of the authority taken', (api) => setSecret(api, { ...secretOf(api), 'ca.key': '' })],
    ['garbage in the Secret', (api) => setSecret(api, { ...secretOf(api), 'tls.crt': 'x', 'ca.crt': 'y' })],
    [
      'a key of another certificate',
      (api) => setSecret(api, { ...secretOf(api), 'tls.key': secretOf(api)['ca.key'] ?? '' }),
    ],
    ['a caBundle emptied', (api) => setBundle(api, 'pods.pullable.dev', '')],
    [
      'a caBundle with more',
      (api) => setBundle(api, 'pods.pullable.dev', `${bundlesOf(api)['pods.pullable.dev']}${ca}`),
    ],
  ] as readonly (readonly [string, (api: Awaited<ReturnType<typeof serve>>['api']) => void])[])(
    '%s: as it was, and nobody serves another',
    async (_, spoil) => {
      const served = await serve()
      const { api } = served
      install(api)
      const keepers = [await keep(served), await keep(served)]
      await until('ready', () => keepers.every(ready) && isPublished(api))
      const before = [secretOf(api), bundlesOf(api)]
      spoil(api)
      expect([secretOf(api), bundlesOf(api)]).not.toEqual(before)
      await until('mended', () => JSON.stringify([secretOf(api), bundlesOf(api)]) === JSON.stringify(before))
      expect(keepers.map((keeper) => [keeper.served.length, ready(keeper)])).toEqual([
        [1, true],
        [1, true],
      ])
    },
  )

  it.each([
    ['a caBundle emptied', (api) => setBundle(api, 'pods.pullable.dev', '')],
    [
      'the configuration deleted and made again',
      (api) => {
        api.remove('validatingwebhookconfigurations', 'pullable')
        install(api)
      },
    ],
  ] as readonly (readonly [string, (api: ScriptedApi) => void])[])(
    '%s: at once, and not when it is next looked at',
    async (_, spoil) => {
      const served = await serve()
      const { api } = served
      install(api)
      // After the first looks, in which there is something to do, it rests for the best part of a minute.
      const keeper = await keep(served, { poll: 60_000, soon: 60_000 })
      await until('filled', () => ready(keeper) && isPublished(api) && api.watches(WATCHED) === 1)
      await until('at rest', () => exchanges(api).length >= 8)
      await sleep(300)
      spoil(api)
      expect(isPublished(api)).toBe(false)
      await until('mended', () => isPublished(api), 5_000)
    },
  )

  it('watched or not: a watch that ends is opened again', async () => {
    const served = await serve()
    install(served.api)
    await keep(served)
    for (const how of ['end', 'reset'] as const) {
      await until('watched', () => served.api.watches(WATCHED) === 1)
      served.api.endWatches(how)
      await until('ended', () => served.api.watches(WATCHED) === 0)
    }
    await until('watched', () => served.api.watches(WATCHED) === 1)
  })

  it('and said once, in one line, where it holds something else', async () => {
    const served = await serve()
    install(served.api)
    served.api.route({ path: SECRET, method: 'PUT', answer: { status: 500 } })
    setSecret(served.api, { 'tls.crt': `${canary.password}\n${ca}`, 'tls.key': canary.token, 'ca.key': canary.token })
    const keeper = await keep(served)
    await until('said', () => keeper.lines.filter(warns).length === 2)
    await sleep(200)
    expect(keeper.lines.filter(warns)).toEqual([
      {
        ...{ level: 'warn', secret: 'pullable-tls', namespace: NAMESPACE },
        problem: 'tls.key holds no PEM private key without a passphrase',
        message: 'the Secret of the certificates holds what cannot be used',
      },
      {
        ...{ level: 'warn', object: 'pullable-tls', verb: 'update', namespace: NAMESPACE, why: 'HTTP 500' },
        message: 'certificates cannot be kept',
      },
    ])
    expect(keeper.source.whyNotReady()).toBe('no certificate yet')
    expect(canariesIn(JSON.stringify(keeper.lines))).toEqual([])
  })
})

describe("somebody's own pair", () => {
  it('is used, where it is good, once the webhooks have trusted it for a while; what was served before stays trusted', async () => {
    const served = await serve()
    const { api } = served
    install(api)
    const keeper = await keep(served)
    await until('ready', () => ready(keeper) && isPublished(api))
    const before = secretOf(api)['ca.crt'] ?? ''
    const theirs = await makeCertificates(own)
    setSecret(api, { 'ca.crt': theirs.ca, 'tls.crt': theirs.cert, 'tls.key': theirs.key })
    await until('published', () => bundlesOf(api)['pods.pullable.dev'] === theirs.ca + before)
    expect(keeper.served).toHaveLength(1)
    await until('served', () => keeper.served.length === 2)
    expect(keeper.served[1]).toBe(new X509Certificate(theirs.cert).serialNumber)
    expect(secretOf(api)).toEqual({
      ...{ 'ca.crt': theirs.ca + before, 'ca.key': '', 'tls.crt': theirs.cert, 'tls.key': theirs.key },
    })
  })

  it.each([
    [
      'for another name',
      { ...own, dnsNames: ['other.system.svc'] },
      'the certificate in tls.crt is not for "pullable.system.svc"',
    ],
    ['expired', { ...own, days: -0.001 }, 'the certificate in tls.crt has expired'],
  ])('is replaced where it is %s', async (_, wishes, problem) => {
    const served = await serve()
    install(served.api)
    const theirs = await makeCertificates(wishes)
    setSecret(served.api, { 'ca.crt': theirs.ca, 'tls.crt': theirs.cert, 'tls.key': theirs.key })
    const keeper = await keep(served)
    await until('ready', () => ready(keeper))
    expect(keeper.lines).toContainEqual(expect.objectContaining({ level: 'warn', problem }))
    expect(secretOf(served.api)['tls.crt']).not.toBe(theirs.cert)
  })
})

describe('a server that does not do as it is asked', () => {
  const secretRule =
    'apiGroups: [""], resources: [secrets], resourceNames: [pullable-tls], verbs: [get, create, update, patch]'
  const configurationRule =
    'apiGroups: [admissionregistration.k8s.io], resources: [validatingwebhookconfigurations], resourceNames: [pullable], verbs: [get, watch, patch]'

  it.each([
    ['GET', SECRET, secretRule, 'no certificate yet'],
    ['PUT', SECRET, secretRule, 'no certificate yet'],
    ['PATCH', SECRET, secretRule, 'no certificate yet'],
    ['GET', CONFIGURATION, configurationRule, undefined],
    ['PATCH', CONFIGURATION, configurationRule, 'the webhook configuration does not trust the certificate yet'],
    ['GET', WATCH, configurationRule, undefined],
  ])('%s %s forbidden: said once with the rule, and not ready where that is known', async (method, path, rule, why) => {
    const served = await serve()
    install(served.api)
    if (method === 'PATCH' && path === SECRET) served.api.remove('secrets', 'pullable-tls', NAMESPACE)
    served.api.route({ path, method, answer: { status: 403 } })
    const keeper = await keep(served)
    await until('said', () => keeper.lines.some(warns) && keeper.source.whyNotReady() === why)
    await sleep(200)
    expect(keeper.lines.filter(warns)).toEqual([
      expect.objectContaining({ rule, message: 'not allowed to keep the certificates' }),
    ])
    expect(keeper.source.whyNotReady()).toBe(why)
  })

  it.each([
    ['409', { status: 409 }],
    ['429', { status: 429, headers: { 'retry-after': '1' } }],
    ['500', { status: 500 }],
    ['a reset', { reset: true }],
    ['another object', { status: 200, body: { kind: 'Secret', metadata: { name: 'other', namespace: NAMESPACE } } }],
  ] as readonly (readonly [string, ApiAnswer])[])('answers %s for a while: it is tried again', async (_, answer) => {
    const served = await serve()
    install(served.api)
    for (const path of [SECRET, CONFIGURATION]) served.api.route({ path, times: 6, answer })
    const keeper = await keep(served)
    await until('ready', () => ready(keeper) && isPublished(served.api), 15_000)
  })

  it('is away: what is in service stays, and when it is back what was done meanwhile is mended', async () => {
    const served = await serve()
    install(served.api)
    const keeper = await keep(served)
    await until('ready', () => ready(keeper))
    const before = secretOf(served.api)
    await served.api.stop()
    await until('said', () => keeper.lines.some(({ message }) => message === 'certificates cannot be kept'))
    expect([ready(keeper), keeper.source.current()?.cert]).toEqual([true, before['tls.crt']])
    setSecret(served.api, {})
    await served.api.start()
    await until('mended', () => secretOf(served.api)['tls.crt'] === before['tls.crt'])
  })

  it('is asked no oftener for somebody who undoes everything', async () => {
    const served = await serve()
    install(served.api)
    const keeper = await keep(served)
    await until('ready', () => ready(keeper))
    const asked = served.api.log.length
    const end = performance.now() + 1_000
    while (performance.now() < end) {
      setBundle(served.api, 'pods.pullable.dev', '')
      await sleep(2)
    }
    // Some 110, and 500 where each undoing is followed at once.
    expect(served.api.log.length - asked).toBeLessThan(250)
  })
})

it('tells no key, in no line', async () => {
  const served = await serve()
  install(served.api)
  const keeper = await keep(served, { authority: 3_000, server: 900, backdated: 0 })
  const keys = new Set<string>()
  const end = performance.now() + 3_000
  while (performance.now() < end) {
    for (const name of ['tls.key', 'ca.key']) keys.add(secretOf(served.api)[name] ?? '')
    await sleep(20)
  }
  keys.delete('')
  expect(keys.size).toBeGreaterThan(2)
  const said = JSON.stringify(keeper.lines) + JSON.stringify(keeper.source)
  for (const key of keys) expect(said).not.toContain(key.split('\n')[1])
  expect(said).not.toContain('PRIVATE')
})
