import { Secret } from '../../../src/base/secret.ts'
import type { Credential } from '../../../src/engine/credentials/index.ts'
import type { Presence } from '../../../src/engine/nodes/index.ts'
import { readRuntime } from '../../../src/engine/platform/index.ts'
import type { Host } from '../../../src/engine/platform/index.ts'
import { defaultPullPolicy, parseReference } from '../../../src/engine/reference/index.ts'
import { judgeImage } from '../../../src/engine/verdict/index.ts'
import type {
  AccountEvidence,
  Document,
  Failure,
  Finding,
  Found,
  ImageFact,
  ImageVerdict,
  IndexEntry,
  Landing,
  ManifestDocument,
  SecretEvidence,
  Subject,
} from '../../../src/engine/verdict/index.ts'
import type { ImageUse } from '../../../src/engine/workload/index.ts'

/** What a row says of the facts; all else is a Pod `web` in namespace `shop` on linux/amd64 nodes, and its image is asked anonymously. */
export interface Given {
  readonly image?: string
  readonly role?: ImageUse['role']
  readonly pullPolicy?: ImageUse['pullPolicy']
  /** By the pull secret that was used, in order; `anonymous` for none. */
  readonly answers?: Readonly<Record<string, ImageFact>>
  readonly ownSight?: ImageFact
  readonly nodeCredentials?: boolean
  readonly nearMisses?: readonly string[]
  readonly secrets?: Readonly<Record<string, SecretEvidence['state']>>
  readonly account?: AccountEvidence['state']
  readonly landing?: Landing
  readonly presence?: Presence
  readonly knownHosts?: readonly string[]
  readonly blindNamespace?: boolean
  readonly subject?: Partial<Subject>
}

export const DIGEST = `sha256:${'a'.repeat(64)}`
export const CHILD = `sha256:${'b'.repeat(64)}`
export const OTHER_CHILD = `sha256:${'c'.repeat(64)}`
const PASSWORD = 'canary-password'

export function verdictOf(given: Given): ImageVerdict {
  const image = given.image ?? 'ghcr.io/acme/web:v2'
  const role = given.role ?? 'container'
  const use: ImageUse = {
    field: role === 'volume' ? 'spec.volumes[0].image.reference' : 'spec.containers[0].image',
    image,
    role,
    name: 'app',
    pullPolicy: given.pullPolicy ?? defaultPullPolicy(image),
  }
  const secrets = Object.entries(given.secrets ?? {}).map(([name, state]) => ({ name, state }))
  return judgeImage(
    {
      use,
      parsed: parseReference(image),
      presence: given.presence,
      nodeCredentials: given.nodeCredentials ?? false,
      answers: Object.entries(given.answers ?? {}).map(([source, fact]) => ({
        credential: source === 'anonymous' ? undefined : credentialOf(source),
        fact,
      })),
      ownSight: given.ownSight,
      nearMisses: (given.nearMisses ?? []).map((message) => ({ message })),
    },
    {
      subject: {
        kind: 'Pod',
        name: 'web',
        namespace: 'shop',
        template: false,
        exists: false,
        specField: 'spec',
        ...given.subject,
      },
      secrets,
      account: { name: 'default', state: given.account ?? 'unasked' },
      landing: given.landing ?? landing(),
      knownHosts: given.knownHosts ?? [],
      blindNamespace: given.blindNamespace ?? false,
    },
  )
}

/** The finding as a line of a denial has it, with its detail. */
export function lineOf({ cause, detail, message, fix }: Finding): string {
  return `${cause}${detail === undefined ? '' : `.${detail}`}: ${message}. Fix: ${fix}`
}

/** The verdict in words: outcome, findings, notes. */
export function wordsOf({ outcome, findings, notes }: ImageVerdict): readonly string[] {
  return [outcome, ...findings.map(lineOf), ...notes.map(({ code, message }) => `note ${code}: ${message}`)]
}

function credentialOf(source: string): Credential {
  return { username: 'canary-user', password: new Secret(PASSWORD), source, key: 'ghcr.io' }
}

export function host(platform: string, runtime = 'containerd://2.3.4'): Host {
  const [os = '', architecture = ''] = platform.split('/')
  return { platform: { os, architecture }, runtime: readRuntime(runtime) }
}

export function landing(hosts: readonly Host[] = [host('linux/amd64')], unplatformed = 0): Landing {
  return { kind: 'hosts', hosts, nodes: hosts.length + unplatformed, unplatformed }
}

/** How many of the candidates list the image, and how many have a complete list without it. */
export function listed(count: number, candidates: number, lacking = 0, verified = false): Presence {
  return { candidates, listed: count, lacking, verified }
}

export const NO_NODE: Landing = { kind: 'hosts', hosts: [], nodes: 0, unplatformed: 0 }

export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'
export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'

export function manifest(
  config: ManifestDocument['config'],
  configType = OCI_CONFIG,
  layer = OCI_LAYER,
): ManifestDocument {
  return { kind: 'manifest', configType, layerTypes: [layer], config }
}

export function single(platform: string): ManifestDocument {
  const [os = '', architecture = ''] = platform.split('/')
  return manifest({ os, architecture })
}

/** An index by platform; `bare` entries say none. */
export function index(children: Readonly<Record<string, Document | Failure | undefined>>): Document {
  const entries: IndexEntry[] = []
  const fetched = new Map<string, Document | Failure>()
  for (const [at, [platform, child]] of Object.entries(children).entries()) {
    const digest = `sha256:${String(at).repeat(64)}`
    const [os = '', architecture = ''] = platform.split('/')
    entries.push({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest,
      size: 500,
      ...(platform === 'bare' ? {} : { platform: { os, architecture } }),
    })
    if (child !== undefined) fetched.set(digest, child)
  }
  return { kind: 'index', entries, children: fetched }
}

export function found(document: Document, more: Partial<Found> = {}): Found {
  return { kind: 'found', digest: DIGEST, document, ...more }
}

export const GOOD = found(index({ 'linux/amd64': single('linux/amd64') }))
export const REFUSED: Failure = { kind: 'refused', at: 'registry' }
export const LOGIN: Failure = { kind: 'refused', at: 'login' }
export const ABSENT: Failure = { kind: 'absent', what: 'manifest' }
