// What the editor of a namespace may try to get a pod past us whose image is not there: each is refused, or shown to be harmless.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Webhook } from '../../src/commands/webhook.ts'
import { serverPair } from '../support/certificates.ts'
import type { ServerPair } from '../support/certificates.ts'
import { post, reviewOf } from '../support/review.ts'
import { startScriptedApi } from '../support/scripted-api-server.ts'
import type { ScriptedApi } from '../support/scripted-api-server.ts'
import { startScriptedRegistry } from '../support/scripted-registry.ts'
import type { ScriptedRegistry } from '../support/scripted-registry.ts'
import { startInPod } from './in-pod.ts'

let pair: ServerPair
let api: ScriptedApi
let registry: ScriptedRegistry
let webhook: Webhook

beforeAll(async () => {
  pair = await serverPair()
  api = await startScriptedApi(pair)
  registry = await startScriptedRegistry({
    images: { 'acme/web:v1': {}, 'acme/web:latest': {}, 'secret/web:v1': {} },
    auth: { kind: 'bearer', users: { billing: 'canary-password' }, public: ['acme/web'] },
  })
  const config = `
mode: enforce
registries: { insecure: ["${registry.host}"], allowAddresses: [127.0.0.0/8] }
exemptions: { images: ["${registry.host}/free/**"], users: [robot], runtimeClasses: [kata] }
`
  for (const name of ['shop', 'billing']) api.set('namespaces', { metadata: { name, labels: {} } })
  const auth = { username: 'billing', password: 'canary-password' }
  const auths = { auths: { [registry.host]: auth, 'only-in-the-secret.example:5000': auth } }
  const text = JSON.stringify(auths)
  api.set('secrets', {
    metadata: { name: 'regcred', namespace: 'billing' },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(text).toString('base64') },
  })
  webhook = await startInPod(pair, api, config)
})

afterAll(async () => {
  await webhook.close()
  await Promise.all([api.stop(), registry.close()])
})

interface Ruled {
  readonly allowed: boolean
  readonly warnings?: readonly string[]
  readonly status?: {
    readonly message: string
    readonly details?: { readonly causes: readonly { reason: string; field: string }[] }
  }
}

/** `$HOST` stands for the registry's, in the text of the review as an API server would send it. */
async function send(
  review: string | object,
): Promise<{ readonly status: number; readonly ruled: Ruled | undefined; readonly text: string }> {
  const body = (typeof review === 'string' ? review : JSON.stringify(review)).replaceAll('$HOST', registry.host)
  const { status, text } = await post(webhook.port, pair.ca, body)
  const { response } = JSON.parse(text.slice(text.indexOf('\n') + 1)) as { response?: Ruled }
  return { status, ruled: response, text }
}

const GONE = '$HOST/acme/web:v9'
const GOOD = '$HOST/acme/web:v1'
const container = (image: string, more: object = {}): object => ({ name: 'web', image, ...more })
const spec = (image: string, more: object = {}): object => ({ containers: [container(image)], ...more })

function pod(image: string, more: object = {}, metadata: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', ...metadata },
    spec: spec(image, more),
  }
}

function of(group: string, version: string, kind: string, resource: string): object {
  return { kind: { group, version, kind }, resource: { group, version, resource } }
}

const update = (old: object, more: object = {}): object => ({ operation: 'UPDATE', oldObject: old, ...more })
const mounted = { volumeMounts: [{ name: 'data', mountPath: '/data' }] }
const volume = (reference: string): object => ({
  containers: [container(GOOD, mounted)],
  volumes: [{ name: 'data', image: { reference } }],
})
const template = (image: string, kind: string, apiVersion: string, wrap: (pod: object) => object): object => ({
  apiVersion,
  kind,
  metadata: { name: 'web', namespace: 'shop' },
  ...wrap({ metadata: {}, spec: spec(image) }),
})
const inSpec = (pod: object): object => ({ spec: { template: pod } })

