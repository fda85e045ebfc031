import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { printable } from '../../base/text.ts'

/** The host that the examples name. */
export const REGISTRY_NAME = 'registry.demo.test'

/** PEM texts. */
export interface Certificates {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** The demo's files, in a folder that only its owner can read. */
export interface Folder {
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
  /** A containerd `certs.d` that leads `registry.demo.test` to the embedded registry. */
  readonly hostsDir: string
  /** Writes a review as `NAME.json`, and answers its path. */
  writeReview(name: string, review: object): Promise<string>
  remove(): Promise<void>
}

/** The system's temporary folder takes nothing. */
export class FolderError extends Error {
  readonly code = 'FOLDER_UNUSABLE'
}

/** Makes the folder with all but the reviews, under the system's temporary one. Rejects with a FolderError, and leaves nothing then. */
export async function makeFolder(certificates: Certificates, registryUrl: string): Promise<Folder> {
  let root: string | undefined
  try {
    root = await mkdtemp(join(tmpdir(), 'pullable-demo-'))
    return await fill(root, certificates, registryUrl)
  } catch (error) {
    if (root !== undefined) await rm(root, { recursive: true, force: true })
    throw unusable(error)
  }
}

async function fill(root: string, certificates: Certificates, registryUrl: string): Promise<Folder> {
  const hostsDir = join(root, 'certs.d')

  async function write(path: string, text: string): Promise<string> {
    const file = join(root, path)
    await writeFile(file, text, { mode: 0o600 })
    return file
  }

  await mkdir(join(hostsDir, REGISTRY_NAME), { recursive: true })
  await write(`certs.d/${REGISTRY_NAME}/hosts.toml`, `server = "${registryUrl}"\n`)
  return {
    caFile: await write('ca.crt', certificates.ca),
    certFile: await write('tls.crt', certificates.cert),
    keyFile: await write('tls.key', certificates.key),
    hostsDir,
    writeReview: (name, review) =>
      write(`${name}.json`, JSON.stringify(review)).catch((error: unknown) => {
        throw unusable(error)
      }),
    remove: () => rm(root, { recursive: true, force: true }),
  }
}

function unusable(cause: unknown): FolderError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
  return new FolderError(`the temporary folder ${printable(tmpdir(), 1024)} cannot be written to: ${code}`, { cause })
}
