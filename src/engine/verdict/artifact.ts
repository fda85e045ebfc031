import type { ManifestDocument } from './facts.ts'

/**
 * What a manifest holds, as far as a runtime cares (facts seen on a node, "Platforms and kinds"):
 * - `image`: layers that unpack to a root file system, under an image config.
 * - `odd-image`: image layers under another config, or WebAssembly, which some runtime classes run: runtimes differ.
 * - `archive`: no image, but tar layers that mount as a volume (a Helm chart).
 * - `signature`: nothing that mounts.
 * - `artifact`: anything else (a model, an SBOM).
 */
export type Artifact = 'image' | 'odd-image' | 'archive' | 'signature' | 'artifact'

// Old Docker versions pushed application/octet-stream: containerd's transfer service pulls it and then cannot create the
// container (seen on a node), others run it.
const IMAGE_CONFIGS = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
])
const IMAGE_LAYER =
  /^application\/vnd\.(oci\.image\.layer\.(nondistributable\.)?v1\.tar|docker\.image\.rootfs\.(foreign\.)?diff\.tar)/
// As runwasi and Spin name their layers and configs: `application/vnd.wasm.content.layer.v1+wasm`, `application/wasm`.
const WEB_ASSEMBLY = /\bwasm\b|\.bytecodealliance\.|\.fermyon\./
const SIGNATURE_LAYER = 'application/vnd.dev.cosign.simplesigning.v1+json'
const EMPTY_CONFIG = 'application/vnd.oci.empty.v1+json'

/** Whether a config of this media type says on which platform the image runs. */
export function isImageConfig(mediaType: string): boolean {
  return IMAGE_CONFIGS.has(mediaType)
}

export function artifactOf(manifest: ManifestDocument): Artifact {
  const { configType, layerTypes } = manifest
  if (layerTypes.includes(SIGNATURE_LAYER)) return 'signature'
  const layered = layerTypes.length === 0 || layerTypes.some((type) => IMAGE_LAYER.test(type))
  if (layered) return isImageConfig(configType) ? 'image' : 'odd-image'
  if ([configType, ...layerTypes].some((type) => WEB_ASSEMBLY.test(type))) return 'odd-image'
  if (configType !== EMPTY_CONFIG && layerTypes.every((type) => /[.+]tar(\+gzip|\+zstd|\.gzip)?$/.test(type)))
    return 'archive'
  return 'artifact'
}

/** For messages: `a Helm chart`, `a signature`, else the media type that tells most. */
export function describeArtifact(manifest: ManifestDocument): string {
  if (manifest.configType.startsWith('application/vnd.cncf.helm.')) return 'a Helm chart'
  if (artifactOf(manifest) === 'signature') return 'a signature'
  const type =
    manifest.artifactType ??
    (manifest.configType === EMPTY_CONFIG ? undefined : manifest.configType) ??
    manifest.layerTypes[0]
  return `an artifact of type ${type ?? 'unknown'}`
}