describe('refused', () => {
  const rows: readonly [string, object | string, string, string?][] = [
    ['a pod, plainly', reviewOf(pod(GONE)), 'manifest-unknown'],
    [
      'labels and annotations of the pod that look like exemptions',
      reviewOf(
        pod(
          GONE,
          {},
          {
            labels: {
              'pullable.dev/ignore': 'x',
              'pullable.dev/enforce': 'none',
              'pullable.dev/exempt-manifest-unknown': 'x',
            },
            annotations: { 'pullable.dev/ignore': 'x', 'pullable.dev/exempt-manifest-unknown': 'x' },
          },
        ),
      ),
      'manifest-unknown',
    ],
    [
      'a mirror pod of nobody’s kubelet',
      reviewOf(pod(GONE, {}, { annotations: { 'kubernetes.io/config.mirror': 'x' } })),
      'manifest-unknown',
    ],
    [
      'an owner that somebody wrote',
      reviewOf(
        pod(
          GONE,
          {},
          {
            ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: '1', controller: true }],
          },
        ),
      ),
      'manifest-unknown',
    ],
    [
      'an owner that somebody wrote, and no tag',
      reviewOf(
        pod(
          '$HOST/acme/web',
          {},
          {
            ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: '1', controller: true }],
          },
        ),
      ),
      'tag-missing',
    ],
    [
      'the namespace of the object is another than that of the request',
      reviewOf(pod(GONE, {}, { namespace: 'kube-system' })),
      'manifest-unknown',
    ],
    [
      'an init container',
      reviewOf(pod(GOOD, { initContainers: [container(GONE, { name: 'i' })] })),
      'manifest-unknown',
      'spec.initContainers[0].image',
    ],
    [
      'a sidecar',
      reviewOf(pod(GOOD, { initContainers: [container(GONE, { name: 'i', restartPolicy: 'Always' })] })),
      'manifest-unknown',
      'spec.initContainers[0].image',
    ],
    [
      'the second container',
      reviewOf(pod(GOOD, { containers: [container(GOOD), container(GONE, { name: 'b' })] })),
      'manifest-unknown',
      'spec.containers[1].image',
    ],
    [
      'an ephemeral container',
      reviewOf(
        pod(GOOD, { ephemeralContainers: [container(GONE, { name: 'e' })] }),
        update(pod(GOOD), { subResource: 'ephemeralcontainers' }),
      ),
      'manifest-unknown',
      'spec.ephemeralContainers[0].image',
    ],
    [
      'another name for the same ephemeral container',
      reviewOf(
        pod(GOOD, { ephemeralContainers: [container(GOOD, { name: 'a' }), container(GONE, { name: 'b' })] }),
        update(pod(GOOD, { ephemeralContainers: [container(GOOD, { name: 'a' })] }), {
          subResource: 'ephemeralcontainers',
        }),
      ),
      'manifest-unknown',
      'spec.ephemeralContainers[1].image',
    ],
    [
      'a subresource that does not exist yet',
      reviewOf(pod(GONE), update(pod(GOOD), { subResource: 'morecontainers' })),
      'manifest-unknown',
    ],
    [
      'an image volume',
      reviewOf({ ...pod(GOOD), spec: volume(GONE) }),
      'manifest-unknown',
      'spec.volumes[0].image.reference',
    ],
    ['an update after a good pod was made', reviewOf(pod(GONE), update(pod(GOOD))), 'manifest-unknown'],
    [
      'an update that only moves a bad image to another container',
      reviewOf(
        pod(GOOD, { containers: [container(GOOD), container(GONE, { name: 'b' })] }),
        update(pod(GOOD, { containers: [container(GONE), container(GOOD, { name: 'b' })] })),
      ),
      'manifest-unknown',
      'spec.containers[1].image',
    ],
    [
      'an update whose old object is another kind’s',
      reviewOf(pod(GONE), update(template(GONE, 'Deployment', 'apps/v1', inSpec))),
      'manifest-unknown',
    ],
    [
      'a Deployment',
      reviewOf(template(GONE, 'Deployment', 'apps/v1', inSpec), of('apps', 'v1', 'Deployment', 'deployments')),
      'manifest-unknown',
      'spec.template.spec.containers[0].image',
    ],
    [
      'a CronJob',
      reviewOf(
        template(GONE, 'CronJob', 'batch/v1', (pod) => ({ spec: { jobTemplate: { spec: { template: pod } } } })),
        of('batch', 'v1', 'CronJob', 'cronjobs'),
      ),
      'manifest-unknown',
      'spec.jobTemplate.spec.template.spec.containers[0].image',
    ],
    [
      'a PodTemplate',
      reviewOf(
        template(GONE, 'PodTemplate', 'v1', (pod) => ({ template: pod })),
        of('', 'v1', 'PodTemplate', 'podtemplates'),
      ),
      'manifest-unknown',
      'template.spec.containers[0].image',
    ],
    [
      'a ReplicationController',
      reviewOf(
        template(GONE, 'ReplicationController', 'v1', inSpec),
        of('', 'v1', 'ReplicationController', 'replicationcontrollers'),
      ),
      'manifest-unknown',
      'spec.template.spec.containers[0].image',
    ],
    [
      'another version of a kind',
      reviewOf(
        template(GONE, 'Deployment', 'apps/v1beta2', inSpec),
        of('apps', 'v1beta2', 'Deployment', 'deployments'),
      ),
      'manifest-unknown',
      'spec.template.spec.containers[0].image',
    ],
    [
      'an old group of a kind',
      reviewOf(
        template(GONE, 'Deployment', 'extensions/v1beta1', inSpec),
        of('extensions', 'v1beta1', 'Deployment', 'deployments'),
      ),
      'manifest-unknown',
      'spec.template.spec.containers[0].image',
    ],
    [
      'a key __proto__ that holds good containers',
      JSON.stringify(reviewOf(pod(GONE))).replace('"spec":{', `"spec":{"__proto__":${JSON.stringify(spec(GOOD))},`),
      'manifest-unknown',
    ],
    [
      '__proto__ in free-form keys',
      JSON.stringify(reviewOf(pod(GONE, { nodeSelector: { a: 'b' } })))
        .replace('"nodeSelector":{', '"nodeSelector":{"__proto__":"x","constructor":"y",')
        .replace('"a":"b"', '"prototype":"z"'),
      'manifest-unknown',
    ],
    ['a huge annotation', reviewOf(pod(GONE, {}, { annotations: { a: 'x'.repeat(256 * 1024) } })), 'manifest-unknown'],
    [
      'a huge object, twice',
      reviewOf(
        pod(GONE, {}, { annotations: { a: 'x'.repeat(3 * 1024 * 1024) } }),
        update(pod(GOOD, {}, { annotations: { a: 'y'.repeat(3 * 1024 * 1024) } })),
      ),
      'manifest-unknown',
    ],
    [
      'a good image before it many times over',
      reviewOf(
        pod(GOOD, {
          containers: [
            ...Array.from({ length: 500 }, (_, at) => container(GOOD, { name: `c${at}` })),
            container(GONE, { name: 'z' }),
          ],
        }),
      ),
      'manifest-unknown',
      'spec.containers[500].image',
    ],
    ['upper case, as no repository is', reviewOf(pod('$HOST/acme/WEB:v1')), 'reference-invalid'],
    ['a letter of another alphabet', reviewOf(pod('$HOST/\u0430cme/web:v1')), 'reference-invalid'],
    ['white space around it', reviewOf(pod(` ${GOOD}`)), 'reference-invalid'],
    ['a line break in it', reviewOf(pod(`${GOOD}\n`)), 'reference-invalid'],
    ['dots that climb out of an exempt folder', reviewOf(pod('$HOST/free/../acme/web:v9')), 'reference-invalid'],
    ['a user before the host', reviewOf(pod('free@$HOST/acme/web:v9')), 'reference-invalid'],
    ['an escaped slash', reviewOf(pod('$HOST/free%2F..%2Facme/web:v9')), 'reference-invalid'],
    ['a name that begins as an exempt one does', reviewOf(pod('$HOST/freedom/web:v9')), 'access-denied'],
    ['an exempt name below another host’s', reviewOf(pod('$HOST/x/$HOST/free/web:v9')), 'reference-invalid'],
    ['a digest behind a good tag', reviewOf(pod(`${GOOD}@sha256:${'0'.repeat(64)}`)), 'manifest-unknown'],
    [
      'a user called almost as an exempt one',
      reviewOf(pod(GONE), { userInfo: { username: 'robot ', groups: ['robot'] } }),
      'manifest-unknown',
    ],
    [
      'a runtime class called almost as an exempt one',
      reviewOf(pod(GONE, { runtimeClassName: 'KATA' })),
      'manifest-unknown',
    ],
    [
      'a pull secret of another namespace',
      reviewOf(pod('$HOST/secret/web:v1', { imagePullSecrets: [{ name: 'regcred', namespace: 'billing' }] })),
      'access-denied',
    ],
    [
      'a pull secret’s name that climbs into another namespace',
      reviewOf(pod('$HOST/secret/web:v1', { imagePullSecrets: [{ name: '../billing/regcred' }] })),
      'access-denied',
    ],
    ['a trial run', reviewOf(pod(GONE), { dryRun: true }), 'manifest-unknown'],
    [
      'a finalizer beside a change of the image',
      reviewOf(pod(GONE, {}, { finalizers: ['a/b'] }), update(pod(GOOD))),
      'manifest-unknown',
    ],
  ]

  it('are at least thirty', () => expect(rows.length).toBeGreaterThanOrEqual(30))

  it.each(rows)('%s', async (_, review, reason, field = 'spec.containers[0].image') => {
    const { status, ruled } = await send(review)
    const causes = (ruled?.status?.details?.causes ?? []).map((each) => `${each.field} ${each.reason}`)
    expect({ status, allowed: ruled?.allowed, first: causes[0] }).toEqual({
      status: 200,
      allowed: false,
      first: `${field} ${reason}`,
    })
  })
})

