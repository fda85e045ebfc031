import { Secret } from '../../base/secret.ts'
import { decodeBase64 } from './base64.ts'
import type { AuthEntry, PullSecretReading } from './credential.ts'
import { jsonDocument, jsonKind, jsonMembers, jsonString } from './json-cursor.ts'
import type { JsonValue } from './json-cursor.ts'
import { jsonSyntaxError } from './json-syntax.ts'

const PACKAGE = 'credentialprovider'
const ENTRY = 'dockerConfigEntryWithAuth'
const CONFIG = 'DockerConfigJSON'
const NOT_A_PAIR = 'unable to parse auth field, must be formatted as base64(username:password)'

/** Go's encoding/json goes on after a value of the wrong type, and ends with the first such error. */
interface Progress {
  readonly entries: Map<string, AuthEntry>
  error: string | undefined
}

/** Decodes `{"auths": {...}}` as the kubelet does; `text` as it is in a Secret of type kubernetes.io/dockerconfigjson. */
export function decodeDockerConfigJson(text: string | Uint8Array): PullSecretReading {
  return decode(text, (document, progress) => {
    if (jsonKind(document) !== 'object') return mistyped(document, `value of type ${PACKAGE}.${CONFIG}`)
    for (const { key, value } of jsonMembers(document)) {
      const field = fold(key)
      if (field === 'httpheaders') progress.error ??= headersError(value)
      if (field !== 'auths') continue
      if (jsonKind(value) === 'null') progress.entries.clear()
      else if (jsonKind(value) === 'object') {
        const error = readEntries(value, progress.entries, `${CONFIG}.auths`)
        if (error !== undefined) return error
      } else progress.error ??= mistyped(value, `struct field ${CONFIG}.auths of type ${PACKAGE}.DockerConfig`)
    }
    return undefined
  })
}

/** Decodes the older form, a bare map of hosts; a Secret of type kubernetes.io/dockercfg holds it. */
export function decodeDockerCfg(text: string | Uint8Array): PullSecretReading {
  return decode(text, (document, progress) =>
    jsonKind(document) === 'object'
      ? readEntries(document, progress.entries, '')
      : mistyped(document, `value of type ${PACKAGE}.DockerConfig`),
  )
}

function decode(
  text: string | Uint8Array,
  read: (document: JsonValue, progress: Progress) => string | undefined,
): PullSecretReading {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text
  const syntax = jsonSyntaxError(bytes)
  if (syntax !== undefined) return { kind: 'malformed', error: syntax }
  const document = jsonDocument(bytes)
  const progress: Progress = { entries: new Map(), error: undefined }
  const stop = jsonKind(document) === 'null' ? undefined : read(document, progress)
  const error = stop ?? progress.error
  return error === undefined
    ? { kind: 'entries', entries: [...progress.entries.values()] }
    : { kind: 'malformed', error }
}

/** The first error stops the decoding: an entry has a decoder of its own in the kubelet, and Go takes its error at once. */
function readEntries(map: JsonValue, entries: Map<string, AuthEntry>, path: string): string | undefined {
  for (const { key, value } of jsonMembers(map)) {
    const entry = readEntry(key, value, path)
    if (typeof entry === 'string') return entry
    entries.set(key, entry)
  }
  return undefined
}

/** The entry, or why the secret is malformed. Empty fields are fine: such an entry still counts as a credential. */
function readEntry(key: string, value: JsonValue, path: string): AuthEntry | string {
  const fields = new Map([
    ['username', ''],
    ['password', ''],
    ['email', ''],
    ['auth', ''],
  ])
  if (jsonKind(value) === 'null') return { key, username: '', password: new Secret('') }
  if (jsonKind(value) !== 'object') {
    return mistyped(value, `${path === '' ? 'value' : `struct field ${path}`} of type ${PACKAGE}.${ENTRY}`)
  }
  let error: string | undefined
  for (const member of jsonMembers(value)) {
    const field = fold(member.key)
    if (!fields.has(field) || jsonKind(member.value) === 'null') continue
    if (jsonKind(member.value) === 'string') fields.set(field, jsonString(member.value))
    else error ??= mistyped(member.value, `struct field ${path === '' ? ENTRY : path}.${field} of type string`)
  }
  if (error !== undefined) return error
  const auth = fields.get('auth') ?? ''
  if (auth !== '') return readAuth(key, auth)
  return { key, username: fields.get('username') ?? '', password: new Secret(fields.get('password') ?? '') }
}

function readAuth(key: string, auth: string): AuthEntry | string {
  const decoded = decodeBase64(auth, auth.charAt(lengthWithoutSpace(auth) - 1) === '=')
  if (decoded.kind === 'illegal') return decoded.error
  const pair = Buffer.from(decoded.bytes).toString('utf8')
  const colon = pair.indexOf(':')
  if (colon < 0) return NOT_A_PAIR
  return { key, username: pair.slice(0, colon), password: new Secret(pair.slice(colon + 1)) }
}

function headersError(value: JsonValue): string | undefined {
  const field = `struct field ${CONFIG}.HttpHeaders of type`
  if (jsonKind(value) === 'null') return undefined
  if (jsonKind(value) !== 'object') return mistyped(value, `${field} map[string]string`)
  for (const member of jsonMembers(value)) {
    const kind = jsonKind(member.value)
    if (kind !== 'string' && kind !== 'null') return mistyped(member.value, `${field} string`)
  }
  return undefined
}

function mistyped(value: JsonValue, into: string): string {
  return `json: cannot unmarshal ${jsonKind(value)} into Go ${into}`
}

// Go folds the long s and the Kelvin sign too, when it looks for a field.
function fold(key: string): string {
  return key.replaceAll('\u017F', 's').toLowerCase()
}

const SPACE = /[\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]/

/** The length of `text` without the trailing white space, as Go's `strings.TrimSpace` counts it. */
function lengthWithoutSpace(text: string): number {
  let length = text.length
  while (length > 0 && SPACE.test(text.charAt(length - 1))) length--
  return length
}
