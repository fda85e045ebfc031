import { Secret } from '../../src/base/secret.ts'
import { createRegistryClient } from '../../src/edges/registry/index.ts'
import type { RegistryOptions } from '../../src/edges/registry/index.ts'
import type { Credential } from '../../src/engine/credentials/index.ts'
import type { Host } from '../../src/engine/platform/index.ts'
import type { Reference } from '../../src/engine/reference/index.ts'
import type { ImageFact } from '../../src/engine/verdict/index.ts'
import { startScriptedRegistry } from '../support/scripted-registry.ts'
import type { Script, ScriptedRegistry } from '../support/scripted-registry.ts'

export const amd64: Host = {
  platform: { os: 'linux', architecture: 'amd64' },
  runtime: { name: 'containerd', version: '2.1.4' },
}

export function login(username: string, password: string): Credential {
  return { username, password: new Secret(password), source: 'regcred', key: 'registry.test' }
}

/** `team/app:v1` or `team/app@sha256:...` at a host. */
export function at(host: string, image: string): Reference {
  const [named = '', digest] = image.split('@')
  const [path = '', tag] = named.split(':')
  return { domain: host, path, name: `${host}/${path}`, tag, digest }
}

export interface Answered {
  readonly fact: ImageFact
  /** The registry's log: `HEAD /v2/team/app/manifests/v1 200`. */
  readonly lines: readonly string[]
  readonly registry: ScriptedRegistry
}

/** Asks a registry of this script one question, over plain HTTP on loopback. */
export async function asked(
  script: Script,
  image: string,
  by: {
    readonly credential?: Credential
    readonly hosts?: readonly Host[]
    readonly options?: Partial<RegistryOptions>
  } = {},
): Promise<Answered> {
  const registry = await startScriptedRegistry(script)
  const client = createRegistryClient({ insecure: [], ...by.options })
  try {
    const reference = at(
      registry.host,
      image.replace(/@(\w+\/.+)$/, (_, name: string) => `@${registry.digest(name)}`),
    )
    const question = { reference, credential: by.credential, hosts: by.hosts ?? [amd64] }
    const fact = await client.ask(question, AbortSignal.timeout(15_000))
    return { fact, lines: registry.lines(), registry }
  } finally {
    await client.close()
    await registry.close()
  }
}
