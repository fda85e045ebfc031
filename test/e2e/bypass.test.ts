// What only a real API server shows: what it makes of what the editor of a namespace sends it, before we are asked; and what whoever labels a
// namespace is told. The webhooks are those of the chart.
import { execFile } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startLab } from '../lab/cluster.ts'
import type { Lab } from '../lab/cluster.ts'
import { serveHere } from '../lab/webhook.ts'
import { render } from '../manifests/render.ts'
import type { ServerPair } from '../support/certificates.ts'
import type { Serving } from '../support/command.ts'

/** The programs may have to be built. */
const BUILD_MS = 20 * 60_000
/** The longest time for an API server to learn of a webhook. */
const LEARN_MS = 30_000

let lab: Lab | undefined
let serving: Serving | undefined
let good: string
let gone: string

beforeAll(async () => {
  lab = await startLab({ say: (line) => console.log(line) })
  const { kubectl, registries } = lab
  good = `${registries.plain.host}/team/app:1.0`
  gone = `${registries.plain.host}/team/app:gone`
  const here = await serveHere(lab, '--mode=enforce')
  serving = here.serving
  const more =
    'podtemplates,pods/status,pods/resize,pods/ephemeralcontainers,deployments.apps/status,deployments.apps/scale'
  await kubectl(['create', 'clusterrole', 'more', '--verb=get,create,patch,update', `--resource=${more}`])
  await kubectl(['create', 'clusterrolebinding', 'more', '--clusterrole=more', '--user=jane'])
  for (const name of ['shop', 'lax']) {
    await kubectl(['create', 'namespace', name])
    await kubectl(['-n', name, 'create', 'rolebinding', 'jane', '--clusterrole=edit', '--user=jane'])
    await vi.waitFor(() => kubectl(['-n', name, 'get', 'sa', 'default', '-o=name']), { timeout: 30_000 })
  }
  await kubectl(['label', 'namespace', 'lax', 'pullable.dev/enforce=none', 'pullable.dev/warn=none'])
  await kubectl(['-n', 'shop', 'create', '-f', '-'], pod('good', good))
  await kubectl(['-n', 'shop', 'create', 'deployment', 'good', `--image=${good}`, '--replicas=0'])
  await kubectl(['-n', 'shop', 'create', 'cronjob', 'good', `--image=${good}`, '--schedule=0 0 1 1 *'])
  await kubectl(['create', '-f', '-'], await configuration(here.pair, serving.port))
  const refused = async (): Promise<void> => {
    const { err } = await typed(['create', '--dry-run=server', '-f', '-'], pod('a', gone))
    expect(err).toContain('manifest-unknown')
  }
  await vi.waitFor(refused, { timeout: LEARN_MS, interval: 500 })
}, BUILD_MS)

afterAll(async () => {
  await serving?.stop()
  await lab?.stop()
}, 60_000)

/** The chart's, failing closed, with the webhook on this machine. */
async function configuration({ ca }: ServerPair, port: number): Promise<string> {
  const [found] = (await render({ webhook: { failurePolicy: 'Fail' } })).of('ValidatingWebhookConfiguration')
  const clientConfig = { url: `https://localhost:${port}/validate`, caBundle: Buffer.from(ca).toString('base64') }
  const webhooks = (found?.['webhooks'] as readonly object[]).map((each) => ({ ...each, clientConfig }))
  return JSON.stringify({ ...found, webhooks })
}

interface Typed {
  readonly code: number
  readonly out: string
  readonly err: string
}

function kubectl(args: readonly string[], input: string): Promise<Typed> {
  if (lab === undefined) throw new Error('the lab is not up')
  const { kubectlPath, kubeconfig } = lab
  return new Promise((resolve) => {
    const child = execFile(kubectlPath, [`--kubeconfig=${kubeconfig}`, ...args], (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, out, err })
    })
    child.stdin?.end(input)
  })
}

/** By an editor of the namespace. */
const typed = (args: readonly string[], input = ''): Promise<Typed> =>
  kubectl(['--as=jane', '--namespace=shop', ...args], input)

function pod(name: string, image: string, spec: object = {}, metadata: object = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { containers: [{ name: 'app', image }], terminationGracePeriodSeconds: 0, ...spec },
  })
}

const patch = (value: object): string => `--patch=${JSON.stringify(value)}`
const imageOf = (image: string): object => ({ containers: [{ name: 'app', image }] })

