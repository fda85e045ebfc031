import { buildKeyring, lookup } from '../../engine/credentials/index.ts'
import type { Credential } from '../../engine/credentials/index.ts'
import type { OwnLogins } from '../../engine/review/index.ts'
import { askHelper } from './credential-helper.ts'
import { readDockerLogin } from './docker-login.ts'
import type { DockerLogin } from './docker-login.ts'

export interface OwnLoginsOptions {
  readonly warn: (message: string) => void
  /** True where the user named the file: that it is not there is then worth a warning. */
  readonly required?: boolean
}

const SOURCE = 'docker login'
const MOST_HOSTS = 1000 // the names are those of the input

/**
 * The user's own docker login, from a config.json; `undefined` for none. First what a credential helper has for the
 * host (`credHelpers`, else `credsStore`), then what stands in the file. Each helper is asked once for a host. Never rejects.
 */
export function ownLogins(file: string | undefined, { warn, required = false }: OwnLoginsOptions): OwnLogins {
  if (file === undefined) return () => Promise.resolve([])
  let login: Promise<DockerLogin> | undefined
  const helped = new Map<string, Promise<readonly Credential[]>>()

  const warned = new Set<string>()
  function warnOnce(message: string): void {
    if (!warned.has(message)) warn(message)
    warned.add(message)
  }

  async function find(name: string): Promise<readonly Credential[]> {
    login ??= readDockerLogin(file ?? '', { required, warn })
    const { entries, credHelpers, credsStore } = await login
    const server = serverOf(name)
    const helper = credHelpers.get(server) ?? credHelpers.get(hostOf(name)) ?? credsStore
    const fromFile = lookup(buildKeyring([{ name: SOURCE, entries }]), name)
    if (helper === undefined) return fromFile
    if (helped.size >= MOST_HOSTS) helped.clear()
    const asked = helped.get(server) ?? askOnce(helper, server)
    helped.set(server, asked)
    return [...(await asked), ...fromFile]
  }

  async function askOnce(helper: string, server: string): Promise<readonly Credential[]> {
    const answer = await askHelper(helper, server)
    if (answer.kind === 'failed') warnOnce(`docker-credential-${helper}: ${answer.why}`)
    return answer.kind === 'login' ? [{ ...answer.login, source: SOURCE, key: server }] : []
  }

  return (name, signal) => orNothing(find(name), signal)
}

/** Docker Hub's logins go by the address of its first index. */
function serverOf(name: string): string {
  const host = hostOf(name)
  return host === 'docker.io' ? 'https://index.docker.io/v1/' : host
}

function hostOf(name: string): string {
  return name.split('/', 1)[0] ?? ''
}

/** A helper may wait for a finger on a key: who has no more time goes on without it. */
async function orNothing(logins: Promise<readonly Credential[]>, signal: AbortSignal): Promise<readonly Credential[]> {
  if (signal.aborted) return []
  const { promise: aborted, resolve } = Promise.withResolvers<readonly Credential[]>()
  const stop = (): void => resolve([])
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([logins, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
