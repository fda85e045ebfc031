import { Buffer } from 'node:buffer'
import type { Contents } from './contents.ts'
import type { Content, Shelf } from './images.ts'
import { fillShelf } from './images.ts'
import type { Login } from './tokens.ts'
import { createTokens, readBasic } from './tokens.ts'

/** The name that the registry gives itself in challenges. */
const SERVICE = 'registry.demo.test'
const TOKEN_SECONDS = 300

/** A request, as far as the protocol looks at it. `target` is the path with its query. */
export interface RegistryRequest {
  readonly method: string
  readonly target: string
  readonly authorization: string | undefined
  readonly body: string
}

export interface RegistryAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Sent, but for HEAD. */
  readonly body: Buffer
}

/**
 * The pull half of the OCI distribution specification, with Bearer tokens, over `contents`. `realm` is the URL of the token
 * endpoint, `http://127.0.0.1:5000/token`. Pure but for the signing key: the server below it only carries bytes.
 */
export function createProtocol(contents: Contents, realm: string): (request: RegistryRequest) => RegistryAnswer {
  const tokens = createTokens(contents)
  const shelves = new Map<string, Shelf>()
  for (const [name, { tags }] of Object.entries(contents.repositories)) shelves.set(name, fillShelf(name, tags))

  function challenge(parameters: string, message: string): RegistryAnswer {
    const header = `Bearer realm="${realm}",service="${SERVICE}"${parameters}`
    return failure(401, 'UNAUTHORIZED', message, { 'www-authenticate': header })
  }

  function token(request: RegistryRequest, query: URLSearchParams): RegistryAnswer {
    const form = request.method === 'POST' ? new URLSearchParams(request.body) : undefined
    if (form !== undefined && form.get('grant_type') !== 'password') {
      return failure(400, 'UNSUPPORTED', 'grant_type is not password', {})
    }
    const login = form === undefined ? readBasic(request.authorization) : loginOf(form)
    const scopes = (form ?? query).getAll('scope').flatMap((scope) => scope.split(' '))
    const made = tokens.issue(login, scopes)
    if (made === undefined) {
      return failure(401, 'UNAUTHORIZED', 'incorrect user name or password', {
        'www-authenticate': `Basic realm="${SERVICE}"`,
      })
    }
    return json(200, { token: made, access_token: made, expires_in: TOKEN_SECONDS, scope: scopes.join(' ') }, {})
  }

  function repository(request: RegistryRequest, path: string, query: URLSearchParams): RegistryAnswer {
    const parts = path.slice('/v2/'.length).split('/')
    const [resource = '', last = ''] = parts.slice(-2)
    const name = parts.slice(0, -2).join('/')
    if (name === '' || !['manifests', 'blobs', 'tags'].includes(resource))
      return notFound('NAME_INVALID', 'no such path')
    if (!tokens.allows(request.authorization, name)) {
      const refused = tokens.known(request.authorization) ? ',error="insufficient_scope"' : ''
      return challenge(`,scope="repository:${name}:pull"${refused}`, 'authentication required')
    }
    const shelf = shelves.get(name)
    if (shelf === undefined) return notFound('NAME_UNKNOWN', 'repository name not known to registry')
    const broken = contents.repositories[name]?.failure
    if (broken !== undefined) return failure(broken.status, broken.code, broken.message, broken.headers)
    if (resource === 'manifests') {
      return content(shelf.manifests.get(shelf.tags.get(last) ?? last), 'MANIFEST_UNKNOWN', 'manifest unknown')
    }
    if (resource === 'blobs') return content(shelf.blobs.get(last), 'BLOB_UNKNOWN', 'blob unknown to registry')
    return last === 'list' ? tagList(name, shelf, query) : notFound('NAME_INVALID', 'no such path')
  }

  return (request) => {
    const [path = '', search = ''] = request.target.split('?', 2)
    const query = new URLSearchParams(search)
    if (path === '/token' && ['GET', 'POST'].includes(request.method)) return token(request, query)
    if (!['GET', 'HEAD'].includes(request.method)) return failure(405, 'UNSUPPORTED', 'this registry is read-only', {})
    if (path === '/v2/' || path === '/v2') {
      return tokens.known(request.authorization) ? json(200, {}, {}) : challenge('', 'authentication required')
    }
    return path.startsWith('/v2/') ? repository(request, path, query) : notFound('NAME_INVALID', 'no such path')
  }
}

function loginOf(form: URLSearchParams): Login {
  return { username: form.get('username') ?? '', password: form.get('password') ?? '' }
}

function content(found: Content | undefined, code: string, message: string): RegistryAnswer {
  if (found === undefined) return notFound(code, message)
  return {
    status: 200,
    headers: { 'content-type': found.mediaType, 'docker-content-digest': found.digest, etag: `"${found.digest}"` },
    body: found.bytes,
  }
}

/** Distribution specification, "Listing tags": sorted, `last` is where to go on, `n` how many, `Link` where there are more. */
function tagList(name: string, shelf: Shelf, query: URLSearchParams): RegistryAnswer {
  const after = query.get('last') ?? ''
  const limit = Number.parseInt(query.get('n') ?? '', 10)
  const rest = [...shelf.tags.keys()].sort().filter((tag) => tag > after)
  const page = limit >= 0 ? rest.slice(0, limit) : rest
  const more = page.length > 0 && page.length < rest.length
  const next = `</v2/${name}/tags/list?n=${limit}&last=${page.at(-1) ?? ''}>; rel="next"`
  return json(200, { name, tags: page }, more ? { link: next } : {})
}

function notFound(code: string, message: string): RegistryAnswer {
  return failure(404, code, message, {})
}

function failure(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>>,
): RegistryAnswer {
  return json(status, { errors: [{ code, message }] }, headers)
}

function json(status: number, value: object, headers: Readonly<Record<string, string>>): RegistryAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'docker-distribution-api-version': 'registry/2.0', ...headers },
    body: Buffer.from(JSON.stringify(value)),
  }
}
