import { printable, quoted } from '../../base/text.ts'
import { decodeDockerConfigJson } from '../../engine/credentials/index.ts'
import type { AuthEntry } from '../../engine/credentials/index.ts'
import { readBounded, UnreadableError } from './load-endpoint.ts'

/** What of docker's config.json says how to log in. */
export interface DockerLogin {
  /** Those of `auths` that carry a password. */
  readonly entries: readonly AuthEntry[]
  /** By host: the helper that has the login of this host alone. */
  readonly credHelpers: ReadonlyMap<string, string>
  /** The helper that has all the others. */
  readonly credsStore: string | undefined
}

const none: DockerLogin = { entries: [], credHelpers: new Map(), credsStore: undefined }

/** Reads a config.json; where it cannot be read, there is no login, and a warning. One that is not there is no login either. */
export async function readDockerLogin(
  path: string,
  options: { readonly required: boolean; readonly warn: (message: string) => void },
): Promise<DockerLogin> {
  let text: string
  try {
    text = await readBounded(path)
  } catch (error) {
    const missing =
      error instanceof UnreadableError && (error.cause as { code?: unknown } | undefined)?.code === 'ENOENT'
    if (!missing || options.required) options.warn(`no docker login: cannot read ${quoted(path)}`)
    return none
  }
  const reading = decodeDockerConfigJson(text)
  if (reading.kind === 'malformed')
    options.warn(`the auths of ${quoted(path)} do not decode: ${printable(reading.error)}`)
  const document = parsed(text)
  if (document === undefined) return none
  const store = field(document, 'credsStore')
  return {
    // With no password it is a token of its own kind (`identitytoken`), or kept by a helper: nothing that a node could send.
    entries: reading.kind === 'entries' ? reading.entries.filter(({ password }) => password.reveal() !== '') : [],
    credHelpers: helpersOf(field(document, 'credHelpers')),
    credsStore: typeof store === 'string' && isHelperName(store) ? store : undefined,
  }
}

function helpersOf(value: unknown): ReadonlyMap<string, string> {
  const helpers = new Map<string, string>()
  if (typeof value !== 'object' || value === null) return helpers
  for (const [host, name] of Object.entries(value)) {
    if (typeof name === 'string' && isHelperName(name)) helpers.set(host, name)
  }
  return helpers
}

/** It becomes a part of a program's name. */
function isHelperName(name: string): boolean {
  return /^[\w][\w.-]{0,63}$/.test(name)
}

function parsed(text: string): object | undefined {
  try {
    const document: unknown = JSON.parse(text)
    return typeof document === 'object' && document !== null ? document : undefined
  } catch {
    return undefined
  }
}

function field(document: object, name: string): unknown {
  return Object.hasOwn(document, name) ? (document as Readonly<Record<string, unknown>>)[name] : undefined
}
