/**
 * An API server that keeps objects, lists and watches them as the real one does, and otherwise does as a script says:
 *
 *     const api = await startScriptedApi({ tls: true })
 *     api.set('nodes', { metadata: { name: 'a' } })                 // open watches are told
 *     api.route({ path: '/api/v1/nodes', watch: true, times: 1, answer: { status: 500 } })
 *     api.say('nodes', 'half a li')                                 // raw bytes into the open watches
 *
 * The last route that matches and is not used up answers, before all else. `lines()` is what was asked, as
 * `GET /api/v1/nodes?limit=100 200`; queries of watches are cut to `?watch`.
 */
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export type ApiResource = 'nodes' | 'namespaces' | 'secrets' | 'serviceaccounts'

export interface ApiObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown }
  readonly [key: string]: unknown
}

export interface ApiRoute {
  /** Of the path, without the query; `*` at the end stands for anything. */
  readonly path: string
  /** Only watches, or only what is none. */
  readonly watch?: boolean
  readonly times?: number
  readonly answer: ApiAnswer
}

export interface ApiAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly hang?: boolean
  readonly reset?: boolean
  /** Answers as if nothing were scripted, after a while. */
  readonly delayMs?: number
}

export interface ScriptedApi {
  readonly origin: string
  readonly port: number
  readonly log: readonly {
    readonly url: string
    readonly status: number
    readonly headers: IncomingMessage['headers']
  }[]
  lines(): readonly string[]
  /** How many connections are open. */
  connections(): Promise<number>
  watches(resource: ApiResource): number
  set(resource: ApiResource, object: ApiObject): void
  remove(resource: ApiResource, name: string, namespace?: string): void
  route(route: ApiRoute): void
  /** Tells open watches the newest version. */
  bookmark(resource: ApiResource): void
  /** Writes into the open watches of a resource as it is. */
  say(resource: ApiResource, text: string): void
  /** Ends the open watches, in peace or by a reset. */
  endWatches(how: 'end' | 'reset'): void
  /** Forgets what happened until now: versions before are too old. */
  compact(): void
  /** Only these bearer tokens are let in. */
  allow(tokens: readonly string[] | undefined): void
  stop(): Promise<void>
  start(): Promise<void>
}

interface Kept {
  readonly resource: ApiResource
  readonly version: number
  readonly object: ApiObject
}

interface Happened extends Kept {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
}

interface OpenWatch {
  readonly resource: ApiResource
  readonly response: ServerResponse
}

const KINDS = { nodes: 'Node', namespaces: 'Namespace', secrets: 'Secret', serviceaccounts: 'ServiceAccount' } as const

