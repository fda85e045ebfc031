// What is exempt, as an API server and an operator see it: nobody is asked, the audit log says why, and it is counted.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Webhook } from '../../src/commands/webhook.ts'
import { serverPair } from '../support/certificates.ts'
import type { ServerPair } from '../support/certificates.ts'
import { post, reviewOf } from '../support/review.ts'
import { startScriptedApi } from '../support/scripted-api-server.ts'
import type { ScriptedApi } from '../support/scripted-api-server.ts'
import { startScriptedRegistry } from '../support/scripted-registry.ts'
import type { ScriptedRegistry } from '../support/scripted-registry.ts'
import { startInPod } from './in-pod.ts'
import { get } from './support.ts'

let pair: ServerPair
let api: ScriptedApi
let registry: ScriptedRegistry
let webhook: Webhook

beforeAll(async () => {
  pair = await serverPair()
  api = await startScriptedApi(pair)
  registry = await startScriptedRegistry({ images: { 'acme/web:v1': {}, 'other/web:v1': {} } })
  const config = `
registries: { insecure: ["${registry.host}"], allowAddresses: [127.0.0.0/8] }
exemptions:
  namespaces: [{ name: exempt, reason: "OPS-1, until May" }]
  users: [jane]
  groups: [platform]
  runtimeClasses: [kata]
  images: [{ name: "${registry.host}/acme/**", reason: OPS-2 }]
  registries: { "*.invalid": skip, "${registry.host}": warn }
`
  const none = { 'pullable.dev/enforce': 'none' }
  for (const [name, labels] of Object.entries({
    shop: {},
    exempt: {},
    fresh: none,
    odd: { 'pullable.dev/warn': 'no' },
  }))
    api.set('namespaces', { metadata: { name, labels } })
  webhook = await startInPod(pair, api, config)
})

afterAll(async () => {
  await webhook.close()
  await Promise.all([api.stop(), registry.close()])
})

interface Ruled {
  readonly allowed: boolean
  readonly warnings?: readonly string[]
  readonly auditAnnotations?: Readonly<Record<string, string>>
}

async function rule(image: string, request: object = {}, spec: object = {}): Promise<Ruled> {
  const containers = [{ name: 'web', image: image.replace('$HOST', registry.host) }]
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: { containers, ...spec } }
  const { text } = await post(webhook.port, pair.ca, JSON.stringify(reviewOf(pod, request)))
  const { response } = JSON.parse(text.split('\n')[1] ?? '') as { response: Ruled }
  return response
}

/** Counted until now, by label. */
async function counted(metric: string): Promise<Readonly<Record<string, number>>> {
  const { text } = await get(webhook.metricsPort, '/metrics')
  const lines = [...text.matchAll(new RegExp(`^${metric}\\{\\w+="([^"]+)"\\} (\\d+)$`, 'gm'))]
  return Object.fromEntries(lines.map(([, label = '', count]) => [label, Number(count)]))
}

const GONE = '$HOST/acme/web:v9'

describe('nobody is asked', () => {
  let before: { readonly exemptions: Readonly<Record<string, number>>; readonly asked: number; readonly read: number }
  beforeEach(async () => {
    before = {
      exemptions: await counted('pullable_exemptions_total'),
      asked: registry.log.length,
      read: api.log.length,
    }
  })

  it.each<[kind: string, exempt: string, image: string, request?: object, spec?: object]>([
    ['namespace', 'namespace exempt (OPS-1, until May)', '$HOST/other/web:v9', { namespace: 'exempt' }],
    ['user', 'user jane', '$HOST/other/web:v9', { userInfo: { username: 'jane', groups: [] } }],
    ['group', 'group platform', '$HOST/other/web:v9', { userInfo: { username: 'x', groups: ['platform'] } }],
    ['runtime-class', 'runtime-class kata', '$HOST/other/web:v9', {}, { runtimeClassName: 'kata' }],
    ['image', 'spec.containers[0].image: image $HOST/acme/** (OPS-2)', GONE],
    ['registry-skip', 'spec.containers[0].image: registry-skip *.invalid', 'registry.invalid/web:v9'],
  ])('of an exempt %s', async (kind, exempt, image, request = {}, spec = {}) => {
    const { allowed, warnings, auditAnnotations } = await rule(image, request, spec)
    expect([allowed, warnings, auditAnnotations?.['exempt']]).toEqual([
      true,
      undefined,
      exempt.replace('$HOST', registry.host),
    ])
    expect([registry.log.length, api.log.length]).toEqual([before.asked, before.read])
    expect(await counted('pullable_exemptions_total')).toEqual({
      ...before.exemptions,
      [kind]: (before.exemptions[kind] ?? 0) + 1,
    })
  })
})

it('a registry that only warns is asked', async () => {
  const { allowed, warnings, auditAnnotations } = await rule('$HOST/other/web:v9')
  expect([allowed, auditAnnotations]).toEqual([
    true,
    {
      decision: 'warn',
      verdict: 'failing',
      findings: 'spec.containers[0].image: manifest-unknown',
      exempt: `spec.containers[0].image: registry-warn ${registry.host}`,
    },
  ])
  expect(warnings?.[0]).toMatch(/manifest-unknown/)
  expect(registry.lines()).toContain('HEAD /v2/other/web/manifests/v9 404')
})

it('nothing else is exempt', async () => {
  expect((await rule('registry.invalid/Web:v9')).allowed).toBe(false)
  expect((await rule('registry.invalid./web:v9')).allowed).toBe(false)
})

it('a label that says no level is counted', async () => {
  expect(await counted('pullable_invalid_labels_total')).toMatchObject({ enforce: 0, warn: 0, audit: 0 })
  const { auditAnnotations } = await rule('$HOST/other/web:v1', { namespace: 'odd' })
  expect(auditAnnotations?.['invalid-labels']).toBe('warn')
  expect(await counted('pullable_invalid_labels_total')).toMatchObject({ enforce: 0, warn: 1, audit: 0 })
})

describe('a namespace that the watch has not seen', () => {
  const bad = 'registry.invalid/Web:v9'

  it('is read by its name, and its labels hold', async () => {
    expect((await rule(bad, { namespace: 'fresh' })).allowed).toBe(true)
    expect(api.lines()).not.toContain('GET /api/v1/namespaces/fresh 200')
    api.say('namespaces', `${JSON.stringify({ type: 'DELETED', object: { metadata: { name: 'fresh' } } })}\n`)
    await expect
      .poll(async () => {
        expect((await rule(bad, { namespace: 'fresh' })).allowed).toBe(true)
        return api.lines().includes('GET /api/v1/namespaces/fresh 200')
      })
      .toBe(true)
  })

  it('has no labels where the server has none of that name', async () => {
    expect((await rule(bad, { namespace: 'never' })).allowed).toBe(false)
    expect(api.lines()).toContain('GET /api/v1/namespaces/never 404')
  })
})
