import { isAbsolute, join, posix } from 'node:path'
import { parse } from 'smol-toml'
import { parseDuration } from '../../base/duration.ts'
import { printable, quoted } from '../../base/text.ts'
import type { HostConfig, Server } from './host-config.ts'

export type HostsFile =
  | { readonly kind: 'hosts'; readonly hosts: readonly HostConfig[] }
  /** containerd logs this, and goes on as if the file were empty. */
  | { readonly kind: 'broken'; readonly why: string }

class Broken extends Error {}

/**
 * A hosts.toml as containerd 2.3 reads it (containerd docs/hosts.md; core/remotes/docker/config `parseHostsFile`): the `[host."URL"]` tables
 * in the order of the file, then the `server` with what stands at the root.
 */
export function parseHostsFile(text: string, directory: string): HostsFile {
  try {
    if (text.startsWith('\ufeff')) throw new Broken('it begins with a byte order mark')
    // A number that fits no number of ours is none of our fields.
    const root: Readonly<Record<string, unknown>> = parse(text, { integersAsBigInt: true })
    const hosts = pick(root, 'host') ?? {}
    if (!isTable(hosts)) throw new Broken('"host" is not a table')
    const configs = new Map<string, HostConfig>()
    for (const [name, table] of Object.entries(hosts)) {
      if (!isTable(table)) throw new Broken(`host ${quoted(name, 80)} is not a table`)
      configs.set(name, readHost(name, table, directory))
    }
    // One that names no server is asked by nobody.
    const ordered = hostOrder(text)
      .flatMap((name) => configs.get(name) ?? [])
      .filter(({ server }) => server !== undefined)
    const server = readText(root, 'server')
    return { kind: 'hosts', hosts: [...ordered, readHost(server, root, directory)] }
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : 'unknown'
    return { kind: 'broken', why: printable(why) }
  }
}

/**
 * The hosts in the order of their table headers. containerd walks the headers in the same way, and so never sees a host that is written
 * inline; the parsed document will not do, since JavaScript puts keys like `5000` first.
 */
function hostOrder(text: string): readonly string[] {
  const names: string[] = []
  for (const line of text.split('\n')) {
    const match = HOST_HEADER.exec(line)
    const name = match?.[1] === undefined ? (match?.[2] ?? match?.[3]) : unescape(match[1])
    if (name !== undefined && name !== names.at(-1)) names.push(name)
  }
  return names
}

const HOST_HEADER = /^[ \t]*\[[ \t]*(?:host|"host"|'host')[ \t]*\.[ \t]*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([\w-]+))/

function unescape(written: string): string | undefined {
  if (!written.includes('\\')) return written
  return readText(parse(`key = "${written}"`), 'key')
}

type Table = Readonly<Record<string, unknown>>

function readHost(name: string, table: Table, directory: string): HostConfig {
  const override = readFlag(table, 'override_path') ?? false
  const capabilities = readCapabilities(table)
  const dial = readText(table, 'dial_timeout')
  const caFiles = pick(table, 'ca')
  const clientPairs = readPairs(pick(table, 'client'), directory)
  const skipVerify = readFlag(table, 'skip_verify')
  const dialTimeoutMs = dial === '' ? undefined : parseDuration(dial)
  if (dial !== '' && dialTimeoutMs === undefined) throw new Broken(`dial_timeout ${quoted(dial, 40)} is not a duration`)
  return {
    server: readServer(name, override),
    resolve: capabilities.includes('resolve'),
    pull: capabilities.includes('pull'),
    caFiles: readPaths(caFiles, 'ca', directory),
    clientPairs,
    skipVerify: skipVerify ?? false,
    withTls: caFiles !== undefined || clientPairs.length > 0 || skipVerify !== undefined,
    headers: readHeaders(pick(table, 'header')),
    dialTimeoutMs: dialTimeoutMs === 0 ? undefined : dialTimeoutMs,
  }
}