export async function startScriptedApi(tls?: { readonly cert: string; readonly key: string }): Promise<ScriptedApi> {
  const objects = new Map<string, Kept>()
  const history: Happened[] = []
  const routes: { readonly route: ApiRoute; used: number }[] = []
  const log: { url: string; status: number; headers: IncomingMessage['headers'] }[] = []
  const open = new Set<OpenWatch>()
  let version = 1
  let oldest = 0
  let tokens: readonly string[] | undefined
  let port = 0

  const keyOf = (resource: ApiResource, name: string, namespace = ''): string => `${resource}/${namespace}/${name}`

  const tell = ({ resource, type, object }: Happened): void => {
    for (const watch of open) {
      if (watch.resource === resource) watch.response.write(`${JSON.stringify({ type, object })}\n`)
    }
  }

  function happen(resource: ApiResource, type: Happened['type'], object: ApiObject): void {
    version += 1
    const written = {
      kind: KINDS[resource],
      apiVersion: 'v1',
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(version) },
    }
    const event = { resource, type, version, object: written }
    const key = keyOf(resource, object.metadata.name, object.metadata.namespace)
    if (type === 'DELETED') objects.delete(key)
    else objects.set(key, event)
    history.push(event)
    tell(event)
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { url = '', headers } = request
    const entry = { url, status: 0, headers }
    log.push(entry)
    const { pathname, searchParams } = new URL(url, 'http://script')
    const watch = searchParams.get('watch') === 'true'
    const scripted = routes.findLast(
      ({ route, used }) =>
        used < (route.times ?? Infinity) && (route.watch ?? watch) === watch && matches(route.path, pathname),
    )
    if (scripted !== undefined) {
      scripted.used += 1
      const { answer } = scripted.route
      if (answer.hang === true) return
      if (answer.reset === true) {
        response.destroy()
        return
      }
      if (answer.delayMs !== undefined) await sleep(answer.delayMs)
      if (answer.status !== undefined) {
        entry.status = answer.status
        send(response, answer.status, answer.body ?? statusOf(answer.status, 'Scripted'), answer.headers)
        return
      }
    }
    const token = headers.authorization?.replace(/^Bearer /, '')
    if (tokens !== undefined && !tokens.includes(token ?? '')) {
      entry.status = 401
      send(response, 401, statusOf(401, 'Unauthorized'))
      return
    }
    const [, namespace = '', resource = '', name] =
      /^\/api\/v1(?:\/namespaces\/([^/]+)(?=\/))?\/([a-z]+)(?:\/([^/]+))?$/.exec(pathname) ?? []
    if (!isResource(resource)) {
      entry.status = 404
      send(response, 404, statusOf(404, 'NotFound'))
    } else if (name !== undefined) {
      const found = objects.get(keyOf(resource, decodeURIComponent(name), namespace))
      entry.status = found === undefined ? 404 : 200
      const details = { name: decodeURIComponent(name), kind: resource }
      send(response, entry.status, found?.object ?? { ...statusOf(404, 'NotFound'), details })
    } else if (watch) entry.status = startWatch(resource, Number(searchParams.get('resourceVersion')), response)
    else {
      entry.status = 200
      send(response, 200, listOf(resource, searchParams))
    }
  }

  function listOf(resource: ApiResource, query: URLSearchParams): unknown {
    const all = [...objects.values()].filter((kept) => kept.resource === resource).map(({ object }) => object)
    const limit = Number(query.get('limit') ?? all.length)
    const start = Number(query.get('continue') ?? 0)
    const rest = start + limit < all.length ? { continue: String(start + limit) } : {}
    return {
      kind: `${KINDS[resource]}List`,
      apiVersion: 'v1',
      metadata: { resourceVersion: String(version), ...rest },
      // The items of a list have no kind.
      items: all.slice(start, start + limit).map((object) => ({ ...object, kind: undefined, apiVersion: undefined })),
    }
  }

  function startWatch(resource: ApiResource, from: number, response: ServerResponse): number {
    if (from < oldest) {
      send(response, 410, statusOf(410, 'Expired'))
      return 410
    }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    const watch = { resource, response }
    open.add(watch)
    response.on('close', () => open.delete(watch))
    for (const { type, object } of history.filter((event) => event.resource === resource && event.version > from)) {
      response.write(`${JSON.stringify({ type, object })}\n`)
    }
    return 200
  }

  const listener: RequestListener = (request, response) => {
    handle(request, response).catch(() => response.destroy())
  }
  const create = (): ReturnType<typeof createServer> =>
    tls === undefined ? createServer(listener) : createTlsServer({ cert: tls.cert, key: tls.key }, listener)
  let server = create()

  async function listen(): Promise<void> {
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    ;({ port } = server.address() as AddressInfo)
  }
  await listen()

  return {
    origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${String(port)}`,
    port,
    log,
    lines: () =>
      log.map(
        ({ url, status }) => `GET ${url.includes('watch=') ? url.replace(/\?.*/, '?watch') : url} ${String(status)}`,
      ),
    connections: () =>
      new Promise((resolve) => {
        server.getConnections((_, count) => {
          resolve(count)
        })
      }),
    watches: (resource) => [...open].filter((watch) => watch.resource === resource).length,
    set(resource, object) {
      const known = objects.has(keyOf(resource, object.metadata.name, object.metadata.namespace))
      happen(resource, known ? 'MODIFIED' : 'ADDED', object)
    },
    remove(resource, name, namespace) {
      const known = objects.get(keyOf(resource, name, namespace))
      if (known !== undefined) happen(resource, 'DELETED', known.object)
    },
    route: (route) => routes.push({ route, used: 0 }),
    bookmark(resource) {
      const object = { kind: KINDS[resource], apiVersion: 'v1', metadata: { resourceVersion: String(version) } }
      for (const watch of open) {
        if (watch.resource === resource) watch.response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`)
      }
    },
    say(resource, text) {
      for (const watch of open) if (watch.resource === resource) watch.response.write(text)
    },
    endWatches(how) {
      for (const { response } of open) {
        if (how === 'end') response.end()
        else response.destroy()
      }
      open.clear()
    },
    compact() {
      version += 1
      oldest = version
    },
    allow(next) {
      tokens = next
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
    async start() {
      server = create()
      await listen()
    },
  }
}

function isResource(name: string): name is ApiResource {
  return Object.hasOwn(KINDS, name)
}

function matches(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern
}

/** The API server's own form of an answer that is no object. */
export function statusOf(code: number, reason: string): Readonly<Record<string, unknown>> {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code, details: {} }
}

function send(response: ServerResponse, status: number, body: unknown, headers: ApiAnswer['headers'] = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))
}
