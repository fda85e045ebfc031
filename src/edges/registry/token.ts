import { z } from 'zod'
import type { Credential } from '../../engine/credentials/index.ts'
import type { Failure } from '../../engine/verdict/index.ts'
import { failureOf, isSuccess, refusedAtLogin, refusedAtRegistry, saysExpired } from './answers.ts'
import { readErrorBody } from './error-body.ts'
import { parseJson } from './json.ts'
import { MAX_TOKEN } from './options.ts'
import type { TlsSettings } from './agents.ts'
import { exchange } from './transport.ts'
import type { Ask, Reply, Transport } from './transport.ts'
import type { Trust } from './safety.ts'

export interface TokenRequest {
  readonly realm: URL
  readonly service: string
  /** Sorted, without doubles. */
  readonly scopes: readonly string[]
  readonly credential: Credential | undefined
  readonly tls: TlsSettings
  readonly trust: Trust
}

export interface Token {
  readonly kind: 'token'
  readonly value: string
  /** Milliseconds for which it may be used again. */
  readonly goodFor: number
}

// Go's decoder: null is as absent, and `issued_at` must be a time where it is there.
const TokenReply = z.object({
  token: z.string().nullish(),
  access_token: z.string().nullish(),
  refresh_token: z.string().nullish(),
  expires_in: z.number().nullish(),
  issued_at: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/)
    .nullish(),
})

/** Only the form's answer has one to Go. */
const FormReply = TokenReply.extend({ scope: z.string().nullish() })

const PRINTABLE = /^[\x20-\x7e]{1,65536}$/
/** After these, and no others, containerd asks again by GET. */
const TAKES_NO_POST: readonly number[] = [400, 401, 404, 405]

/**
 * A token as containerd gets one (kubelet-pull 5.4): with a password the OAuth2 form by POST, then GET with Basic;
 * without one, GET as nobody. `getOnly` remembers the realms that have no POST at all.
 */
export async function fetchToken(
  transport: Transport,
  asked: TokenRequest,
  getOnly: { has(realm: string): boolean; add(realm: string): void },
  signal: AbortSignal,
): Promise<Token | Failure> {
  const { credential, realm } = asked
  const password = credential?.password.reveal() ?? ''
  if (credential === undefined || password === '') return byGet(transport, asked, undefined, signal)
  if (!getOnly.has(realm.href)) {
    const reply = await exchange(transport, formOf(asked, credential.username, password), signal)
    if ('kind' in reply) return reply
    if (!TAKES_NO_POST.includes(reply.status)) return readToken(reply, 'form', true)
    if (reply.status === 404 || reply.status === 405) getOnly.add(realm.href)
  }
  return byGet(transport, asked, basicHeader(credential), signal)
}

export function basicHeader({ username, password }: Credential): string {
  return `Basic ${Buffer.from(`${username}:${password.reveal()}`, 'utf8').toString('base64')}`
}

function formOf(asked: TokenRequest, username: string, password: string): Ask {
  // The client id is the node's: a token service may judge by it.
  const form = new URLSearchParams({ client_id: 'containerd-client', grant_type: 'password' })
  form.set('scope', asked.scopes.join(' '))
  form.set('service', asked.service)
  form.set('username', username)
  form.set('password', password)
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
  const { realm: url, tls, trust } = asked
  return { method: 'POST', url, headers, own: {}, form: form.toString(), limit: MAX_TOKEN, tls, trust }
}

async function byGet(
  transport: Transport,
  asked: TokenRequest,
  authorization: string | undefined,
  signal: AbortSignal,
): Promise<Token | Failure> {
  const url = new URL(asked.realm)
  if (asked.service !== '') url.searchParams.append('service', asked.service)
  for (const scope of asked.scopes) url.searchParams.append('scope', scope)
  const own: Record<string, string> = authorization === undefined ? {} : { authorization }
  const { tls, trust } = asked
  const reply = await exchange(
    transport,
    { method: 'GET', url, headers: {}, own, limit: MAX_TOKEN, tls, trust },
    signal,
  )
  return 'kind' in reply ? reply : readToken(reply, 'get', authorization !== undefined)
}

function readToken(reply: Reply, how: 'form' | 'get', withCredential: boolean): Token | Failure {
  if (!isSuccess(reply.status)) return tokenFailure(reply, withCredential)
  const known = how === 'form' ? FormReply : TokenReply
  const read = reply.over ? undefined : known.safeParse(parseJson(reply.body))
  const value = (read?.data?.access_token ?? '') || (how === 'get' ? read?.data?.token : undefined)
  // A line break in a token would be a header of its own.
  if (typeof value !== 'string' || !PRINTABLE.test(value)) return faultyService(reply)
  return { kind: 'token', value, goodFor: goodFor(read?.data?.expires_in) }
}

/** Sixty seconds where the service does not say (distribution's token specification), an hour at most, a margin off. */
function goodFor(expiresIn: number | null | undefined): number {
  const said = typeof expiresIn === 'number' && Number.isInteger(expiresIn) && expiresIn > 0 ? expiresIn : 60
  const seconds = Math.min(said, 3600)
  return (seconds - Math.min(10, seconds / 2)) * 1000
}

function tokenFailure(reply: Reply, withCredential: boolean): Failure {
  const { status, strayed } = reply
  const error = readErrorBody(reply)
  if (strayed && (status === 401 || status === 403)) return faultyService(reply)
  if (withCredential && (status === 400 || status === 401 || status === 403) && saysExpired(error)) {
    return { kind: 'refused', at: 'login', detail: 'expired' }
  }
  if (status === 401) return withCredential ? refusedAtLogin : refusedAtRegistry
  if (status === 403) {
    const failure = failureOf(reply)
    return failure.kind === 'refused' && withCredential ? refusedAtLogin : failure
  }
  if (status === 412 || status === 429 || status === 451) return failureOf(reply)
  return faultyService(reply)
}

function faultyService(reply: Reply): Failure {
  return { kind: 'faulty', detail: 'token-service', status: reply.status, host: reply.url.host }
}
