// `pullable check` and `pullable serve` as they are built, over a cluster: one that answers, one that is away, one that says no.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CheckReport } from '../../src/engine/report/index.ts'
import { canary, canariesIn } from '../support/canary.ts'
import { serverPair } from '../support/certificates.ts'
import { inFolder, pullable, startServing } from '../support/command.ts'
import type { Ran, Serving } from '../support/command.ts'
import { post, reviewOf } from '../support/review.ts'
import type { Reviewed } from '../support/review.ts'
import { startScriptedApi } from '../support/scripted-api-server.ts'
import type { ScriptedApi } from '../support/scripted-api-server.ts'
import { startScriptedRegistry } from '../support/scripted-registry.ts'
import type { ScriptedRegistry } from '../support/scripted-registry.ts'

let registry: ScriptedRegistry
let pair: Awaited<ReturnType<typeof serverPair>>

beforeAll(async () => {
  pair = await serverPair()
  registry = await startScriptedRegistry({
    auth: { kind: 'basic', users: { ann: canary.password }, public: ['team/app'] },
    images: { 'team/app:v1': { platform: 'linux/amd64' }, 'team/private:v1': { platform: 'linux/amd64' } },
  })
})

afterAll(() => registry.close())

/** A cluster with one node, and in `shop` a pull secret; `gone` has none. */
async function cluster(): Promise<ScriptedApi> {
  const api = await startScriptedApi(pair)
  const metadata = (name: string): { name: string; namespace: string } => ({ name, namespace: 'shop' })
  api.set('nodes', node('linux', 'amd64'))
  api.set('namespaces', { metadata: { name: 'shop', labels: { 'pullable.dev/warn': 'baseline' } } })
  api.set('namespaces', { metadata: { name: 'free', labels: { 'pullable.dev/enforce': 'none' } } })
  api.set('secrets', secret('regcred', canary.password))
  api.set('serviceaccounts', { metadata: metadata('default'), imagePullSecrets: [{ name: 'regcred' }] })
  return api
}

function node(os: string, architecture: string): { metadata: { name: string } } {
  const nodeInfo = { operatingSystem: os, architecture, containerRuntimeVersion: 'containerd://2.1.4' }
  return { metadata: { name: architecture }, status: { nodeInfo } } as { metadata: { name: string } }
}

function secret(name: string, password: string): { metadata: { name: string; namespace: string } } {
  const auths = { [registry.host]: { username: 'ann', password } }
  const data = { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') }
  const metadata = { name, namespace: 'shop' }
  return { apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/dockerconfigjson', data } as {
    metadata: { name: string; namespace: string }
  }
}

function kubeconfig(server: string): string {
  return JSON.stringify({
    'current-context': 'shop',
    clusters: [
      { name: 'c', cluster: { server, 'certificate-authority-data': Buffer.from(pair.ca).toString('base64') } },
    ],
    contexts: [{ name: 'shop', context: { cluster: 'c', user: 'u' } }],
    users: [{ name: 'u', user: { token: canary.token } }],
  })
}

function pod(image: string, spec: object = {}, namespace = 'shop'): object {
  const containers = [{ name: 'app', image: `${registry.host}/${image}`, imagePullPolicy: 'Always' }]
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace }, spec: { containers, ...spec } }
}

function deployment(image: string, spec: object = {}): object {
  const { spec: template } = pod(image, spec) as { spec: object }
  const metadata = { name: 'web', namespace: 'shop' }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { template: { spec: template } } }
}

function requestOf(object: object): object {
  const { kind } = object as { readonly kind: string }
  if (kind === 'Pod') return {}
  const names = { group: 'apps', version: 'v1' }
  return { kind: { ...names, kind }, resource: { ...names, resource: `${kind.toLowerCase()}s` } }
}

const withSecret = (name: string): object => ({ imagePullSecrets: [{ name }] })

