import { execFile } from 'node:child_process'
import { lstat, mkdir, readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'

/** What an image's config says of how it is run (image-spec, config.md). */
export interface ImageConfig {
  readonly architecture: string
  readonly os: string
  readonly config: {
    readonly User: string
    readonly ExposedPorts: Readonly<Record<string, object>>
    readonly Env: readonly string[]
    readonly Entrypoint: readonly string[]
    readonly Cmd: readonly string[]
    readonly WorkingDir: string
    readonly Labels: Readonly<Record<string, string>>
  }
  readonly rootfs: { readonly diff_ids: readonly string[] }
}

/** A file of an image, or a folder. */
export interface ImageFile {
  readonly path: string
  readonly kind: 'file' | 'folder' | 'other'
  readonly mode: number
  readonly owner: string
  readonly size: number
}

export interface Image {
  readonly config: ImageConfig
  /** The config and the manifest, as they are. */
  readonly texts: readonly string[]
  /** What was put on top of the base, unpacked; and its bytes as they travel. */
  readonly folder: string
  readonly compressed: number
  readonly files: readonly ImageFile[]
}

interface Descriptor {
  readonly digest: string
  readonly size: number
}

/** Reads an OCI layout that holds one image of `bases` layers of another and its own, and unpacks these into `folder`. */
export async function readImage(layout: string, bases: number, folder: string): Promise<Image> {
  const blob = (digest: string): string => join(layout, 'blobs', ...digest.split(':'))
  const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as { manifests: [Descriptor] }
  const manifest = await readFile(blob(index.manifests[0].digest), 'utf8')
  const read = JSON.parse(manifest) as { config: Descriptor; layers: readonly Descriptor[] }
  const config = await readFile(blob(read.config.digest), 'utf8')
  const own = read.layers.slice(bases)
  await mkdir(folder, { recursive: true })
  for (const { digest } of own)
    await promisify(execFile)('tar', ['-xpf', blob(digest), '--numeric-owner', '-C', folder])
  return {
    config: JSON.parse(config) as ImageConfig,
    texts: [config, manifest],
    folder,
    compressed: own.reduce((sum, { size }) => sum + size, 0),
    files: await filesOf(folder),
  }
}

async function filesOf(folder: string): Promise<readonly ImageFile[]> {
  const files: ImageFile[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const { mode, uid, gid, size } = await lstat(path)
    const kind = entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other'
    files.push({ path: relative(folder, path), kind, mode: mode & 0o7777, owner: `${uid}:${gid}`, size })
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1))
}
