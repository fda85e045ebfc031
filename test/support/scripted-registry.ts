/**
 * A registry that does as a script says. The script is plain data, so that a fixture can be a YAML file:
 *
 *     images:                                  # "repository:tag" or "repository@", which has no tag
 *       team/app:v1: { index: [linux/amd64, linux/arm64] }
 *       team/old:v1: { platform: linux/arm64 }
 *     auth: { kind: bearer, users: { ann: secret }, public: [team/app] }
 *     routes:                                  # the first that matches and is not used up answers, before all else
 *       - { path: /v2/team/app/manifests/v1, method: HEAD, times: 1, answer: { status: 503 } }
 *       - { path: /v2/team/*, answer: { hang: true } }
 *
 * In `realm` and in header values and bodies of answers, `$ORIGIN` is the server's own origin, and `$HOST` its host and port;
 * in header values `$URL` is the path and query that was asked for.
 * What it is asked is in `log`, in order; `lines()` is the log as `HEAD /v2/team/app/manifests/v1 200`.
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { authorize, tokenAnswer } from './scripted-auth.ts'
import type { ScriptedAuth } from './scripted-auth.ts'
import { buildImage } from './scripted-images.ts'
import type { BuiltImage, Making, ScriptedImage } from './scripted-images.ts'

export interface Script {
  readonly images?: Readonly<Record<string, ScriptedImage>>
  readonly auth?: ScriptedAuth
  readonly routes?: readonly Route[]
  /** Headers of every manifest answer, `ratelimit-limit` for one. */
  readonly headers?: Readonly<Record<string, string>>
  /** Left out of manifest answers. */
  readonly omit?: readonly ('digest' | 'length')[]
}

export interface Route {
  /** The path without its query; `*` at the end stands for anything. */
  readonly path: string
  readonly method?: string
  /** Only requests that carry, or do not carry, an Authorization. */
  readonly authorized?: boolean
  /** How often it answers; for ever where absent. */
  readonly times?: number
  readonly answer: Answer
}

export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** A text, or what becomes JSON. */
  readonly body?: unknown
  /** Never answers. */
  readonly hang?: boolean
  /** Closes the connection instead of answering. */
  readonly reset?: boolean
  /** Waits, then goes on: as the rest of this answer says, or, with no status, as the registry would. */
  readonly delayMs?: number
  /** Sends the body a byte at a time. */
  readonly dripMs?: number
  /** Sends this many bytes, chunked, after the body. */
  readonly flood?: number
  /** Compresses the body, asked or not. */
  readonly gzip?: boolean
  /** What the registry would answer, with the rest of this answer over it; an empty header is left out. */
  readonly own?: boolean
}

export interface Logged {
  readonly method: string
  /** With its query. */
  readonly url: string
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface ScriptedRegistry {
  /** `127.0.0.1:34567` */
  readonly host: string
  readonly origin: string
  readonly port: number
  readonly log: readonly Logged[]
  readonly lines: () => readonly string[]
  /** The digest of an image of the script. */
  digest(image: string): string
  /** Goes on with another script, nothing of it used up. */
  replace(script: Script): void
  /** Answers a request that came to another server. */
  readonly answer: RequestListener
  /** Each route's `times` are counted from here on. */
  forget(): void
  close(): Promise<void>
}

export interface ScriptedRegistryOptions {
  /** Where it listens, instead of on 127.0.0.1. */
  readonly address?: string
  /** By what its clients know it, instead of its address. */
  readonly name?: string
  /** Images get real layers. */
  readonly making?: Making
}

export async function startScriptedRegistry(
  first: Script,
  tls?: { readonly cert: string; readonly key: string },
  { address = '127.0.0.1', name = address, making }: ScriptedRegistryOptions = {},
): Promise<ScriptedRegistry> {
  const build = ({ images = {} }: Script): ReadonlyMap<string, BuiltImage> => {
    return new Map(Object.entries(images).map(([key, image]) => [key, buildImage(image, making)]))
  }
  let script = first
  let images = build(script)
  const log: Logged[] = []
  const used = new Map<Route, number>()
  let origin = ''

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request
    const body = await read(request)
    const at = log.push({ method, url, status: 0, headers, body }) - 1
    const answer = await answerTo(method, url, headers.authorization, body)
    log[at] = { method, url, status: answer.status ?? 0, headers, body }
    await send(answer, method, response, origin, url)
  }

  async function answerTo(
    method: string,
    url: string,
    authorization: string | undefined,
    body: string,
  ): Promise<Answer> {
    const { pathname, searchParams } = new URL(url, 'http://script')
    const route = (script.routes ?? []).find((each) => matches(each, method, pathname, authorization, used))
    if (route !== undefined) {
      used.set(route, (used.get(route) ?? 0) + 1)
      const { answer } = route
      if (answer.own === true) {
        const own = ownAnswer(method, pathname, searchParams, authorization, body)
        return { ...own, ...answer, headers: { ...own.headers, ...answer.headers } }
      }
      if (answer.delayMs === undefined) return answer
      await sleep(answer.delayMs)
      if (answer.status !== undefined) return answer
    }
    return ownAnswer(method, pathname, searchParams, authorization, body)
  }

