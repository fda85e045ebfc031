// What rewrites pods in a real cluster: templates are then warned of, and pods are judged as they are after it.
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ServerPair } from '../support/certificates.ts'
import type { Serving } from '../support/command.ts'
import { startLab } from './cluster.ts'
import type { Lab } from './cluster.ts'
import { serveHere, webhookConfiguration } from './webhook.ts'

/** The programs may have to be built. */
const BUILD_MS = 20 * 60_000
const TEST_MS = 180_000

/** The longest time for an API server, and for us, to learn of something. */
const LEARN_MS = 30_000

let lab: Lab | undefined
let pair: ServerPair
let serving: Serving | undefined
let rewriter: Server | undefined

beforeAll(async () => {
  lab = await startLab({ say: (line) => console.log(line) })
  const here = await serveHere(lab)
  serving = here.serving
  pair = here.pair
  rewriter = await startRewriter()
  await lab.kubectl(['create', 'namespace', 'shop'])
  await lab.kubectl(['create', '-f', '-'], JSON.stringify(webhookConfiguration(serving.port, pair.ca)))
}, BUILD_MS)

afterAll(async () => {
  await serving?.stop()
  rewriter?.close()
  await lab?.stop()
}, 60_000)

/** The registry has no repository `old`: all that it had is in `team`. */
const DENIED =
  /denied the request: spec\.template\.spec\.containers\[0\]\.image "[^"]*\/old\/app:1\.0": repository-unknown/

describe('templates of pods that are rewritten', () => {
  it(
    'are denied as any other while nothing rewrites them',
    async () => {
      await expect.poll(() => created('old/app:1.0'), { timeout: LEARN_MS, interval: 500 }).toMatch(DENIED)
    },
    TEST_MS,
  )

  it(
    'by a webhook are let in, and their pods run, or are refused for what they have become',
    async () => {
      const { kubectl } = up()
      await kubectl(['create', '-f', '-'], JSON.stringify(mutatingWebhook()))
      await expect.poll(() => created('old/app:1.0'), { timeout: LEARN_MS, interval: 500 }).toBe('created')
      await create('good', 'old/app:1.0')
      await kubectl(['-n', 'shop', 'rollout', 'status', 'deployment/good', '--timeout=60s'])
      const images = [
        '-n',
        'shop',
        'get',
        'pods',
        '-l',
        'app=good',
        '-o',
        'jsonpath={.items[*].spec.containers[0].image}',
      ]
      expect(await kubectl(images)).toBe(`${host()}/team/app:1.0`)

      await create('bad', 'old/app:nope')
      const failure = '{.status.conditions[?(@.type=="ReplicaFailure")].message}'
      const why = (): Promise<string> =>
        kubectl(['-n', 'shop', 'get', 'deployment', 'bad', '-o', `jsonpath=${failure}`])
      await expect
        .poll(why, { timeout: 60_000, interval: 1_000 })
        .toContain(`"${host()}/team/app:nope": manifest-unknown`)
      expect(await kubectl(['-n', 'shop', 'get', 'pods', '-l', 'app=bad', '-o=name'])).toBe('')
      expect(serving?.log()).toContain('"advisory":"may be rewritten by webhook rewrite.example.com"')

      await kubectl(['delete', 'mutatingwebhookconfiguration', 'rewriter'])
      await expect.poll(() => created('old/app:1.0'), { timeout: LEARN_MS, interval: 500 }).toMatch(DENIED)
    },
    TEST_MS,
  )

  it(
    'by a policy are let in while it is bound for their namespace',
    async () => {
      const { kubectl } = up()
      const [policy, ...bindings] = mutatingPolicy()
      await kubectl(['create', '-f', '-'], JSON.stringify(policy))
      await kubectl(['create', '-f', '-'], JSON.stringify(bindings[0]))
      expect(await created('old/app:1.0')).toMatch(DENIED)
      await kubectl(['apply', '-f', '-'], JSON.stringify(bindings[1]))
      await expect.poll(() => created('old/app:1.0'), { timeout: LEARN_MS, interval: 500 }).toBe('created')
      expect(serving?.log()).toContain('"advisory":"may be rewritten by policy rewriter.example.com"')
      await kubectl(['delete', 'mutatingadmissionpolicy', 'rewriter.example.com'])
      await expect.poll(() => created('old/app:1.0'), { timeout: LEARN_MS, interval: 500 }).toMatch(DENIED)
    },
    TEST_MS,
  )
})

function up(): Lab {
  if (lab === undefined) throw new Error('the lab is not up')
  return lab
}

const host = (): string => up().registries.plain.host

function deployment(name: string, image: string): string {
  const labels = { app: name }
  const containers = [{ name: 'app', image: `${host()}/${image}` }]
  return JSON.stringify({
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop' } },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  })
}

const create = (name: string, image: string): Promise<string> =>
  up().kubectl(['create', '-f', '-'], deployment(name, image))

/** What becomes of a Deployment that is not kept: `created`, or the words of the refusal. */
function created(image: string): Promise<string> {
  return up()
    .kubectl(['create', '--dry-run=server', '-f', '-'], deployment('new', image))
    .then(
      () => 'created',
      (error: unknown) => (error instanceof Error ? error.message : 'refused'),
    )
}

/** Has pods take from `team` what they would take from `old`. */
async function startRewriter(): Promise<Server> {
  const server = createServer({ cert: pair.cert, key: pair.key }, (request, response) => {
    void json(request).then((body) => {
      const { uid, object } = (body as { request: { uid: string; object: Pod } }).request
      const patch = object.spec.containers.map(({ image }, at) => ({
        ...{ op: 'replace', path: `/spec/containers/${String(at)}/image` },
        value: image.replace('/old/', '/team/'),
      }))
      const answer = {
        uid,
        allowed: true,
        patchType: 'JSONPatch',
        patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
      }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return server
}

interface Pod {
  readonly spec: { readonly containers: readonly { readonly image: string }[] }
}

const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }]
const inShop = { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } }

function mutatingWebhook(): object {
  const { port } = rewriter?.address() as AddressInfo
  const clientConfig = { url: `https://localhost:${String(port)}/`, caBundle: Buffer.from(pair.ca).toString('base64') }
  const webhook = {
    name: 'rewrite.example.com',
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    clientConfig,
    rules,
  }
  return {
    ...{ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration' },
    metadata: { name: 'rewriter' },
    webhooks: [{ ...webhook, namespaceSelector: inShop }],
  }
}

/** A policy, a binding of it for another namespace, and the same for ours. */
function mutatingPolicy(): readonly [object, object, object] {
  const group = { apiVersion: 'admissionregistration.k8s.io/v1' }
  const expression = `[JSONPatch{op: "replace", path: "/spec/containers/0/image", value: object.spec.containers[0].image.replace("/old/", "/team/")}]`
  const policy = {
    ...group,
    kind: 'MutatingAdmissionPolicy',
    metadata: { name: 'rewriter.example.com' },
    spec: {
      matchConstraints: { resourceRules: rules },
      mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }],
      failurePolicy: 'Fail',
      reinvocationPolicy: 'Never',
    },
  }
  const binding = (namespaceSelector: object): object => ({
    ...group,
    kind: 'MutatingAdmissionPolicyBinding',
    metadata: { name: 'rewriter.example.com' },
    spec: { policyName: 'rewriter.example.com', matchResources: { namespaceSelector } },
  })
  return [policy, binding({ matchLabels: { 'kubernetes.io/metadata.name': 'billing' } }), binding(inShop)]
}