describe('harmless', () => {
  it.each<[string, object, string]>([
    ['a status: it makes nothing run', reviewOf(pod(GONE), update(pod(GOOD), { subResource: 'status' })), 'allowed'],
    [
      'a resize: the API server takes no image from it',
      reviewOf(pod(GONE), update(pod(GOOD), { subResource: 'resize' })),
      'allowed',
    ],
    [
      'a binding',
      reviewOf({ apiVersion: 'v1', kind: 'Binding' }, { ...of('', 'v1', 'Binding', 'pods'), subResource: 'binding' }),
      'allowed',
    ],
    [
      'a volume that nothing mounts: no node pulls it',
      reviewOf({ ...pod(GOOD), spec: { ...spec(GOOD), volumes: [{ name: 'd', image: { reference: GONE } }] } }),
      'allowed',
    ],
    [
      'a template in a kind from which nothing makes pods',
      reviewOf(template(GONE, 'ConfigMap', 'v1', inSpec), of('', 'v1', 'ConfigMap', 'configmaps')),
      'allowed',
    ],
    [
      'a kind called Deployment, of another group',
      reviewOf(
        template(GONE, 'Deployment', 'evil.example/v1', inSpec),
        of('evil.example', 'v1', 'Deployment', 'deployments'),
      ),
      'allowed',
    ],
    [
      'an image that is not a text: the API server refuses it',
      reviewOf(pod(GOOD, { containers: [{ name: 'a', image: { a: 1 } }] })),
      'warned',
    ],
    [
      'more containers than any API server takes',
      reviewOf(pod(GOOD, { containers: Array.from({ length: 10_001 }, () => ({})) })),
      'warned',
    ],
    [
      'labels of absurd values on a namespace',
      reviewOf(
        {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: 'shop', labels: { 'pullable.dev/enforce': '\u202enone', 'pullable.dev/ignore ': 'x' } },
        },
        { ...of('', 'v1', 'Namespace', 'namespaces'), name: 'shop' },
      ),
      'warned',
    ],
  ])('%s', async (_, review, how) => {
    const { status, ruled } = await send(review)
    expect([status, ruled?.allowed, ruled?.warnings === undefined ? 'allowed' : 'warned']).toEqual([200, true, how])
  })
})

