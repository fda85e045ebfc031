import { LRUCache } from 'lru-cache'
import type { Credential } from '../../engine/credentials/index.ts'
import type { Failure } from '../../engine/verdict/index.ts'
import { refusedAtLogin, refusedAtRegistry } from './answers.ts'
import { parseChallenges } from './challenge.ts'
import type { Challenge } from './challenge.ts'
import type { Trust } from './safety.ts'
import { followRule } from './safety.ts'
import type { Station } from './stations.ts'
import { basicHeader } from './token.ts'
import type { Tokens } from './tokens.ts'
import { exchange } from './transport.ts'
import type { Reply, Transport, TransportFailure } from './transport.ts'

/** What one question says to one station: one repository, one credential. */
export interface Session {
  readonly transport: Transport
  /** Replaced by its HTTP twin once HTTPS is known not to be there. */
  station: Station
  /** Whether this is the last station, whose 500, 503 and 504 the node asks again once. */
  readonly last: boolean
  readonly path: string
  readonly credential: Credential | undefined
  readonly fingerprint: string
  trust: Trust
  readonly memory: Memory
  readonly signal: AbortSignal
  /** The Authorization that the last answer was given for. */
  authorization: string | undefined
}

/** How a station wants to be asked, as learned from its challenges. */
type Method =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: URL; readonly service: string; readonly scopes: readonly string[] }

export interface Memory {
  readonly tokens: Tokens
  /** By station, and by station and repository, which knows the scopes. */
  readonly methods: LRUCache<string, Method>
  /** Stations whose HTTPS is plain HTTP. */
  readonly plain: LRUCache<string, true>
}

export function createMemory(tokens: Tokens, now: () => number): Memory {
  const kept = { max: 5_000, ttlResolution: 0, perf: { now } }
  return {
    tokens,
    methods: new LRUCache({ ...kept, ttl: 3_600_000 }),
    plain: new LRUCache({ ...kept, ttl: 60_000 }),
  }
}

export interface RegistryRequest {
  readonly method: 'HEAD' | 'GET'
  /** Below the base: `team/app/manifests/v1`. */
  readonly target: string
  readonly accept: string
  readonly limit: number
}

/**
 * Asks as the node does, whose first request carries nothing and whose answers to a challenge are its only logins,
 * but starts with what an earlier challenge taught. A refusal of that head start is never taken for an answer: the
 * question is then put again as the node puts it. A reply that is returned is not a 401.
 */
export async function ask(session: Session, wanted: RegistryRequest): Promise<Reply | Failure> {
  const head = session.authorization ?? (await headStart(session))
  const early = await send(session, wanted, head)
  if ('kind' in early) return early
  const doubtful = early.status === 401 || (head !== undefined && (early.status === 400 || early.status === 403))
  if (!doubtful) return settle(session, head, early)

  const plain = head === undefined ? early : await send(session, wanted, undefined)
  if ('kind' in plain || plain.status !== 401) return settle(session, undefined, plain)
  if (plain.strayed) {
    return { kind: 'faulty', detail: 'redirects', status: plain.status, host: plain.url.host }
  }
  const answer = await answerChallenge(session, plain, head)
  if (answer.kind !== 'header') return answer
  let last = answer.value === head ? early : await send(session, wanted, answer.value)
  // A token may be younger than what the registry knows: the node asks with it until its five requests are spent, we once more.
  if (answer.method === 'bearer' && 'body' in last && isSilentRefusal(last))
    last = await send(session, wanted, answer.value)
  if ('kind' in last) return last
  if (last.status === 401 && !last.strayed) return answer.method === 'basic' ? refusedAtLogin : refusedAtRegistry
  return settle(session, answer.value, last)
}

/** A 401 whose challenge names no error, with which the node would stop. */
function isSilentRefusal({ status, strayed, headers }: Reply): boolean {
  if (status !== 401 || strayed) return false
  const [challenge] = challengesOf(headers)
  return challenge?.scheme === 'bearer' && (challenge.params.get('error') ?? '') === ''
}

function challengesOf(headers: Reply['headers']): readonly Challenge[] {
  const lines = headers['www-authenticate']
  return parseChallenges(typeof lines === 'string' ? [lines] : (lines ?? []))
}

function settle(session: Session, authorization: string | undefined, reply: Reply | Failure): Reply | Failure {
  session.authorization = authorization
  return reply
}

