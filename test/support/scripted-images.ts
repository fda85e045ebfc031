import { createHash } from 'node:crypto'

/**
 * An image of a script. One of `platform` (a single manifest), `index` (its entries) or `document` (any text under any type).
 * `{ platform: 'linux/amd64' }` and `{ index: ['linux/amd64', 'linux/arm64'] }` are good images.
 */
export interface ScriptedImage {
  readonly platform?: string
  readonly index?: readonly (string | ScriptedEntry)[]
  readonly document?: { readonly type: string; readonly body: unknown }
  /** Docker's media types instead of OCI's. */
  readonly docker?: boolean
  /** Replaces the config, which says the platform: an object, or a text that is no JSON. */
  readonly config?: unknown
  readonly configType?: string
  readonly layerTypes?: readonly string[]
  readonly artifactType?: string
  /** Regular expressions, and what replaces each first match in the JSON text of the manifest (or index) and of the config. */
  readonly rewrite?: { readonly manifest?: Rewriting; readonly config?: Rewriting }
  /** The size that the manifest claims of the config. */
  readonly configSize?: number
  /** The registry does not have the config blob. */
  readonly noConfig?: boolean
  /** The registry does not have the last layer. */
  readonly noLayer?: boolean
  /** An annotation of this many bytes. */
  readonly padding?: number
}

type Rewriting = Readonly<Record<string, string>>

export interface ScriptedEntry {
  /** As the index says it, or as an object that stands there as it is; absent: the entry has no platform. `unknown/unknown` for an attestation. */
  readonly platform?: string | Readonly<Record<string, unknown>>
  /** The image behind it; by default a single manifest for `platform`, or linux/amd64. */
  readonly image?: ScriptedImage
  /** The registry does not have the child. */
  readonly missing?: boolean
  /** The size that the descriptor claims. */
  readonly size?: number
}

export interface Stored {
  readonly type: string
  readonly bytes: Buffer
}

/** What a repository stores, by digest, and the digest of the image itself. */
export interface BuiltImage {
  readonly digest: string
  readonly manifests: ReadonlyMap<string, Stored>
  readonly blobs: ReadonlyMap<string, Stored>
}

export function digestOf(bytes: Buffer | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** The same image for the same script, so that digests can be written in fixtures. */
export function buildImage(image: ScriptedImage): BuiltImage {
  if (image.document !== undefined) return single(image.document.type, image.document.body)
  return image.index === undefined ? buildManifest(image) : buildIndex(image, image.index)
}

function single(type: string, body: unknown, blobs: ReadonlyMap<string, Stored> = new Map()): BuiltImage {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const digest = digestOf(bytes)
  return { digest, manifests: new Map([[digest, { type, bytes }]]), blobs }
}

function buildManifest(image: ScriptedImage): BuiltImage {
  const oci = image.docker !== true
  const configType =
    image.configType ??
    (oci ? 'application/vnd.oci.image.config.v1+json' : 'application/vnd.docker.container.image.v1+json')
  const layer = oci
    ? 'application/vnd.oci.image.layer.v1.tar+gzip'
    : 'application/vnd.docker.image.rootfs.diff.tar.gzip'
  const layers = (image.layerTypes ?? [layer]).map((mediaType, at) => ({
    mediaType,
    digest: digestOf(`layer ${String(at)}`),
    size: 7,
  }))
  const rootfs = { type: 'layers', diff_ids: layers.map((each) => each.digest) }
  const config = image.config ?? { ...platformOf(image.platform ?? 'linux/amd64'), rootfs }
  const bytes = Buffer.from(written(config, image.rewrite?.config))
  const mediaType = oci
    ? 'application/vnd.oci.image.manifest.v1+json'
    : 'application/vnd.docker.distribution.manifest.v2+json'
  const body = {
    schemaVersion: 2,
    mediaType,
    ...(image.artifactType === undefined ? {} : { artifactType: image.artifactType }),
    config: { mediaType: configType, digest: digestOf(bytes), size: bytes.length },
    layers,
  }
  const stored: readonly [string, Stored] = [digestOf(bytes), { type: 'application/octet-stream', bytes }]
  const blobs = new Map(image.noConfig === true ? [] : [stored])
  return single(mediaType, written(body, image.rewrite?.manifest), blobs)
}

function buildIndex(image: ScriptedImage, entries: readonly (string | ScriptedEntry)[]): BuiltImage {
  const docker = image.docker === true
  const manifests = new Map<string, Stored>()
  const blobs = new Map<string, Stored>()
  const descriptors = entries.map((each) => {
    const entry = typeof each === 'string' ? { platform: each } : each
    const child = buildImage(entry.image ?? { platform: entry.platform ?? 'linux/amd64', docker })
    const top = child.manifests.get(child.digest)
    if (entry.missing !== true) for (const [digest, stored] of child.manifests) manifests.set(digest, stored)
    for (const [digest, stored] of child.blobs) blobs.set(digest, stored)
    return {
      mediaType: top?.type ?? '',
      digest: child.digest,
      size: entry.size ?? top?.bytes.length ?? 0,
      ...(entry.platform === undefined ? {} : { platform: platformOf(entry.platform) }),
    }
  })
  const mediaType = docker
    ? 'application/vnd.docker.distribution.manifest.list.v2+json'
    : 'application/vnd.oci.image.index.v1+json'
  const body = { schemaVersion: 2, mediaType, manifests: descriptors }
  const top = single(mediaType, written(body, image.rewrite?.manifest))
  for (const [digest, stored] of top.manifests) manifests.set(digest, stored)
  return { digest: top.digest, manifests, blobs }
}

function written(document: unknown, rewriting: Rewriting = {}): string {
  let text = typeof document === 'string' ? document : JSON.stringify(document)
  for (const [pattern, replacement] of Object.entries(rewriting)) text = text.replace(new RegExp(pattern), replacement)
  return text
}

function platformOf(text: string): Readonly<Record<string, string>> {
  const [os = '', architecture = '', variant] = text.split('/')
  return variant === undefined ? { os, architecture } : { os, architecture, variant }
}
