import type { AuthEntry, Credential } from './credential.ts'
import { toByteText } from './byte-text.ts'
import type { ByteText } from './byte-text.ts'
import { matchesGlob } from './glob.ts'
import { parseKeyUrl } from './key-url.ts'

/** The decoded entries of one pull secret. */
export interface KeyringSource {
  readonly name: string
  readonly entries: readonly AuthEntry[]
}

/** What of a key and of a repository name is compared. */
interface Address {
  readonly labels: readonly ByteText[]
  readonly port: ByteText
  readonly path: ByteText
}

/** A repository name, with what keys are compared with; undefined where it is no URL. */
export interface Target {
  readonly name: string
  readonly address: Address | undefined
}

interface Slot {
  readonly index: ByteText
  /** Undefined for a key that the kubelet cannot read a second time, which matches nothing. */
  readonly address: Address | undefined
  readonly credentials: Credential[]
}

/** Opaque: made by `buildKeyring`, asked by `lookup` and `nearMisses`. */
export interface Keyring {
  /** In the order in which the kubelet tries them. */
  readonly slots: readonly Slot[]
  /** Every entry, in the order of the secrets; also those whose key is no URL. */
  readonly credentials: readonly Credential[]
}

const HUB_KEY = 'index.docker.io'

/**
 * The keyring of a pod's secrets, in their order (facts "Keyring matching"). Within one secret the kubelet's order is
 * random where two keys come to the same; here it is that of their bytes.
 */
export function buildKeyring(secrets: readonly KeyringSource[]): Keyring {
  const slots = new Map<ByteText, Slot>()
  const credentials: Credential[] = []
  for (const { name, entries } of secrets) {
    const ordered = entries.map((entry) => [toByteText(entry.key), entry] as const)
    ordered.sort(([a], [b]) => compareBytes(a, b))
    for (const [key, { username, password, key: written }] of ordered) {
      const credential = { username, password, source: name, key: written }
      credentials.push(credential)
      const index = indexOf(key)
      if (index === undefined) continue
      const slot = slots.get(index)
      if (slot === undefined) slots.set(index, { index, address: addressOf(index), credentials: [credential] })
      else slot.credentials.push(credential)
    }
  }
  return { slots: [...slots.values()].sort((a, b) => compareBytes(b.index, a.index)), credentials }
}

/**
 * Every credential that the kubelet would try for a repository, `docker.io/library/nginx`, in its order: longer keys
 * first, whichever secret they are in. Docker Hub's `index.docker.io` counts only where nothing else matches.
 */
export function lookup(keyring: Keyring, name: string): readonly Credential[] {
  const { address: target } = targetOf(name)
  if (target === undefined) return []
  const matches = keyring.slots.filter(({ address }) => address !== undefined && matchesAddress(address, target))
  if (matches.length > 0) return matches.flatMap(({ credentials }) => credentials)
  if (!isHubName(name)) return []
  return keyring.slots.find(({ index }) => index === HUB_KEY)?.credentials ?? []
}

/** Whether a key as it is written would be used for a repository, were it the only one. */
export function keyMatches(key: string, { name, address: target }: Target): boolean {
  const index = indexOf(toByteText(key))
  if (index === undefined || target === undefined) return false
  const address = addressOf(index)
  return (address !== undefined && matchesAddress(address, target)) || (index === HUB_KEY && isHubName(name))
}

/** A repository name, made ready to be compared. */
export function targetOf(name: string): Target {
  return { name, address: addressOf(toByteText(name)) }
}

function addressOf(text: ByteText): Address | undefined {
  const url = parseKeyUrl(text)
  if (url === undefined) return undefined
  const [host, port] = splitPort(url.host)
  return { labels: host.split('.'), port, path: url.path }
}

/** The key under which the kubelet files an entry: host and path, without `https://` and the `/v1` or `/v2` of an API. */
function indexOf(key: ByteText): ByteText | undefined {
  const url = parseKeyUrl(key.replace(/^https?:\/\//, ''))
  if (url === undefined) return undefined
  const path = /^\/v[12]\//.test(url.path) ? url.path.slice(3) : url.path
  return path === '/' ? url.host : url.host + path
}

function matchesAddress(key: Address, target: Address): boolean {
  return (
    key.port === target.port &&
    key.labels.length === target.labels.length &&
    target.path.startsWith(key.path) &&
    key.labels.every((label, at) => matchesGlob(label, target.labels[at] ?? ''))
  )
}

/** As Go's `net.SplitHostPort` splits; what that refuses is a host without a port. */
function splitPort(host: ByteText): readonly [host: ByteText, port: ByteText] {
  const colon = host.lastIndexOf(':')
  if (colon < 0) return [host, '']
  const before = host.slice(0, colon)
  const port = host.slice(colon + 1)
  if (before.startsWith('[')) {
    const inner = before.slice(1, -1)
    const whole = before.indexOf(']') === before.length - 1
    return whole && !/[[\]]/.test(inner + port) ? [inner, port] : [host, '']
  }
  return /[:[\]]/.test(before) ? [host, ''] : [before, port]
}

function isHubName(name: string): boolean {
  const slash = name.indexOf('/')
  if (slash < 0) return name !== ''
  const first = name.slice(0, slash)
  return first === 'docker.io' || first === 'index.docker.io' || (first !== '' && !/[.:]/.test(first))
}

function compareBytes(a: ByteText, b: ByteText): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