  function ownAnswer(
    method: string,
    pathname: string,
    searchParams: URLSearchParams,
    authorization: string | undefined,
    body: string,
  ): Answer {
    if (pathname === '/token') return tokenAnswer(script.auth, method, searchParams, authorization, body)
    const parsed = /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^/]+)$/.exec(pathname)
    if (parsed === null) return pathname === '/v2/' ? { status: 200, body: {} } : problem(404, 'NOT_FOUND', 'no route')
    const [, repository = '', what = '', name = ''] = parsed
    const refusal = authorize(script.auth, repository, authorization)
    return refusal ?? contentOf(script, images, repository, what, name)
  }

  const listener: RequestListener = (request, response) => {
    handle(request, response).catch(() => response.destroy())
  }
  const server =
    tls === undefined ? createServer(listener) : createTlsServer({ cert: tls.cert, key: tls.key }, listener)
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  const { port } = server.address() as AddressInfo
  const host = `${name}:${String(port)}`
  origin = `${tls === undefined ? 'http' : 'https'}://${host}`
  return {
    host,
    origin,
    port,
    log,
    lines: () => log.map(({ method, url, status }) => `${method} ${url} ${String(status)}`),
    digest: (image) => images.get(image)?.digest ?? '',
    replace(other) {
      script = other
      images = build(script)
      used.clear()
    },
    answer: listener,
    forget: () => {
      used.clear()
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function matches(
  route: Route,
  method: string,
  path: string,
  authorization: string | undefined,
  used: ReadonlyMap<Route, number>,
): boolean {
  if (route.method !== undefined && route.method !== method) return false
  if (route.authorized !== undefined && route.authorized !== (authorization !== undefined)) return false
  if (route.times !== undefined && (used.get(route) ?? 0) >= route.times) return false
  return route.path.endsWith('*') ? path.startsWith(route.path.slice(0, -1)) : path === route.path
}

function contentOf(
  script: Script,
  images: ReadonlyMap<string, BuiltImage>,
  repository: string,
  what: string,
  name: string,
): Answer {
  const own = [...images].filter(([key]) => key.startsWith(`${repository}:`) || key.startsWith(`${repository}@`))
  if (what === 'tags') {
    if (own.length === 0) return problem(404, 'NAME_UNKNOWN', 'repository name not known to registry')
    const tags = own.map(([key]) => key.slice(repository.length + 1)).filter((tag) => tag !== '')
    return { status: 200, headers: { 'content-type': 'application/json' }, body: { name: repository, tags } }
  }
  const digest = images.get(`${repository}:${name}`)?.digest ?? name
  for (const [, image] of own) {
    const kept = what === 'blobs' ? image.blobs : image.manifests
    const stored = kept.get(digest) ?? [...kept.values()].find(({ bytes }) => isSha512(digest, bytes))
    if (stored === undefined) continue
    const omit = script.omit ?? []
    return {
      status: 200,
      headers: {
        ...(stored.type === '' ? {} : { 'content-type': stored.type }),
        ...(omit.includes('digest') ? {} : { 'docker-content-digest': digest }),
        ...(omit.includes('length') ? {} : { 'content-length': String(stored.bytes.length) }),
        ...(what === 'manifests' ? script.headers : {}),
      },
      body: stored.bytes,
    }
  }
  return problem(404, what === 'blobs' ? 'BLOB_UNKNOWN' : 'MANIFEST_UNKNOWN', 'not found')
}

function isSha512(digest: string, bytes: Buffer): boolean {
  return digest.startsWith('sha512:') && digest === `sha512:${createHash('sha512').update(bytes).digest('hex')}`
}

/** An error in the registry's own form. */
export function problem(status: number, code: string, message: string, headers: Answer['headers'] = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: { errors: [{ code, message }] } }
}

async function read(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}

async function send(
  answer: Answer,
  method: string,
  response: ServerResponse,
  origin: string,
  url: string,
): Promise<void> {
  if (answer.hang === true) return
  if (answer.reset === true) {
    response.destroy()
    return
  }
  const here = (text: string): string => text.replaceAll('$ORIGIN', origin).replaceAll('$HOST', new URL(origin).host)
  const inHeader = (text: string): string => here(text).replaceAll('$URL', url)
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    if (value !== '') response.setHeader(name, typeof value === 'string' ? inHeader(value) : value.map(inHeader))
  }
  let bytes = bytesOf(answer.body, here)
  if (answer.gzip === true) {
    bytes = gzipSync(bytes)
    response.setHeader('content-encoding', 'gzip')
    response.setHeader('content-length', String(bytes.length))
  }
  response.statusCode = answer.status ?? 200
  if (method === 'HEAD') {
    response.end()
    return
  }
  if (answer.dripMs !== undefined) {
    for (const byte of bytes) {
      if (response.destroyed) return
      response.write(Buffer.from([byte]))
      await sleep(answer.dripMs)
    }
    response.end()
    return
  }
  if (answer.flood !== undefined) {
    response.write(bytes)
    response.write(Buffer.alloc(answer.flood, 32))
    response.end()
    return
  }
  response.end(bytes)
}

function bytesOf(body: unknown, here: (text: string) => string): Buffer {
  if (body === undefined) return Buffer.alloc(0)
  if (Buffer.isBuffer(body)) return body
  return Buffer.from(here(typeof body === 'string' ? body : JSON.stringify(body)))
}
