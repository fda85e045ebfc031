import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { Image } from './contents.ts'
import { tarOfOneFile } from './tar.ts'

const INDEX = 'application/vnd.oci.image.index.v1+json'
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const IN_TOTO = 'application/vnd.in-toto+json'

/** Bytes that a registry serves under their digest. */
export interface Content {
  readonly mediaType: string
  readonly digest: string
  readonly bytes: Buffer
}

/** One repository made: real bytes under real digests. */
export interface Shelf {
  /** By digest; indexes too. */
  readonly manifests: ReadonlyMap<string, Content>
  /** By digest: configs and layers. */
  readonly blobs: ReadonlyMap<string, Content>
  /** Tag to digest. */
  readonly tags: ReadonlyMap<string, string>
}

/** Makes every image of a repository. Each layer holds one text file that says what it is, so no two digests are alike. */
export function fillShelf(repository: string, images: Readonly<Record<string, Image>>): Shelf {
  const manifests = new Map<string, Content>()
  const blobs = new Map<string, Content>()
  const tags = new Map<string, string>()

  function put(place: Map<string, Content>, mediaType: string, content: object | Buffer): Content {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content))
    const made = { mediaType, digest: sha256(bytes), bytes }
    place.set(made.digest, made)
    return made
  }

  function putSingle(platform: string, label: string): Content {
    const archive = tarOfOneFile('what-is-this.txt', `${label}, built for ${platform}\n`)
    const config = put(blobs, CONFIG, {
      created: '2024-10-01T00:00:00Z',
      ...platformOf(platform),
      config: { Cmd: ['/what-is-this.txt'] },
      rootfs: { type: 'layers', diff_ids: [sha256(archive)] },
      history: [{ created: '2024-10-01T00:00:00Z', created_by: 'pullable demo' }],
    })
    return put(manifests, MANIFEST, manifest(config, put(blobs, LAYER, gzipSync(archive))))
  }

  // The shape that BuildKit gives the provenance of an image: a manifest of its own, for no platform.
  function putAttestation(subject: Content): Content {
    const statement = put(blobs, IN_TOTO, {
      _type: 'https://in-toto.io/Statement/v0.1',
      predicateType: 'https://slsa.dev/provenance/v0.2',
      subject: [{ name: repository, digest: { sha256: subject.digest.slice('sha256:'.length) } }],
      predicate: {},
    })
    const config = put(blobs, CONFIG, {
      ...platformOf('unknown/unknown'),
      config: {},
      rootfs: { type: 'layers', diff_ids: [statement.digest] },
    })
    return put(manifests, MANIFEST, manifest(config, statement))
  }

  for (const [tag, image] of Object.entries(images)) {
    const label = `${repository}:${tag}`
    if (image.kind === 'single') {
      tags.set(tag, putSingle(image.platform, label).digest)
      continue
    }
    const children = image.platforms.map((platform) => ({ platform, content: putSingle(platform, label) }))
    const entries: object[] = children.map(({ platform, content }) => ({
      ...descriptor(content),
      platform: platformOf(platform),
    }))
    for (const { content } of image.attested ? children : []) {
      entries.push({
        ...descriptor(putAttestation(content)),
        annotations: {
          'vnd.docker.reference.digest': content.digest,
          'vnd.docker.reference.type': 'attestation-manifest',
        },
        platform: platformOf('unknown/unknown'),
      })
    }
    tags.set(tag, put(manifests, INDEX, { schemaVersion: 2, mediaType: INDEX, manifests: entries }).digest)
  }
  return { manifests, blobs, tags }
}

function manifest(config: Content, layer: Content): object {
  return { schemaVersion: 2, mediaType: MANIFEST, config: descriptor(config), layers: [descriptor(layer)] }
}

function descriptor(content: Content): object {
  return { mediaType: content.mediaType, digest: content.digest, size: content.bytes.length }
}

function platformOf(platform: string): object {
  const [os, architecture, variant] = platform.split('/')
  return { architecture, os, ...(variant === undefined ? {} : { variant }) }
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