describe('an editor of a namespace is refused', () => {
  it.each<[string, () => readonly string[], (() => string)?]>([
    ['a pod', () => ['create', '-f', '-'], () => pod('a', gone)],
    [
      'a pod without a name',
      () => ['create', '-f', '-'],
      () => pod('', gone, {}, { name: undefined, generateName: 'a-' }),
    ],
    ['a pod that chooses its node', () => ['create', '-f', '-'], () => pod('a', gone, { nodeName: 'nowhere' })],
    [
      'a pod that says a ReplicaSet owns it',
      () => ['create', '-f', '-'],
      () =>
        pod(
          'a',
          gone,
          {},
          {
            ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid: 'x', controller: true }],
          },
        ),
    ],
    [
      'a pod with the labels of an exempt namespace',
      () => ['create', '-f', '-'],
      () =>
        pod('a', gone, {}, { labels: { 'pullable.dev/ignore': 'x', 'kubernetes.io/metadata.name': 'kube-system' } }),
    ],
    ['a pod with a finalizer', () => ['create', '-f', '-'], () => pod('a', gone, {}, { finalizers: ['a.example/b'] })],
    [
      'two images in one container, of which the last counts',
      () => ['create', '--raw=/api/v1/namespaces/shop/pods', '-f', '-'],
      () => pod('a', good).replace(`"image":"${good}"`, `"image":"${good}","image":"${gone}"`),
    ],
    [
      'an image volume',
      () => ['create', '-f', '-'],
      () =>
        pod('a', good, {
          containers: [{ name: 'app', image: good, volumeMounts: [{ name: 'd', mountPath: '/d' }] }],
          volumes: [{ name: 'd', image: { reference: gone } }],
        }),
    ],
    ['kubectl run', () => ['run', 'a', `--image=${gone}`]],
    ['a trial run', () => ['run', 'a', `--image=${gone}`, '--dry-run=server']],
    ['server-side apply', () => ['apply', '--server-side', '-f', '-'], () => pod('a', gone)],
    ['another image for a pod that runs', () => ['set', 'image', 'pod/good', `app=${gone}`]],
    [
      'the same by a JSON patch',
      () => [
        'patch',
        'pod',
        'good',
        '--type=json',
        '--patch',
        JSON.stringify([{ op: 'replace', path: '/spec/containers/0/image', value: gone }]),
      ],
    ],
    ['the same by a strategic patch', () => ['patch', 'pod', 'good', patch({ spec: imageOf(gone) })]],
    ['the same by replacing it', () => ['replace', '--force', '-f', '-'], () => pod('a', gone)],
    ['an ephemeral container', () => ['debug', 'good', `--image=${gone}`, '--container=dbg', '--attach=false']],
    [
      'a copy of a pod, with another image',
      () => ['debug', 'good', '--copy-to=copy', `--set-image=app=${gone}`, '--attach=false'],
    ],
    ['a Deployment', () => ['create', 'deployment', 'a', `--image=${gone}`]],
    ['another image for a Deployment of no pods', () => ['set', 'image', 'deployment/good', `*=${gone}`]],
    ['a CronJob', () => ['create', 'cronjob', 'a', `--image=${gone}`, '--schedule=0 0 1 1 *']],
    ['another image for a CronJob', () => ['set', 'image', 'cronjob/good', `good=${gone}`]],
    ['a Job', () => ['create', 'job', 'a', `--image=${gone}`]],
    [
      'a PodTemplate',
      () => ['create', '-f', '-'],
      () =>
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'PodTemplate',
          metadata: { name: 'a' },
          template: { metadata: {}, spec: imageOf(gone) },
        }),
    ],
  ])('%s', async (_, args, input = () => '') => {
    const { code, err } = await typed(args(), input())
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/pullable\.dev" denied the request: (?:.|\n)*manifest-unknown: no tag "gone"/),
    ])
  })

  it('what no node could read', async () => {
    for (const image of [
      ` ${good}`,
      good.replace('team', 'TEAM'),
      good.replace('app', '\u0430pp'),
      good.replace('/team', '/x/../team'),
    ]) {
      const { code, err } = await typed(['create', '-f', '-'], pod('a', image))
      expect([code, err]).toEqual([
        1,
        expect.stringMatching(/reference-invalid|must not have leading or trailing whitespace/),
      ])
    }
  })
})