async function check(
  server: string,
  objects: readonly object[],
  args: readonly string[] = ['--kubeconfig=kubeconfig'],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran & { readonly found: readonly (readonly [string, ...string[]])[] }> {
  return inFolder(async (cwd) => {
    await writeFile(join(cwd, 'kubeconfig'), kubeconfig(server))
    const stdin = objects.map((object) => JSON.stringify(object)).join('\n---\n')
    const ran = await pullable(['check', '-ojson', ...args, '-'], { cwd, stdin, env })
    const report = ran.stdout === '' ? { results: [] } : (JSON.parse(ran.stdout) as CheckReport)
    const found = report.results.map(
      ({ decision, images }) =>
        [decision, ...images.flatMap(({ findings }) => findings.map(({ cause }) => cause))] as const,
    )
    expect(canariesIn(ran.stdout + ran.stderr)).toEqual([])
    return { ...ran, found }
  })
}

async function withCluster<T>(use: (api: ScriptedApi) => Promise<T>): Promise<T> {
  const api = await cluster()
  try {
    return await use(api)
  } finally {
    await api.stop()
  }
}

const ADMISSION = '/apis/admissionregistration.k8s.io/v1/'
const mutating = ['mutatingwebhookconfigurations', 'mutatingadmissionpolicies', 'mutatingadmissionpolicybindings']

const AWAY =
  'pullable: the cluster cannot be read (connection refused): what rests on its secrets, accounts, namespaces and nodes is undetermined\n'

describe.concurrent('check', { timeout: 60_000 }, () => {
  it('judges by what the cluster has, and asks it for nothing else', async ({ expect }) => {
    await withCluster(async (api) => {
      const ran = await check(api.origin, [
        deployment('team/private:v1'),
        pod('team/private:v1', withSecret('regcred')),
        pod('team/private:v1', withSecret('absent')),
        deployment('team/private:v1', withSecret('absent')),
        pod('team/app:v9', {}, 'free'),
      ])
      expect([ran.found, ran.code, ran.stderr]).toEqual([
        [['allow'], ['allow'], ['deny', 'access-denied'], ['warn', 'pull-secret-absent'], ['warn', 'manifest-unknown']],
        1,
        '',
      ])
      const asked = api.lines().map((line) => line.replace(/^GET (\/api\/v1\/)?/, '').replace(/[ ?].*/, ''))
      expect(new Set(asked)).toEqual(
        new Set([
          'nodes',
          'namespaces/shop',
          'namespaces/free',
          'namespaces/shop/serviceaccounts/default',
          'namespaces/free/serviceaccounts/default',
          'namespaces/shop/secrets/regcred',
          'namespaces/shop/secrets/absent',
          // What may rewrite pods, as something is wrong.
          ...mutating.map((resource) => `${ADMISSION}${resource}`),
        ]),
      )
      expect(api.log.every(({ headers }) => headers.authorization === `Bearer ${canary.token}`)).toBe(true)
    })
  })

  it('lays the input over it', async ({ expect }) => {
    await withCluster(async (api) => {
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }
      const arm = { apiVersion: 'v1', kind: 'Node', ...node('linux', 'arm64') }
      const wrong = await check(api.origin, [secret('regcred', 'wrong'), pod('team/private:v1', withSecret('regcred'))])
      expect(wrong.found).toEqual([['deny', 'credentials-rejected']])
      expect((await check(api.origin, [arm, pod('team/app:v1')])).found).toEqual([['deny', 'platform-mismatch']])
      const labelled = { ...namespace, metadata: { name: 'shop', labels: { 'pullable.dev/enforce': 'none' } } }
      expect((await check(api.origin, [labelled, pod('team/app:v9')])).found).toEqual([['warn', 'manifest-unknown']])
    })
  })

  it('takes --platform where the cluster has no nodes', async ({ expect }) => {
    await withCluster(async (api) => {
      const args = ['--kubeconfig=kubeconfig', '--platform=linux/arm64']
      expect((await check(api.origin, [pod('team/app:v1')], args)).found).toEqual([['allow']])
      api.remove('nodes', 'amd64')
      expect((await check(api.origin, [pod('team/app:v1')], args)).found).toEqual([['deny', 'platform-mismatch']])
    })
  })

  it('reads $KUBECONFIG once --context is given, and no cluster before', async ({ expect }) => {
    await withCluster(async (api) => {
      const env = {
        KUBECONFIG: 'nowhere:kubeconfig',
        KUBERNETES_SERVICE_HOST: '127.0.0.1',
        KUBERNETES_SERVICE_PORT: '1',
      }
      expect((await check(api.origin, [pod('team/private:v1')], ['--context=shop'], env)).found).toEqual([['allow']])
      const asked = api.log.length
      const without = await check(api.origin, [pod('team/private:v1')], [], env)
      expect([without.found, without.stderr, api.log.length]).toEqual([[['warn', 'pull-secret-absent']], '', asked])
    })
  })

  it('says once that the cluster is away, and denies nothing that rests on it', async ({ expect }) => {
    const api = await cluster()
    await api.stop()
    const objects = Array.from({ length: 30 }, () => pod('team/private:v1'))
    const began = performance.now()
    const ran = await check(api.origin, [...objects, deployment('team/private:v1', withSecret('regcred'))])
    expect([new Set(ran.found.map(([decision]) => decision)), ran.code, ran.stderr]).toEqual([
      new Set(['warn']),
      0,
      AWAY,
    ])
    expect(ran.found.every((each) => each.includes('view-incomplete'))).toBe(true)
    expect(performance.now() - began).toBeLessThan(15_000)
    const strict = await check(api.origin, [pod('team/app:v1')], ['--kubeconfig=kubeconfig', '--fail-on=undetermined'])
    expect([strict.code, strict.stderr]).toEqual([3, AWAY])
  })

  it('gives up on one that never answers', async ({ expect }) => {
    await withCluster(async (api) => {
      api.route({ path: '/api/*', answer: { hang: true } })
      const args = ['--kubeconfig=kubeconfig', '--timeout=1s']
      const ran = await check(
        api.origin,
        Array.from({ length: 60 }, () => pod('team/app:v1')),
        args,
      )
      expect([new Set(ran.found.map(([decision]) => decision)), ran.code]).toEqual([new Set(['warn']), 0])
      expect(ran.stderr).toMatch(/^pullable: the cluster cannot be read.*\n$/)
    })
  })

  it('warns alone of what the cluster may rewrite, and says once what may not be read', async ({ expect }) => {
    await withCluster(async (api) => {
      const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }]
      const bad = [deployment('team/app:v9'), pod('team/app:v9')]
      const both = (decision: string): readonly string[][] => bad.map(() => [decision, 'manifest-unknown'])
      const plain = await check(api.origin, bad)
      expect([plain.found, plain.code, plain.stderr]).toEqual([both('deny'), 1, ''])
      api.set('mutatingwebhookconfigurations', { metadata: { name: 'a' }, webhooks: [{ name: 'rewrite.test', rules }] })
      const warned = await check(api.origin, bad)
      expect([warned.found, warned.code, warned.stderr]).toEqual([both('warn'), 0, ''])
      const denied = await check(api.origin, bad, ['--kubeconfig=kubeconfig', '--templates=deny'])
      expect([denied.found, denied.code]).toEqual([both('deny'), 1])
      api.route({ path: `${ADMISSION}*`, answer: { status: 403 } })
      const blind = await check(api.origin, bad)
      expect([blind.found, blind.code, blind.stderr]).toEqual([
        both('deny'),
        1,
        'pullable: mutating webhooks and policies may not be read: everything is judged as if nothing rewrote it\n',
      ])
    })
  })

  it.for<[string, number, string]>([
    ['whoever may not', 403, 'does not let you read'],
    ['whose login has expired', 401, 'cannot be read ('],
  ])('tells %s what that means', async ([, status, words], { expect }) => {
    await withCluster(async (api) => {
      api.route({ path: '/api/*', answer: { status } })
      const ran = await check(api.origin, [pod('team/private:v1', withSecret('regcred'))])
      expect([ran.found[0]?.[0], ran.code]).toEqual(['warn', 0])
      expect(ran.found[0]).toContain('view-incomplete')
      for (const line of ran.stderr.trimEnd().split('\n')) expect(line).toContain(words)
    })
  })
})

