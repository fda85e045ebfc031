/**
 * An API server that keeps objects, lists, watches and writes them as the real one does, and otherwise does as a script says:
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
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { isResource, KINDS, matches, send, statusOf } from './scripted-answers.ts'
import type { ApiObject, ApiResource, ApiRoute } from './scripted-answers.ts'
import { written } from './scripted-writes.ts'

export { statusOf } from './scripted-answers.ts'
export type { ApiAnswer, ApiObject, ApiResource, ApiRoute } from './scripted-answers.ts'

export interface ScriptedApi {
  readonly origin: string
  readonly port: number
  readonly log: readonly {
    readonly method: string
    readonly url: string
    readonly status: number
    readonly headers: IncomingMessage['headers']
  }[]
  lines(): readonly string[]
  /** How many connections are open. */
  connections(): Promise<number>
  watches(resource: ApiResource): number
  get(resource: ApiResource, name: string, namespace?: string): ApiObject | undefined
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

export async function startScriptedApi(tls?: { readonly cert: string; readonly key: string }): Promise<ScriptedApi> {
  const objects = new Map<string, Kept>()
  const history: Happened[] = []
  const routes: { readonly route: ApiRoute; used: number }[] = []
  const log: { method: string; url: string; status: number; headers: IncomingMessage['headers'] }[] = []
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
    const key = keyOf(resource, object.metadata.name, object.metadata.namespace)
    const uid = objects.get(key)?.object.metadata['uid'] ?? `uid-${String(version)}`
    const whole = {
      kind: KINDS[resource],
      apiVersion: /^(mutating|validating)/.test(resource) ? 'admissionregistration.k8s.io/v1' : 'v1',
      ...object,
      metadata: { uid, ...object.metadata, resourceVersion: String(version) },
    }
    const event = { resource, type, version, object: whole }
    if (type === 'DELETED') objects.delete(key)
    else objects.set(key, event)
    history.push(event)
    tell(event)
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '', headers } = request
    const entry = { method, url, status: 0, headers }
    log.push(entry)
    const { pathname, searchParams } = new URL(url, 'http://script')
    const watch = searchParams.get('watch') === 'true'
    const scripted = routes.findLast(
      ({ route, used }) =>
        used < (route.times ?? Infinity) &&
        (route.watch ?? watch) === watch &&
        (route.method ?? method) === method &&
        matches(route.path, pathname),
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
      /^\/apis?(?:\/admissionregistration\.k8s\.io)?\/v1(?:beta1)?(?:\/namespaces\/([^/]+)(?=\/))?\/([a-z]+)(?:\/([^/]+))?$/.exec(
        pathname,
      ) ?? []
    if (!isResource(resource)) {
      entry.status = 404
      send(response, 404, statusOf(404, 'NotFound'))
    } else if (name !== undefined && method !== 'GET') {
      entry.status = await write(request, response, resource, keyOf(resource, decodeURIComponent(name), namespace))
    } else if (name !== undefined) {
      const found = objects.get(keyOf(resource, decodeURIComponent(name), namespace))
      entry.status = found === undefined ? 404 : 200
      const details = { name: decodeURIComponent(name), kind: resource }
      send(response, entry.status, found?.object ?? { ...statusOf(404, 'NotFound'), details })
    } else if (watch) entry.status = startWatch(resource, Number(searchParams.get('resourceVersion')), response)
    else {
      entry.status = 200
      send(response, 200, listOf(resource, namespace, searchParams))
    }
  }

  async function write(
    request: IncomingMessage,
    response: ServerResponse,
    resource: ApiResource,
    key: string,
  ): Promise<number> {
    const object = (await json(request)) as ApiObject
    const answer = written(
      { method: request.method ?? '', type: request.headers['content-type'] ?? '', object },
      objects.get(key)?.object,
    )
    if (answer.kind === 'refused') {
      const details = { name: object.metadata.name, kind: resource }
      send(response, answer.status, { ...statusOf(answer.status, answer.reason), details })
      return answer.status
    }
    happen(resource, answer.status === 201 ? 'ADDED' : 'MODIFIED', answer.object)
    send(response, answer.status, objects.get(key)?.object)
    return answer.status
  }

  function listOf(resource: ApiResource, namespace: string, query: URLSearchParams): unknown {
    const selector = query.get('fieldSelector') ?? ''
    const wanted = selector.startsWith('involvedObject.uid=') ? selector : null
    const all = [...objects.values()]
      .filter((kept) => kept.resource === resource)
      .map(({ object }) => object)
      .filter(({ metadata }) => namespace === '' || metadata.namespace === namespace)
      .filter((object) => wanted === null || wanted === `involvedObject.uid=${involved(object)}`)
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
        ({ method, url, status }) =>
          `${method} ${url.includes('watch=') ? url.replace(/\?.*/, '?watch') : url} ${String(status)}`,
      ),
    connections: () =>
      new Promise((resolve) => {
        server.getConnections((_, count) => {
          resolve(count)
        })
      }),
    watches: (resource) => [...open].filter((watch) => watch.resource === resource).length,
    get: (resource, name, namespace) => objects.get(keyOf(resource, name, namespace))?.object,
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

/** The UID of what an event is about. */
function involved({ involvedObject }: ApiObject): string {
  return (involvedObject as { readonly uid?: string } | undefined)?.uid ?? ''
}