describe('whatever is sent is answered', () => {
  const good = reviewOf(pod(GOOD)) as { request: Record<string, unknown> }
  const without = (...keys: readonly string[]): object => ({
    ...good,
    request: Object.fromEntries(Object.entries(good.request).filter(([key]) => !keys.includes(key))),
  })
  const nest = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
  it.each<[string, string | object, number, boolean?]>([
    ['no object', without('object'), 200, true],
    ['null for an object', reviewOf({}, { object: null }), 200, true],
    ['no userInfo', without('userInfo'), 200, true],
    ['neither kind nor resource', without('kind', 'resource'), 200, true],
    ['a deletion', reviewOf(pod(GONE), { operation: 'DELETE', object: null, oldObject: pod(GONE) }), 200, true],
    [
      'a deletion of many',
      reviewOf(pod(GONE), { operation: 'DELETE', object: null, oldObject: null, name: '' }),
      200,
      true,
    ],
    [
      'exec',
      reviewOf(
        { kind: 'PodExecOptions', apiVersion: 'v1' },
        { ...of('', 'v1', 'PodExecOptions', 'pods'), operation: 'CONNECT', subResource: 'exec' },
      ),
      200,
      true,
    ],
    ['an update without what was', reviewOf(pod(GONE), { operation: 'UPDATE', oldObject: null }), 200, false],
    ['what was is no object', reviewOf(pod(GONE), update('x' as unknown as object)), 200, false],
    [
      'a namespace without an object',
      reviewOf({}, { ...of('', 'v1', 'Namespace', 'namespaces'), operation: 'UPDATE', object: null, oldObject: null }),
      200,
      true,
    ],
    [
      'labels of a namespace that are a list',
      reviewOf({ kind: 'Namespace', metadata: { labels: [1] } }, { ...of('', 'v1', 'Namespace', 'namespaces') }),
      200,
      true,
    ],
    [
      'a template that is a list',
      reviewOf(
        { apiVersion: 'apps/v1', kind: 'Deployment', spec: { template: [spec(GONE)] } },
        of('apps', 'v1', 'Deployment', 'deployments'),
      ),
      200,
      true,
    ],
    [
      'a kind of prototypes',
      reviewOf({ apiVersion: 'v1', kind: '__proto__' }, of('', 'v1', '__proto__', 'pods')),
      200,
      true,
    ],
    ['v1beta1', { ...good, apiVersion: 'admission.k8s.io/v1beta1' }, 400],
    ['v2', { ...good, apiVersion: 'admission.k8s.io/v2' }, 400],
    ['a list of reviews', [good], 400],
    ['no uid', without('uid'), 400],
    ['nothing', '', 400],
    ['nested without end', nest(100_000), 400],
  ])('%s', async (_, review, status, allowed) => {
    const seen = await send(review)
    expect([seen.status, seen.ruled?.allowed]).toEqual([status, allowed])
  })
})

describe('a review that anybody made up', () => {
  const names = { imagePullSecrets: [{ name: 'regcred' }] }
  const asked = (image: string): object => reviewOf(pod(image, names), { namespace: 'billing' })

  it('learns of the secret of another namespace whether it opens a registry, and nothing that is in it', async () => {
    const answers = await Promise.all(
      [
        '$HOST/secret/web:v1',
        '$HOST/secret/web:v9',
        '$HOST/secret/none:v1',
        'web:v1',
        'only-in-the-secret.example/web:v1',
        '127.0.0.1:1/web:v1',
      ].map((image) => send(asked(image))),
    )
    expect(answers[0]?.ruled?.allowed).toBe(true)
    const text = answers.map((answer) => answer.text).join('\n')
    expect(text).not.toContain('canary-password')
    expect(text).not.toContain('username')
    // The host that it holds besides is in no answer to who does not name it.
    expect(answers.filter((answer) => answer.text.includes('only-in-the-secret')).length).toBeLessThanOrEqual(1)
    expect(answers[3]?.text).not.toContain('only-in-the-secret')
  })
})
