import { createHash, randomUUID } from 'node:crypto'
import type { Answer } from './scripted-registry.ts'

/** How a scripted registry lets people in. */
export interface ScriptedAuth {
  readonly kind: 'basic' | 'bearer'
  /** Passwords by user name. */
  readonly users: Readonly<Record<string, string>>
  /** Repositories that anybody may read. With `basic`, they ask for no password at all. */
  readonly public?: readonly string[]
  /** Repositories by user, where a user may not read all. */
  readonly grants?: Readonly<Record<string, readonly string[]>>
  /** `$ORIGIN/token` by default. */
  readonly realm?: string
  /** Replaces the scope of the challenge. */
  readonly scope?: string
  /** Replaces the whole WWW-Authenticate; a list is several header lines. */
  readonly challenge?: string | readonly string[]
  /** What the token endpoint says to a POST; `404` by default is not said, the form is taken. */
  readonly post?: number
  /** The member of the answer that holds the token; both by default. */
  readonly member?: 'token' | 'access_token'
  readonly expiresIn?: number
}

/** What an asker without access gets; undefined: come in. */
export function authorize(
  auth: ScriptedAuth | undefined,
  repository: string,
  authorization: string | undefined,
): Answer | undefined {
  if (auth === undefined) return undefined
  const open = auth.public?.includes(repository) === true
  if (auth.kind === 'basic') {
    const user = userOf(auth, authorization)
    return open || (user !== undefined && mayRead(auth, user, repository)) ? undefined : challenge(auth, repository)
  }
  const token = /^Bearer (.+)\.\w+$/.exec(authorization ?? '')?.[1]
  return token === tokenFor(auth, repository) ? undefined : challenge(auth, repository)
}

/** Different for every repository: a token that goes elsewhere is of no use there. Every one that is given out has an ending of its own. */
function tokenFor(auth: ScriptedAuth, repository: string): string {
  return createHash('sha256')
    .update(JSON.stringify([auth.users, repository]))
    .digest('base64url')
}

function challenge(auth: ScriptedAuth, repository: string): Answer {
  const scope = auth.scope ?? `repository:${repository}:pull`
  const own =
    auth.kind === 'basic'
      ? 'Basic realm="scripted"'
      : `Bearer realm="${auth.realm ?? '$ORIGIN/token'}",service="scripted",scope="${scope}"`
  return {
    status: 401,
    headers: { 'content-type': 'application/json', 'www-authenticate': auth.challenge ?? own },
    body: { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] },
  }
}

/** As distribution's token services: a token with fewer rights rather than a refusal, unless the password is wrong. */
export function tokenAnswer(
  auth: ScriptedAuth | undefined,
  method: string,
  query: URLSearchParams,
  authorization: string | undefined,
  body: string,
): Answer {
  if (auth === undefined) return { status: 404 }
  if (method === 'POST' && auth.post !== undefined) return { status: auth.post }
  const form = new URLSearchParams(body)
  const scopes = method === 'POST' ? (form.get('scope') ?? '').split(' ') : query.getAll('scope')
  const posted = basic(form.get('username') ?? '', form.get('password') ?? '')
  const login = method === 'POST' ? posted : authorization
  const user = userOf(auth, login)
  if (login !== undefined && user === undefined) {
    return {
      status: 401,
      headers: { 'content-type': 'application/json' },
      body: { details: 'incorrect username or password' },
    }
  }
  const wanted = scopes.map((scope) => scope.split(':')[1] ?? '')
  const readable = wanted.find(
    (each) => auth.public?.includes(each) === true || (user !== undefined && mayRead(auth, user, each)),
  )
  const token = `${readable === undefined ? 'no-rights' : tokenFor(auth, readable)}.${randomUUID().slice(0, 8)}`
  const members = { token, access_token: token }
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: {
      ...(auth.member === undefined ? members : { [auth.member]: token }),
      ...(auth.expiresIn === undefined ? {} : { expires_in: auth.expiresIn }),
    },
  }
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

function userOf(auth: ScriptedAuth, authorization: string | undefined): string | undefined {
  return Object.entries(auth.users).find(([user, password]) => basic(user, password) === authorization)?.[0]
}

function mayRead(auth: ScriptedAuth, user: string, repository: string): boolean {
  return auth.grants === undefined || auth.grants[user]?.includes(repository) === true
}
