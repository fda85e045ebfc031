import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

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

/** Makes the folder with all but the reviews, under the system's temporary one. */
export async function makeFolder(certificates: Certificates, registryUrl: string): Promise<Folder> {
  const root = await mkdtemp(join(tmpdir(), 'pullable-demo-'))
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
    writeReview: (name, review) => write(`${name}.json`, JSON.stringify(review)),
    remove: () => rm(root, { recursive: true, force: true }),
  }
}