describe('serve', { timeout: 60_000 }, () => {
  async function serving<T>(
    server: string,
    use: (
      serving: Serving,
      review: (object: object) => Promise<Reviewed['response']>,
      page: (path: string) => Promise<string>,
    ) => Promise<T>,
  ): Promise<T> {
    return inFolder(async (cwd) => {
      await writeFile(join(cwd, 'kubeconfig'), kubeconfig(server))
      await writeFile(join(cwd, 'tls.crt'), pair.cert)
      await writeFile(join(cwd, 'tls.key'), pair.key)
      await writeFile(join(cwd, 'config.yaml'), 'registries: { allowAddresses: [127.0.0.1] }')
      const args = ['--tls-cert-file=tls.crt', '--tls-private-key-file=tls.key', '--config=config.yaml']
      const up = await startServing([...args, '--kubeconfig=kubeconfig'], { cwd })
      const heard: string[] = []
      try {
        return await use(
          up,
          async (object) => {
            const answer = await post(up.port, pair.ca, JSON.stringify(reviewOf(object, requestOf(object))))
            heard.push(answer.text)
            expect(answer.status).toBe(200)
            return answer.response
          },
          async (path) => {
            const text = await (await fetch(`http://127.0.0.1:${String(up.metricsPort)}/${path}`)).text()
            heard.push(text)
            return text
          },
        )
      } finally {
        expect(await up.stop()).toBe(0)
        expect(canariesIn(heard.join('\n') + up.output())).toEqual([])
      }
    })
  }

  it('judges by the cluster, sees what changes, and tells its metrics', async () => {
    await withCluster(async (api) => {
      await serving(api.origin, async (_, review, page) => {
        await expect.poll(() => page('readyz')).toBe('{"ready":true}')
        expect(await review(pod('team/private:v1', withSecret('regcred')))).toMatchObject({ allowed: true })
        const refused = await review(pod('team/private:v1', withSecret('absent')))
        expect([refused?.allowed, refused?.status?.message]).toEqual([false, expect.stringContaining('access-denied')])
        // A Secret that the same `kubectl apply` made a moment ago.
        api.set('secrets', secret('absent', canary.password))
        expect(await review(pod('team/private:v1', withSecret('absent')))).toMatchObject({ allowed: true })
        api.set('namespaces', { metadata: { name: 'shop', labels: { 'pullable.dev/enforce': 'none' } } })
        await expect.poll(async () => (await review(pod('team/app:v9')))?.allowed).toBe(true)
        const lines = (await page('metrics')).split('\n').filter((line) => line.startsWith('pullable_cluster_'))
        const watched = ['nodes', 'namespaces', ...mutating]
        const requests = watched.flatMap((resource) => [`${resource} list 2xx`, `${resource} watch 2xx`])
        const series = [...requests, 'secrets get 2xx', 'secrets get 4xx'].map((each) => {
          const [resource, verb, status] = each.split(' ')
          return `pullable_cluster_requests_total{resource="${resource ?? ''}",verb="${verb ?? ''}",status="${status ?? ''}"}`
        })
        const ages = ['nodes', 'namespaces', 'mutators'].map(
          (name) => `pullable_cluster_view_age_seconds{resource="${name}"}`,
        )
        expect(lines.map((line) => line.replace(/ [\d.]+$/, '')).sort()).toEqual([...series, ...ages].sort())
      })
    })
  })

  it('serves while the API server is away, says that it is not ready and why, and recovers', async () => {
    const api = await cluster()
    await api.stop()
    await serving(api.origin, async (up, review, page) => {
      expect(await page('readyz')).toBe(
        '{"ready":false,"reason":"the nodes have not been read yet: connection refused"}',
      )
      expect(await page('metrics')).toContain('pullable_cluster_view_age_seconds{resource="nodes"} +Inf\n')
      const blind = await review(pod('team/private:v1', withSecret('regcred')))
      expect(blind?.allowed).toBe(true)
      expect(blind?.warnings?.join('\n')).toContain('view-incomplete')
      await api.start()
      await expect.poll(() => page('readyz'), { timeout: 5_000 }).toBe('{"ready":true}')
      const seen = await review(pod('team/private:v1', withSecret('regcred')))
      expect(seen).toMatchObject({ allowed: true })
      expect(seen).not.toHaveProperty('warnings')
      expect(up.log()).toContain('"why":"connection refused"')
    })
    await api.stop()
  })

  it('names each rule that is missing, and answers all the same', async () => {
    await withCluster(async (api) => {
      api.route({ path: '/api/*', answer: { status: 403 } })
      await serving(api.origin, async (up, review, page) => {
        // A server that has just started forbids everything for a moment, so that is waited for.
        await expect.poll(() => page('readyz'), { timeout: 15_000 }).toBe('{"ready":true}')
        for (const object of [
          pod('team/private:v1', withSecret('regcred')),
          deployment('team/private:v1'),
          pod('team/app:v9'),
        ])
          expect((await review(object))?.allowed).toBe(true)
        const rules = [...up.log().matchAll(/"rule":("(?:[^"\\]|\\.)*")/g)].map(
          ([, text]) => JSON.parse(text ?? '') as string,
        )
        const rule = (resource: string, verbs: string): string =>
          `apiGroups: [""], resources: [${resource}], verbs: [${verbs}]`
        expect(new Set(rules)).toEqual(
          new Set([
            rule('nodes', 'list, watch'),
            rule('namespaces', 'get, list, watch'),
            rule('secrets', 'get'),
            rule('serviceaccounts', 'get'),
          ]),
        )
      })
    })
  })

  it('asks no registry on its own loopback that the operator has not allowed, which is not the node’s', async () => {
    await withCluster(async (api) => {
      await serving(api.origin, async (_, review) => {
        const containers = [{ name: 'app', image: `127.0.0.2:${String(registry.port)}/team/app:v9` }]
        const metadata = { name: 'web', namespace: 'shop' }
        const answer = await review({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers } })
        expect(answer?.allowed).toBe(true)
        expect(answer?.warnings?.[0]).toContain('that is the machine that we run on, not the node')
      })
    })
  })
})
