// Asking through our client, and reading in the registry's log what that took.
import { afterEach } from 'vitest'
import { Secret } from '../../src/base/secret.ts'
import { createRegistryClient } from '../../src/edges/registry/index.ts'
import type { Credential } from '../../src/engine/credentials/index.ts'
import type { Host } from '../../src/engine/platform/index.ts'
import { parseReference } from '../../src/engine/reference/index.ts'
import type { Reference } from '../../src/engine/reference/index.ts'
import type { ImageFact } from '../../src/engine/verdict/index.ts'
import type { DockerRegistry } from '../support/docker-registry.ts'

const OCI = 'application/vnd.oci.image'

export type ClientOptions = Parameters<typeof createRegistryClient>[0]

let clients: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const client of clients) await client.close()
  clients = []
})

function reference(image: string): Reference {
  const parsed = parseReference(image)
  if (parsed.kind === 'invalid') throw new Error(parsed.error)
  return parsed.reference
}

function host(architecture: string): Host {
  return { platform: { os: 'linux', architecture }, runtime: { name: 'containerd', version: '2.3.4' } }
}

export function credential(username: string, password: string): Credential {
  return { username, password: new Secret(password), source: 'regcred', key: 'as it was written' }
}

export type Ask = (image: string, credential?: Credential) => Promise<ImageFact>

/** A client of its own, with nothing in its caches. */
export function client(options: ClientOptions = {}, architecture = 'amd64'): Ask {
  const made = createRegistryClient(options)
  clients.push(made)
  const hosts = [host(architecture)]
  return (image, credential) =>
    made.ask({ reference: reference(image), credential, hosts }, AbortSignal.timeout(10_000))
}

/** What is found, and the registry's log of it: `HEAD 1.0 200`. */
export async function seen(
  registry: DockerRegistry,
  ask: () => Promise<ImageFact>,
): Promise<{ fact: ImageFact; log: string[] }> {
  const { result, requests } = await registry.during(ask)
  return { fact: result, log: requests.map(({ method, path, status }) => `${method} ${short(path)} ${status}`) }
}

/** `1.0` of `/v2/team/app/manifests/1.0`, `manifest` where that is a digest. */
function short(path: string): string {
  const [, kind = '', rest = ''] = /\/(manifests|blobs|tags)\/([^?]+)/.exec(path) ?? []
  if (kind === 'tags') return 'tags'
  return rest.startsWith('sha256:') ? kind.slice(0, -1) : rest
}

/** A single image for linux as these tools make it. */
export function single(digest: unknown, architecture: string, config: string, layer: string): ImageFact {
  return {
    kind: 'found',
    digest: digest as string,
    document: { kind: 'manifest', configType: config, layerTypes: [layer], config: { os: 'linux', architecture } },
  }
}

export function ociSingle(digest: unknown, architecture: string): ImageFact {
  return single(digest, architecture, `${OCI}.config.v1+json`, `${OCI}.layer.v1.tar+gzip`)
}
