import { Secret } from '../../../src/base/secret.ts'
import { readWebhooks } from '../../../src/engine/mutators/index.ts'
import { assumedNode, readNode, readRunningPod } from '../../../src/engine/nodes/index.ts'
import type { Node } from '../../../src/engine/nodes/index.ts'
import { parsePlatform } from '../../../src/engine/platform/index.ts'
import { defaultPolicy } from '../../../src/engine/policy/index.ts'
import type { PolicyConfig } from '../../../src/engine/policy/index.ts'
import type { PullSecret } from '../../../src/engine/credentials/index.ts'
import { reviewAdmission, reviewObject } from '../../../src/engine/review/index.ts'
import type { AdmissionDeps, ClusterView, ObjectReview, OwnLogins, Read } from '../../../src/engine/review/index.ts'
import type { Document, ImageFact } from '../../../src/engine/verdict/index.ts'
import type { CustomKind } from '../../../src/engine/workload/index.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const AMD64: Document = {
  kind: 'manifest',
  configType: 'application/vnd.oci.image.config.v1+json',
  layerTypes: [],
  config: { os: 'linux', architecture: 'amd64' },
}
export const FOUND: ImageFact = { kind: 'found', digest: DIGEST, document: AMD64 }

/** What a test says of its cluster and of its registries; what it does not say is absent, and every image is found by anybody. */
export interface World {
  readonly labels?: Readonly<Record<string, string>> | Read<never>
  /** By name: its type and data, an `auths` key to a user name, or how the read ended. */
  readonly secrets?: Readonly<Record<string, PullSecret | Read<never> | Readonly<Record<string, string>>>>
  /** By name: its pull secrets, or how the read ended. */
  readonly accounts?: Readonly<Record<string, readonly string[] | Read<never>>>
  /** What a cache answers where nobody asks afresh; what it does not say is read live. */
  readonly cached?: Pick<World, 'secrets' | 'accounts'>
  /** Platforms, or Node objects, or how the read ended. */
  readonly nodes?: readonly (string | object)[] | Read<never>
  /** By what was asked, `user@repository:tag`, else by `user`, else everything; the user is `-` where nobody is named. */
  readonly answers?: Readonly<Record<string, ImageFact>>
  readonly nodeCredentials?: readonly string[]
  readonly policy?: Partial<PolicyConfig>
  /** What a read is where the world does not say. */
  readonly otherwise?: Read<never>
  readonly ownLogins?: OwnLogins
  readonly ownNamespace?: string
  readonly controllers?: readonly string[]
  /** Pod objects that run, or how the read ended; without it nobody looks. */
  readonly running?: readonly object[] | Read<never>
  readonly customKinds?: readonly CustomKind[] | undefined
  /** Webhooks of a MutatingWebhookConfiguration, or how the read ended; without it nobody looks. */
  readonly mutators?: readonly object[] | Read<never>
  readonly harmless?: readonly string[]
  readonly unread?: 'rewriter' | 'none'
}

export interface Watched {
  readonly deps: AdmissionDeps
  /** Who was asked for what, in order. */
  readonly asked: string[]
  /** What was read of the cluster. */
  readonly read: string[]
}

export const PASSWORD = 'canary-password'

/** A cluster and its registries behind the review's ports, which note what is asked of them. */
export function watch(world: World = {}): Watched {
  const asked: string[] = []
  const read: string[] = []
  const otherwise: Read<never> = world.otherwise ?? { kind: 'absent' }
  function look<T>(what: string, value: T | Read<never> | undefined): Promise<Read<T>> {
    read.push(what)
    if (value === undefined) return Promise.resolve(otherwise)
    return Promise.resolve(isRead(value) ? value : { kind: 'found', value })
  }
  async function lookCached<T>(
    what: string,
    fresh: boolean,
    kept: T | Read<never> | undefined,
    now: T | Read<never> | undefined,
  ): Promise<Read<T>> {
    const where = fresh ? `${what}, afresh` : what
    if (fresh || kept === undefined) return look(where, now)
    const found = await look(where, kept)
    return found.kind === 'found' ? { ...found, aged: true } : found
  }
  const view: ClusterView = {
    namespace: (name) =>
      look(
        `namespace ${name}`,
        onValue(world.labels, (labels) => ({ name, labels })),
      ),
    serviceAccount: (namespace, name, { fresh }) => {
      const make = (pullSecrets: readonly string[]) => ({ name, pullSecrets })
      const [kept, now] = [world.cached?.accounts?.[name], world.accounts?.[name]]
      return lookCached(`account ${namespace}/${name}`, fresh, onValue(kept, make), onValue(now, make))
    },
    secret: (namespace, name, { fresh }) => {
      const make = (said: PullSecret | Readonly<Record<string, string>>) => secretOf(name, said)
      const [kept, now] = [world.cached?.secrets?.[name], world.secrets?.[name]]
      return lookCached(`secret ${namespace}/${name}`, fresh, onValue(kept, make), onValue(now, make))
    },
    nodes: () =>
      look(
        'nodes',
        onValue(world.nodes, (nodes) => nodes.map(nodeOf)),
      ),
  }
  const answers = world.answers ?? {}
  const deps: AdmissionDeps = {
    view,
    policy: { ...defaultPolicy, ...world.policy },
    nodeCredentials: world.nodeCredentials ?? [],
    ownNamespace: world.ownNamespace ?? 'pullable-system',
    ownLogins: world.ownLogins,
    controllers: world.controllers ?? [],
    running:
      world.running &&
      ((namespace) =>
        look(
          `pods in ${namespace}`,
          onValue(world.running, (pods) => pods.map(readRunningPod).filter((each) => each !== undefined)),
        )),
    customKinds: world.customKinds ?? [],
    rewriting: world.mutators && {
      mutators: () =>
        look(
          'mutators',
          onValue(world.mutators, (webhooks) => readWebhooks({ webhooks })),
        ),
      harmless: world.harmless ?? [],
      unread: world.unread ?? 'rewriter',
    },
    ask: ({ reference, credential, hosts, fresh }) => {
      const who = credential?.username ?? '-'
      const what = `${reference.name}${reference.tag === undefined ? '' : `:${reference.tag}`}${reference.digest === undefined ? '' : `@${reference.digest}`}`
      asked.push(
        `${who} ${what}${hosts.length > 1 ? ` for ${hosts.length} hosts` : ''}${fresh === true ? ', afresh' : ''}`,
      )
      return Promise.resolve(answers[`${who}@${what}`] ?? answers[who] ?? answers['*'] ?? FOUND)
    },
  }
  return { deps, asked, read }
}

