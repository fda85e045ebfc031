import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { openTar, TAR_END, tarEntry } from './tar.ts'

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

/** What makes an image more than something to be resolved: a layer of a program, and how it is started. */
export interface Runnable {
  readonly layer: { readonly bytes: Buffer }
  readonly command: readonly string[]
}

/** Gives each image of a script a real layer, of its own: the same image of another seed is another image. */
export interface Making {
  readonly runnable: Runnable
  readonly seed: string
}

/** The same image for the same script, so that digests can be written in fixtures. */
export function buildImage(image: ScriptedImage, making?: Making): BuiltImage {
  if (image.document !== undefined) return single(image.document.type, image.document.body)
  return image.index === undefined ? buildManifest(image, making) : buildIndex(image, image.index, making)
}

function single(type: string, body: unknown, blobs: ReadonlyMap<string, Stored> = new Map()): BuiltImage {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const digest = digestOf(bytes)
  return { digest, manifests: new Map([[digest, { type, bytes }]]), blobs }
}

function buildManifest(image: ScriptedImage, making: Making | undefined): BuiltImage {
  const oci = image.docker !== true
  const configType =
    image.configType ??
    (oci ? 'application/vnd.oci.image.config.v1+json' : 'application/vnd.docker.container.image.v1+json')
  const layerType = oci
    ? 'application/vnd.oci.image.layer.v1.tar+gzip'
    : 'application/vnd.docker.image.rootfs.diff.tar.gzip'
  const built = (image.layerTypes ?? [layerType]).map((type, at) => ({
    type,
    ...buildLayer(at, contentOf(type, image), making),
  }))
  const layers = built.map(({ type, digest, size }) => ({ mediaType: type, digest, size }))
  const bytes = configOf(
    image,
    built.map(({ diffId }) => diffId),
    making,
  )
  const mediaType = oci
    ? 'application/vnd.oci.image.manifest.v1+json'
    : 'application/vnd.docker.distribution.manifest.v2+json'
  const body = {
    schemaVersion: 2,
    mediaType,
    ...(image.artifactType === undefined ? {} : { artifactType: image.artifactType }),
    config: { mediaType: configType, digest: digestOf(bytes), size: image.configSize ?? bytes.length },
    layers,
    ...(image.padding === undefined ? {} : { annotations: { padding: 'x'.repeat(image.padding) } }),
  }
  const blobs = new Map<string, Stored>()
  const type = 'application/octet-stream'
  for (const layer of image.noLayer === true ? built.slice(0, -1) : built) {
    if (layer.bytes !== undefined) blobs.set(layer.digest, { type, bytes: layer.bytes })
  }
  if (image.noConfig !== true) blobs.set(digestOf(bytes), { type, bytes })
  return single(mediaType, written(body, image.rewrite?.manifest), blobs)
}

interface BuiltLayer {
  readonly digest: string
  readonly size: number
  readonly diffId: string
  /** Only where it is made. */
  readonly bytes?: Buffer
}

const layersMade = new WeakMap<Making, Map<string, BuiltLayer>>()

/** A program, one for another CPU or system, or what is no archive at all. */
type Content = 'program' | 'foreign' | 'text'

function contentOf(type: string, image: ScriptedImage): Content {
  if (!/\btar\b/.test(type)) return 'text'
  return isForeign(image) ? 'foreign' : 'program'
}

function buildLayer(at: number, content: Content, making: Making | undefined): BuiltLayer {
  const digest = digestOf(`layer ${String(at)}`)
  if (making === undefined) return { digest, size: 7, diffId: digest }
  const made = layersMade.get(making) ?? new Map<string, BuiltLayer>()
  layersMade.set(making, made)
  const key = `${String(at)} ${content}`
  const layer = made.get(key) ?? makeLayer(at, content, making)
  made.set(key, layer)
  return layer
}

function makeLayer(at: number, content: Content, { runnable, seed }: Making): BuiltLayer {
  if (content === 'text') {
    const bytes = Buffer.from(JSON.stringify({ seed, at }))
    return { digest: digestOf(bytes), size: bytes.length, diffId: digestOf(bytes), bytes }
  }
  const [program, zipped] = programOf(runnable, content === 'foreign')
  const rest = Buffer.concat([tarEntry('seed', Buffer.from(`${seed} ${String(at)}`)), TAR_END])
  // A gzip file may have several members.
  const bytes = Buffer.concat([zipped, gzipSync(rest)])
  return { digest: digestOf(bytes), size: bytes.length, diffId: digestOf(Buffer.concat([program, rest])), bytes }
}

const programs = new WeakMap<Runnable, Map<boolean, readonly [Buffer, Buffer]>>()

/** The program's archive, without its end, as it is and compressed. */
function programOf(runnable: Runnable, foreign: boolean): readonly [Buffer, Buffer] {
  const known = programs.get(runnable) ?? new Map<boolean, readonly [Buffer, Buffer]>()
  programs.set(runnable, known)
  const found = known.get(foreign)
  if (found !== undefined) return found
  const program = openTar(gunzipSync(runnable.layer.bytes))
  // The machine that an ELF file is for: 183 is ARM64.
  if (foreign) program.writeUInt16LE(183, program.indexOf('\u007fELF') + 18)
  const made = [program, gzipSync(program)] as const
  known.set(foreign, made)
  return made
}

/** Whether its program must not start on an x86 machine that runs Linux. */
function isForeign({ platform, config }: ScriptedImage): boolean {
  const said = typeof config === 'object' ? { os: '', architecture: '', ...config } : platformOf(platform ?? '')
  return said['os'] === 'windows' || /^(arm|s390x|ppc64|riscv)/.test(String(said['architecture']))
}

function configOf(image: ScriptedImage, diffIds: readonly string[], making?: Making): Buffer {
  return Buffer.from(written(configDocument(image, diffIds, making), image.rewrite?.config))
}

function configDocument(
  { config, configType, platform }: ScriptedImage,
  diffIds: readonly string[],
  making?: Making,
): unknown {
  if (typeof config === 'string') return config
  const rootfs = { type: 'layers', diff_ids: diffIds }
  // What is no image has nothing to start.
  if (making === undefined || configType !== undefined) {
    return config ?? { ...platformOf(platform ?? 'linux/amd64'), rootfs }
  }
  const process = { Cmd: making.runnable.command, Labels: { seed: making.seed } }
  const own = config === undefined || config === null ? platformOf(platform ?? 'linux/amd64') : config
  return { config: process, rootfs, ...own }
}

function buildIndex(
  image: ScriptedImage,
  entries: readonly (string | ScriptedEntry)[],
  making: Making | undefined,
): BuiltImage {
  const docker = image.docker === true
  const manifests = new Map<string, Stored>()
  const blobs = new Map<string, Stored>()
  const descriptors = entries.map((each) => {
    const entry = typeof each === 'string' ? { platform: each } : each
    const platform = typeof entry.platform === 'string' ? entry.platform : 'linux/amd64'
    const child = buildImage(entry.image ?? { platform, docker }, making)
    const top = child.manifests.get(child.digest)
    if (entry.missing !== true) for (const [digest, stored] of child.manifests) manifests.set(digest, stored)
    for (const [digest, stored] of child.blobs) blobs.set(digest, stored)
    return {
      mediaType: top?.type ?? '',
      digest: child.digest,
      size: entry.size ?? top?.bytes.length ?? 0,
      ...(entry.platform === undefined
        ? {}
        : { platform: typeof entry.platform === 'string' ? platformOf(entry.platform) : entry.platform }),
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
