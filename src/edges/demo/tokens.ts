import { Buffer } from 'node:buffer'
import { createHmac, randomBytes } from 'node:crypto'
import type { Contents } from './contents.ts'

/** Who asks, as far as a login or a token has shown: a user's name, or nobody. */
type Caller = string | undefined

/** The realm of the demo's registry: checks logins, issues tokens and reads them back. */
export interface Tokens {
  /** A token for those of the scopes that the login gives, perhaps for none (as the token specification has it); undefined where the password is wrong. */
  issue(login: Login | undefined, scopes: readonly string[]): string | undefined
  /** Whether an `Authorization` header carries a token of ours that lets its holder pull from the repository. */
  allows(authorization: string | undefined, repository: string): boolean
  /** Whether it carries a token of ours at all. */
  known(authorization: string | undefined): boolean
}

export interface Login {
  readonly username: string
  readonly password: string
}

/** Tokens are good for as long as the registry runs. */
export function createTokens(contents: Contents): Tokens {
  const key = randomBytes(32)

  function sign(payload: string): string {
    return `${payload}.${createHmac('sha256', key).update(payload).digest('base64url')}`
  }

  function repositoriesOf(authorization: string | undefined): readonly string[] | undefined {
    const token = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    const payload = token?.split('.', 1)[0]
    if (token === undefined || payload === undefined || sign(payload) !== token) return undefined
    return Buffer.from(payload, 'base64url').toString().split(' ')
  }

  return {
    issue(login, scopes) {
      if (login !== undefined && !passwordFits(contents, login)) return undefined
      const granted = scopes.map(pulledRepository).filter((name) => mayPull(contents, name, login?.username))
      return sign(Buffer.from(granted.join(' ')).toString('base64url'))
    },
    allows: (authorization, repository) => repositoriesOf(authorization)?.includes(repository) ?? false,
    known: (authorization) => repositoriesOf(authorization) !== undefined,
  }
}

/** The user name and password of a Basic `Authorization` header; undefined where there is none. RFC 7617: the first colon parts them. */
export function readBasic(authorization: string | undefined): Login | undefined {
  const encoded = /^basic +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  return { username: text.slice(0, Math.max(colon, 0)), password: text.slice(colon + 1) }
}

function passwordFits(contents: Contents, login: Login): boolean {
  return Object.hasOwn(contents.users, login.username) && contents.users[login.username] === login.password
}

/** `repository:shop/web:pull,push` asks for `shop/web`; empty where it asks for something else. */
function pulledRepository(scope: string): string {
  const [type, name, actions] = scope.split(':')
  return type === 'repository' && (actions ?? '').split(',').includes('pull') ? (name ?? '') : ''
}

// A repository that is not there looks to strangers like one that is not theirs, as on Docker Hub.
function mayPull(contents: Contents, name: string, caller: Caller): boolean {
  if (name === '') return false
  if (caller !== undefined) return true
  return Object.hasOwn(contents.repositories, name) && contents.repositories[name]?.access === 'public'
}
