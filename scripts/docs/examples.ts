import type { Presence } from '../../src/engine/nodes/index.ts'
import { readRuntime } from '../../src/engine/platform/index.ts'
import { defaultPullPolicy, parseReference } from '../../src/engine/reference/index.ts'
import { judgeImage } from '../../src/engine/verdict/index.ts'
import type { Cause, Document, ImageFact, ImageVerdict, PodEvidence } from '../../src/engine/verdict/index.ts'

interface Example {
  readonly image?: string
  readonly fact?: ImageFact
  /** The pull secret that was used. */
  readonly secret?: string
  readonly nodeCredentials?: boolean
  readonly pullPolicy?: 'Never'
  readonly presence?: Presence
  readonly pod?: Partial<PodEvidence>
}

const DIGEST = `sha256:${'a'.repeat(64)}`
const CONFIG = 'application/vnd.oci.image.config.v1+json'
const REFUSED: ImageFact = { kind: 'refused', at: 'registry' }
const NODE = { os: 'linux', architecture: 'amd64' }
const runtime = readRuntime('containerd://2.3.4')

function found(document: Document): ImageFact {
  return { kind: 'found', digest: DIGEST, document }
}

function manifest(configType: string, layerType: string, architecture?: string): Document {
  const config = architecture === undefined ? undefined : { os: 'linux', architecture }
  return { kind: 'manifest', configType, layerTypes: [layerType], config }
}

function index(architecture: string, child?: ImageFact): Document {
  const entry = { mediaType: '', digest: DIGEST, size: 1, platform: { os: 'linux', architecture } }
  const children = child === undefined || child.kind === 'found' ? [] : [[DIGEST, child] as const]
  return { kind: 'index', entries: [entry], children: new Map(children) }
}

const IMAGE_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const CHART = manifest(
  'application/vnd.cncf.helm.config.v1+json',
  'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
)
const ABSENT: ImageFact = { kind: 'absent', what: 'manifest', tags: ['v2.0', 'v2.1'] }
const both = ['amd64', 'arm64'].map((architecture) => ({ platform: { os: 'linux', architecture }, runtime }))

/** Facts that give each cause. */
const examples: Readonly<Record<Cause, Example>> = {
  'reference-invalid': { image: 'ghcr.io/Acme/web:v2' },
  'manifest-unknown': { fact: ABSENT, secret: 'regcred' },
  'repository-unknown': { fact: { kind: 'absent', what: 'repository' } },
  'credentials-rejected': { fact: { kind: 'refused', at: 'login' }, secret: 'regcred' },
  'access-denied': { image: 'my-app:2.0', fact: REFUSED, pod: { knownHosts: ['ghcr.io'] } },
  'pull-secret-malformed': {
    pod: { secrets: [{ name: 'regcred', state: { kind: 'malformed', error: 'illegal base64 data at input byte 0' } }] },
  },
  'platform-none': { fact: found(index('arm64')) },
  'platform-mismatch': { fact: found(manifest(CONFIG, IMAGE_LAYER, 'arm64')) },
  'manifest-unsupported': { image: 'ghcr.io/acme/chart:1.0.0', fact: found(CHART) },
  'manifest-invalid': { fact: found(index('amd64', { kind: 'absent', what: 'manifest' })) },
  'never-pull-absent': {
    pullPolicy: 'Never',
    presence: { candidates: 3, listed: 0, lacking: 3, verified: false },
  },
  'cached-only': { fact: ABSENT, presence: { candidates: 3, listed: 2, lacking: 0, verified: false } },
  'platform-partial': {
    fact: found(manifest(CONFIG, IMAGE_LAYER, 'amd64')),
    pod: { landing: { kind: 'hosts', hosts: both, nodes: 2, unplatformed: 0 } },
  },
  'access-unverifiable': {
    image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:v2',
    fact: REFUSED,
    nodeCredentials: true,
  },
  'access-blocked': { fact: { kind: 'blocked', status: 403, detail: 'firewall' } },
  'pull-secret-absent': { fact: REFUSED, pod: { secrets: [{ name: 'regcred', state: { kind: 'pending' } }] } },
  'rate-limited': { image: 'docker.io/library/nginx:1.29', fact: { kind: 'throttled', window: 21_600 } },
  'registry-unreachable': {
    image: 'registry.acme.example:5000/web:v2',
    fact: { kind: 'unreachable', detail: 'tls-unknown-ca', host: 'registry.acme.example:5000' },
  },
  'registry-error': { fact: { kind: 'faulty', detail: 'status', status: 503, host: 'ghcr.io' } },
  'runtime-dependent': { fact: found(index('386')) },
  'view-incomplete': {
    fact: REFUSED,
    pod: { secrets: [{ name: 'regcred', state: { kind: 'unreadable', detail: 'forbidden' } }] },
  },
  deadline: { fact: { kind: 'out-of-time' } },
  'no-candidate-node': { pod: { landing: { kind: 'hosts', hosts: [], nodes: 0, unplatformed: 0 } } },
  'tag-missing': { image: 'ghcr.io/acme/web', fact: found(manifest(CONFIG, IMAGE_LAYER, 'amd64')) },
  'tag-latest': { image: 'ghcr.io/acme/web:latest' },
}

/** What the engine says of a Pod that has this cause. */
export function exampleOf(cause: Cause): ImageVerdict {
  const example = examples[cause]
  const { image = 'ghcr.io/acme/web:v2', fact, secret, nodeCredentials = false } = example
  const credential =
    secret === undefined ? undefined : { username: '', password: undefined as never, source: secret, key: '' }
  const pod: PodEvidence = {
    subject: { kind: 'Pod', name: 'web', namespace: 'shop', template: false, exists: false, specField: 'spec' },
    secrets: [],
    account: { name: 'default', state: 'unasked' },
    landing: { kind: 'hosts', hosts: [{ platform: NODE, runtime }], nodes: 1, unplatformed: 0 },
    knownHosts: [],
    blindNamespace: false,
    ...example.pod,
  }
  return judgeImage(
    {
      use: {
        field: 'spec.containers[0].image',
        image,
        role: 'container',
        name: 'web',
        pullPolicy: example.pullPolicy ?? defaultPullPolicy(image),
      },
      parsed: parseReference(image),
      presence: example.presence,
      nodeCredentials,
      answers: fact === undefined ? [] : [{ credential, fact }],
      ownSight: undefined,
      nearMisses: [],
    },
    pod,
  )
}