/** A name without a scheme means HTTPS; a path gets `/v2` unless it is said to be the whole of it. */
function readServer(name: string, overridePath: boolean): Server | undefined {
  if (name === '') return undefined
  const url = name.startsWith('http') ? name : `https://${name}`
  const match = /^([a-z]+):\/\/(?:[^/?#@]*@)?([^/?#]*)([^?#]*)/i.exec(url)
  const [, scheme = '', host = '', path = ''] = match ?? []
  if (host === '') return undefined
  if (!isGoUrl(url, host)) throw new Broken(`cannot parse the server ${quoted(name, 80)}`)
  const clean = path === '' ? '' : posix.join('/', path).replace(/\/$/, '')
  const whole = overridePath || clean.endsWith('/v2') ? clean : `${clean}/v2`
  return { scheme: scheme.toLowerCase(), host, path: whole }
}

/** What Go takes for a URL. It may still be one that nobody can ask: then the node goes on to the next. */
function isGoUrl(url: string, host: string): boolean {
  if (/[\0-\x1f\x7f]|%(?![\da-f]{2})/i.test(url)) return false
  return /^(?:\[[\da-f:.]*\]|[^\s:[\]%\\^`{|}]*)(?::\d*)?$/i.test(host)
}

const CAPABILITIES = ['pull', 'resolve', 'push', 'referrers']

function readCapabilities(table: Table): readonly string[] {
  const list = strings(pick(table, 'capabilities') ?? [], 'capabilities').map((each) => each.toLowerCase())
  const unknown = list.find((each) => !CAPABILITIES.includes(each))
  if (unknown !== undefined) throw new Broken(`unknown capability ${quoted(unknown, 40)}`)
  return list.length === 0 ? CAPABILITIES : list
}

function readPaths(value: unknown, field: string, directory: string): readonly string[] {
  if (value === undefined) return []
  return (typeof value === 'string' ? [value] : strings(value, field)).map((path) => absolute(path, directory))
}

/** One file, a list of files, or a list of pairs; a file alone holds both the certificate and its key. */
function readPairs(value: unknown, directory: string): readonly (readonly [string, string])[] {
  if (value === undefined) return []
  if (typeof value !== 'string' && !Array.isArray(value)) throw new Broken('"client" is neither a path nor a list')
  return (typeof value === 'string' ? [value] : (value as readonly unknown[])).map((each) => {
    const pair = readPaths(each, 'client', directory)
    const [cert, key] = typeof each === 'string' ? [pair[0], pair[0]] : pair
    if (cert === undefined || key === undefined || pair.length > 2) throw new Broken('"client" holds what is no pair')
    return [cert, key]
  })
}

function readHeaders(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined) return {}
  if (!isTable(value)) throw new Broken('"header" is not a table')
  const headers = new Map<string, string>()
  for (const [name, each] of Object.entries(value)) {
    const values = typeof each === 'string' ? [each] : strings(each, 'header')
    if (isHeader(name, values)) headers.set(name, values.join(', '))
  }
  return Object.fromEntries(headers)
}

/** What no HTTP client sends: Go's refuses the request, and ours would throw. */
function isHeader(name: string, values: readonly string[]): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name) && values.every((value) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value))
}

function readText(table: Table, field: string): string {
  const value = pick(table, field) ?? ''
  if (typeof value !== 'string') throw new Broken(`"${field}" is not a string`)
  return value
}

function readFlag(table: Table, field: string): boolean | undefined {
  const value = pick(table, field)
  if (value !== undefined && typeof value !== 'boolean') throw new Broken(`"${field}" is neither true nor false`)
  return value
}

function strings(value: unknown, field: string): readonly string[] {
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value
  throw new Broken(`"${field}" is not a list of strings`)
}

/** Letter case does not matter in a field's name (go-toml). */
function pick(table: Table, field: string): unknown {
  let found: unknown
  for (const [key, value] of Object.entries(table)) if (key.toLowerCase() === field) found = value
  return found
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

function absolute(path: string, directory: string): string {
  return isAbsolute(path) ? path : join(directory, path)
}