async function send(
  session: Session,
  wanted: RegistryRequest,
  authorization: string | undefined,
): Promise<Reply | TransportFailure> {
  const { station, transport, trust, signal } = session
  const url = new URL(`${station.base.href}/${session.path}/${wanted.target}`)
  if (station.ns !== undefined) url.searchParams.set('ns', station.ns)
  const own = authorization === undefined ? station.headers : { ...station.headers, authorization }
  const { method, accept, limit } = wanted
  const request = { method, url, headers: { accept }, own, limit, tls: station.tls, trust }
  const reply = await exchange(transport, request, signal)
  const again = session.last && 'body' in reply && RETRIED.includes(reply.status) && !signal.aborted
  return again ? exchange(transport, request, signal) : reply
}

// A 502 is not asked again, nor is a 429 (kubelet-pull 5.3; a node would hammer on, we spare the registry).
const RETRIED: readonly number[] = [500, 503, 504]

type Answer = { readonly kind: 'header'; readonly value: string; readonly method: Method['kind'] } | Failure

/** Bearer before Basic, as containerd takes them; `tried` is a header that this very question has just been refused with. */
async function answerChallenge(session: Session, reply: Reply, tried: string | undefined): Promise<Answer> {
  const [challenge] = challengesOf(reply.headers)
  if (challenge === undefined) return refusedAtRegistry
  const { credential } = session
  if (challenge.scheme === 'basic') {
    if (credential === undefined) return refusedAtRegistry
    if (credential.password.reveal() === '') return refusedAtLogin
    remember(session, { kind: 'basic' })
    return { kind: 'header', value: basicHeader(credential), method: 'basic' }
  }
  const method = bearerOf(challenge, reply)
  if (method.kind !== 'bearer') return method
  const unfollowed = followRule(method.realm, reply.url, session.trust)
  if (unfollowed !== undefined) return unfollowed
  const token = await tokenFor(session, method, tried)
  if (token.kind !== 'token') return token
  remember(session, method)
  return { kind: 'header', value: `Bearer ${token.value}`, method: 'bearer' }
}

function bearerOf(challenge: Challenge, reply: Reply): Extract<Method, { kind: 'bearer' }> | Failure {
  // containerd does not resolve a relative realm, and cuts no space off: the node fails on it, on a service that is set up wrongly.
  const written = challenge.params.get('realm') ?? ''
  const realm = written === written.trim() ? URL.parse(written) : null
  if (realm === null) return { kind: 'faulty', detail: 'challenge', status: reply.status, host: reply.url.host }
  realm.username = ''
  realm.password = ''
  const scopes = (challenge.params.get('scope') ?? '').split(' ').filter((scope) => scope !== '')
  return { kind: 'bearer', realm, service: challenge.params.get('service') ?? '', scopes: scopes.slice(0, 16) }
}

function tokenFor(session: Session, method: Extract<Method, { kind: 'bearer' }>, stale: string | undefined) {
  const { credential, fingerprint, station, trust } = session
  const { realm, service } = method
  const scopes = [...new Set([`repository:${session.path}:pull`, ...method.scopes])].sort()
  return session.memory.tokens.get({ realm, service, scopes, credential, tls: station.tls, trust }, fingerprint, stale)
}

async function headStart(session: Session): Promise<string | undefined> {
  const { memory, credential } = session
  const [station, repository] = keysOf(session)
  const method = memory.methods.get(repository) ?? memory.methods.get(station)
  if (method === undefined) return undefined
  if (method.kind === 'basic') {
    return credential === undefined || credential.password.reveal() === '' ? undefined : basicHeader(credential)
  }
  const token = await tokenFor(session, method, undefined)
  return token.kind === 'token' ? `Bearer ${token.value}` : undefined
}

/** Another repository's scope is of no use to this one; `aws` or `*` are. */
function remember(session: Session, method: Method): void {
  const [station, repository] = keysOf(session)
  session.memory.methods.set(repository, method)
  const shared = (scope: string): boolean => !scope.startsWith('repository:')
  const general = method.kind === 'basic' ? method : { ...method, scopes: method.scopes.filter(shared) }
  session.memory.methods.set(station, general)
}

function keysOf({ station, path }: Session): readonly [string, string] {
  return [station.base.href, `${station.base.href}/${path}`]
}