describe('what an editor may send changes no image', () => {
  const images = async (): Promise<string> => {
    const path = '{.items[*].spec.containers[*].image}{.items[*].spec.template.spec.containers[*].image}'
    return (await typed(['get', 'pods/good', 'deployments/good', `-o=jsonpath=${path}`])).out
  }
  it.each<[string, () => readonly string[]]>([
    ['the status of a pod', () => ['patch', 'pod', 'good', '--subresource=status', patch({ spec: imageOf(gone) })]],
    ['the resources of a pod', () => ['patch', 'pod', 'good', '--subresource=resize', patch({ spec: imageOf(gone) })]],
    [
      'the status of a Deployment',
      () => [
        'patch',
        'deployment',
        'good',
        '--subresource=status',
        patch({ spec: { template: { spec: imageOf(gone) } } }),
      ],
    ],
    [
      'the scale of a Deployment',
      () => [
        'patch',
        'deployment',
        'good',
        '--subresource=scale',
        patch({ spec: { replicas: 0, template: { spec: imageOf(gone) } } }),
      ],
    ],
    [
      'the labels of its namespace, which it may not change',
      () => ['label', 'namespace', 'shop', 'pullable.dev/enforce=none'],
    ],
  ])('%s', async (_, args) => {
    const before = await images()
    await typed(args())
    expect(await images()).toBe(before)
    expect(before).not.toContain('gone')
  })

  it('nor does a kind of an old group, which is there no more', async () => {
    const old = JSON.stringify({
      apiVersion: 'extensions/v1beta1',
      kind: 'Deployment',
      metadata: { name: 'a' },
      spec: { template: { spec: imageOf(gone) } },
    })
    expect((await typed(['create', '-f', '-'], old)).code).toBe(1)
  })
})

describe('who labels a namespace', () => {
  const label = (name: string, ...args: readonly string[]): Promise<Typed> =>
    kubectl(['label', '--overwrite', 'namespace', name, ...args], '')
  const reviews = (): number => (serving?.log() ?? '').split('"labels of a namespace changed"').length - 1

  it('is told which labels mean nothing', async () => {
    const { code, err } = await label(
      'shop',
      'pullable.dev/warn=on',
      'pullable.dev/exempt-manifest-unknwon=x',
      'pullable.dev/enforced=strict',
      '--dry-run=server',
    )
    expect([code, err.trim().split('\n')]).toEqual([
      0,
      [
        'Warning: label pullable.dev/warn of namespace shop is "on", not none, baseline or strict: the default holds, strict',
        'Warning: label "pullable.dev/enforced" means nothing; did you mean pullable.dev/enforce?',
        'Warning: label "pullable.dev/exempt-manifest-unknwon" exempts from nothing: there is no such cause; did you mean pullable.dev/exempt-manifest-unknown?',
      ],
    ])
  })

  it('is told which pods would be refused, where it becomes stricter', async () => {
    for (const name of ['bad-1', 'bad-2']) await kubectl(['-n', 'lax', 'create', '-f', '-'], pod(name, gone))
    await kubectl(['-n', 'lax', 'create', '-f', '-'], pod('fine', good))
    const words = 'Warning: 2 pods would be refused: manifest-unknown: bad-1 (and 1 other)\n'
    expect(await label('lax', 'pullable.dev/enforce=baseline', '--dry-run=server')).toEqual({
      code: 0,
      out: 'namespace/lax labeled (server dry run)\n',
      err: words,
    })
    expect((await label('lax', 'pullable.dev/enforce-', '--dry-run=server')).err).toBe(words)
    const status = [
      'patch',
      'namespace',
      'lax',
      '--subresource=status',
      '--dry-run=server',
      patch({ metadata: { labels: { 'pullable.dev/enforce': 'strict' } } }),
    ]
    expect((await kubectl(status, '')).err).toBe(words)
  })

  it('is not kept waiting where no label of ours changes, nor where it is a system namespace', async () => {
    const before = reviews()
    expect((await label('shop', 'team=a')).err).toBe('')
    expect((await label('kube-system', 'pullable.dev/enforce=x', '--dry-run=server')).err).toBe('')
    expect((await kubectl(['create', 'namespace', 'plain', '--dry-run=server'], '')).err).toBe('')
    expect(reviews()).toBe(before)
    await label('shop', 'pullable.dev/audit=none', '--dry-run=server')
    await expect.poll(reviews).toBe(before + 1)
  })
})
