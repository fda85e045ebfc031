import { z } from 'zod'
import { printable } from '../../base/text.ts'
import type { Platform } from '../../engine/platform/index.ts'
import type { Faulty, IndexEntry, Invalid, OtherDocument, Schema1Document } from '../../engine/verdict/index.ts'
import { looksLikeHtml, parseJson, plainType } from './json.ts'

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

export interface ParsedIndex {
  readonly kind: 'index'
  readonly entries: readonly IndexEntry[]
}

export interface ParsedManifest {
  readonly kind: 'manifest'
  readonly config: Descriptor
  readonly layerTypes: readonly string[]
  readonly artifactType?: string
}

export type Parsed = ParsedIndex | ParsedManifest | Schema1Document | OtherDocument

const INDEX_TYPES: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]
const MANIFEST_TYPES: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]
const SCHEMA1_TYPES: readonly string[] = [
  'application/vnd.docker.distribution.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
]
/** They say nothing of what a manifest is: the body tells, and the node then fails on an image all the same. */
const VAGUE_TYPES: readonly string[] = ['', 'text/plain', 'application/json', 'application/octet-stream']

/** What a media type announces; `vague` needs the body. */
export function kindOfType(mediaType: string): 'index' | 'manifest' | 'schema1' | 'vague' | 'html' | 'other' {
  if (INDEX_TYPES.includes(mediaType)) return 'index'
  if (MANIFEST_TYPES.includes(mediaType)) return 'manifest'
  if (SCHEMA1_TYPES.includes(mediaType)) return 'schema1'
  const plain = plainType(mediaType)
  if (VAGUE_TYPES.includes(plain)) return 'vague'
  return plain === 'text/html' ? 'html' : 'other'
}

/** What is announced as no image; perhaps only misspelt. */
export function otherOf(mediaType: string): OtherDocument {
  const misspelt = ['index', 'manifest', 'schema1'].includes(kindOfType(plainType(mediaType)))
  return { kind: 'other', mediaType: printable(mediaType, 128), ...(misspelt && { misspelt }) }
}

/** As containerd asks (`resolver.go`): the four types that it knows, and anything. */
export const MANIFEST_ACCEPT = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  '*/*',
].join(', ')

/** As Go reads a time; older versions took an hour of one digit, and a comma. */
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d?:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:\d\d)$/

const text = z.string().nullish()
const PlatformOf = z.object({
  os: text,
  architecture: text,
  variant: text,
  'os.version': text,
  'os.features': z.array(z.string()).nullish(),
})
const DescriptorOf = z.object({ mediaType: text, digest: text, size: z.int().nullish() })
const Entry = DescriptorOf.extend({ platform: PlatformOf.nullish() })
const Index = z.object({ manifests: z.array(Entry).nullish() })
const Manifest = z.object({
  artifactType: text,
  config: DescriptorOf.nullish(),
  layers: z.array(DescriptorOf).nullish(),
})
const time = z.string().regex(RFC3339).nullish()
const Config = PlatformOf.extend({
  created: time,
  history: z.array(z.object({ created: time }).nullish()).nullish(),
  rootfs: z.object({ diff_ids: z.array(z.string()).nullish() }).nullish(),
})
/** What tells the kinds of document apart (containerd's `validateMediaType`). */
const Outline = z.object({
  mediaType: text,
  manifests: z.unknown().optional(),
  config: z.unknown().optional(),
  layers: z.unknown().optional(),
  fsLayers: z.unknown().optional(),
})

export const invalid = (detail: Invalid['detail']): Invalid => ({ kind: 'invalid', detail })

/** A document as the node reads it, which believes the media type that it was announced with and checks the body against it. */
export function parseDocument(mediaType: string, bytes: Buffer, host: string): Parsed | Invalid | Faulty {
  const kind = kindOfType(mediaType)
  if (kind === 'schema1') return { kind: 'schema1' }
  const outline = Outline.safeParse(parseJson(bytes))
  if (!outline.success || kind === 'html') {
    if (kind === 'html' || looksLikeHtml(mediaType, bytes)) {
      return { kind: 'faulty', detail: 'not-a-registry', status: 200, host }
    }
    return invalid(kind === 'vague' ? 'media-type' : 'malformed')
  }
  const { data } = outline
  if (kind === 'vague') {
    return mediaType === 'text/plain' && data.fsLayers !== undefined ? { kind: 'schema1' } : invalid('media-type')
  }
  if (kind === 'other') return otherOf(mediaType)
  const said = kindOfType(data.mediaType ?? '')
  if (data.fsLayers !== undefined) return invalid('malformed')
  if (kind === 'index') {
    const mixed = data.config !== undefined || data.layers !== undefined || said === 'manifest'
    return mixed ? invalid('malformed') : parseIndex(bytes)
  }
  return data.manifests !== undefined || said === 'index' ? invalid('malformed') : parseManifest(bytes)
}

function parseIndex(bytes: Buffer): ParsedIndex | Invalid {
  const index = Index.safeParse(parseJson(bytes))
  if (!index.success) return invalid('malformed')
  const entries = (index.data.manifests ?? []).map(({ platform, ...descriptor }): IndexEntry => ({
    ...descriptorOf(descriptor),
    ...(platform ? { platform: platformOf(platform) } : {}),
  }))
  return { kind: 'index', entries }
}

function parseManifest(bytes: Buffer): ParsedManifest | Invalid {
  const manifest = Manifest.safeParse(parseJson(bytes))
  if (!manifest.success) return invalid('malformed')
  const { config, layers, artifactType } = manifest.data
  // Every runtime wants one, whatever its type.
  if (!config) return invalid('malformed')
  return {
    kind: 'manifest',
    config: descriptorOf(config),
    layerTypes: (layers ?? []).map((layer) => layer.mediaType ?? ''),
    ...(artifactType ? { artifactType } : {}),
  }
}

/** A config's own platform; fields empty where it does not say. `layerTypes`: of the manifest that names it. */
export function parseConfig(bytes: Buffer, layerTypes: readonly string[]): Platform | Invalid {
  const config = Config.safeParse(parseJson(bytes))
  if (!config.success) return invalid('malformed')
  const diffIds = config.data.rootfs?.diff_ids ?? []
  // The runtime unpacks layer by layer and gives up where the two lists differ in length; one that is absent is empty to it.
  if (layerTypes.every(isLayerType) && diffIds.length !== layerTypes.length) return invalid('malformed')
  return platformOf(config.data)
}

function isLayerType(mediaType: string): boolean {
  return (
    mediaType.startsWith('application/vnd.oci.image.layer.') ||
    mediaType.startsWith('application/vnd.docker.image.rootfs.')
  )
}

type PartOf<Shape extends z.ZodType> = Partial<z.infer<Shape>>

function descriptorOf(part: PartOf<typeof DescriptorOf>): Descriptor {
  return { mediaType: part.mediaType ?? '', digest: part.digest ?? '', size: part.size ?? 0 }
}

function platformOf(part: PartOf<typeof PlatformOf>): Platform {
  const osVersion = part['os.version']
  const osFeatures = part['os.features']
  return {
    os: part.os ?? '',
    architecture: part.architecture ?? '',
    ...(part.variant ? { variant: part.variant } : {}),
    ...(osVersion ? { osVersion } : {}),
    ...(osFeatures && osFeatures.length > 0 ? { osFeatures } : {}),
  }
}