/** An AdmissionReview, as an API server sends one. */
export function admission(object: object, more: object = {}): object {
  const { kind = 'Pod', metadata = {} } = object as { kind?: string; metadata?: { name?: string; namespace?: string } }
  const group = { Pod: '', CronJob: 'batch', Job: 'batch' }[kind] ?? 'apps'
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'a-uid',
      operation: 'CREATE',
      kind: { group, version: 'v1', kind },
      resource: { group, version: 'v1', resource: `${kind.toLowerCase()}s` },
      namespace: metadata.namespace ?? 'shop',
      name: metadata.name ?? '',
      userInfo: { username: 'jane', groups: ['system:authenticated'] },
      object,
      ...more,
    },
  }
}

/** What the API server is told, in one line each; and what it took. */
export async function admit(world: World, object: object, more: object = {}) {
  const watched = watch(world)
  const answer = await reviewAdmission(admission(object, more), watched.deps, new AbortController().signal)
  if (answer.kind === 'unreadable') throw new Error(answer.problem)
  const { response } = answer.response
  const { outcome } = answer
  return {
    ...watched,
    response,
    allowed: response.allowed,
    said: response.status?.message.split('\n') ?? [],
    warned: response.warnings ?? [],
    causes:
      outcome.kind === 'judged'
        ? outcome.result.images.map(({ findings }) => findings.map(({ cause }) => cause).join(' '))
        : outcome.kind === 'exempt'
          ? `exempt: ${outcome.exemption.by}`
          : outcome.kind === 'namespace'
            ? 'namespace'
            : outcome.why,
    exempted: outcome.kind === 'judged' ? outcome.exempted : [],
  }
}

/** What `check` is told of one object; and what it took. */
export async function check(world: World, object: object, signal = new AbortController().signal) {
  const watched = watch(world)
  const reviewed: ObjectReview = await reviewObject(
    { source: 'shop.yaml', document: 1, object, defaultNamespace: 'shop' },
    watched.deps,
    signal,
  )
  const images = reviewed.kind === 'reviewed' ? reviewed.result.images : []
  return { ...watched, reviewed, causes: images.map(({ findings }) => findings.map(({ cause }) => cause).join(' ')) }
}

/** A Pod with these images; `more` goes into its spec. */
export function pod(images: readonly string[], more: object = {}, metadata: object = {}): object {
  const containers = images.map((image, at) => ({ name: `c${at}`, image }))
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', ...metadata },
    spec: { containers, ...more },
  }
}

export function deployment(images: readonly string[], more: object = {}): object {
  const { spec } = pod(images, more) as { spec: object }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { template: { spec } },
  }
}

function isRead(value: unknown): value is Read<never> {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
  return kind === 'absent' || kind === 'unsaid' || kind === 'unreadable'
}

function onValue<T extends object, U>(
  value: T | Read<never> | undefined,
  make: (value: T) => U,
): U | Read<never> | undefined {
  return value === undefined || isRead(value) ? value : make(value)
}

function secretOf(name: string, said: PullSecret | Readonly<Record<string, string>>): PullSecret {
  if ('data' in said && typeof said['data'] === 'object') return said as PullSecret
  const auths: Record<string, object> = Object.fromEntries(
    Object.entries(said as Readonly<Record<string, string>>).map(([key, username]) => [
      key,
      { username, password: PASSWORD },
    ]),
  )
  const data = { '.dockerconfigjson': new Secret(Buffer.from(JSON.stringify({ auths })).toString('base64')) }
  return { name, type: 'kubernetes.io/dockerconfigjson', data }
}

function nodeOf(said: string | object): Node {
  if (typeof said !== 'string') {
    const node = readNode(said)
    if (node === undefined) throw new Error('no Node')
    return node
  }
  const platform = parsePlatform(said)
  if (platform === undefined) throw new Error(`no platform: ${said}`)
  return assumedNode(platform)
}
