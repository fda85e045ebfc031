import { Secret } from '../../base/secret.ts'
import type { Environment } from './read-environment.ts'
import { isOwn, readNoProxy } from './no-proxy.ts'
import { misuse } from './setting.ts'
import type { Misuse } from './setting.ts'

export interface Proxy {
  /** HTTP or HTTPS; no more than scheme, host and port. */
  readonly url: URL
  /** The value of Proxy-Authorization. */
  readonly authorization?: Secret
}

/** The proxy that a request to this URL goes through; undefined: none. */
export type ProxyFor = (target: URL) => Proxy | undefined

/**
 * The proxies that the environment names, by the rules of Go's `http.ProxyFromEnvironment`, which the node's runtime goes by:
 * HTTP_PROXY, HTTPS_PROXY and NO_PROXY, or the same in lower case. Where Go passes over what is malformed, it is a mistake here; no
 * value is ever shown, since it may hold a password.
 */
export function readProxies(
  env: Environment,
): { readonly kind: 'proxies'; readonly proxyFor: ProxyFor | undefined } | Misuse {
  const byScheme = new Map<string, Proxy>()
  for (const [scheme, name] of SCHEMES) {
    const variable = given(env, name)
    if (variable === undefined) continue
    const proxy = readProxy(env[variable] ?? '')
    if (typeof proxy === 'string') return misuse(`${variable}: ${proxy}`)
    byScheme.set(scheme, proxy)
  }
  if (byScheme.size === 0) return { kind: 'proxies', proxyFor: undefined }
  const exceptions = given(env, 'NO_PROXY')
  const excepted = readNoProxy(exceptions === undefined ? '' : (env[exceptions] ?? ''))
  function proxyFor({ protocol, hostname, port }: URL): Proxy | undefined {
    const proxy = byScheme.get(protocol)
    if (proxy === undefined) return undefined
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    const direct = isOwn(host) || excepted(host, port === '' ? (DEFAULT_PORTS[protocol] ?? '') : port)
    return direct ? undefined : proxy
  }
  return { kind: 'proxies', proxyFor }
}

const SCHEMES = [
  ['http:', 'HTTP_PROXY'],
  ['https:', 'HTTPS_PROXY'],
] as const

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

function given(env: Environment, name: string): string | undefined {
  return [name, name.toLowerCase()].find((variable) => (env[variable] ?? '') !== '')
}

/** A proxy, or what is wrong with it. Without a scheme it is HTTP. */
function readProxy(text: string): Proxy | string {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`)
  if (url === null || url.hostname === '') return 'not the URL of a proxy, such as http://proxy.example:3128'
  if (url.protocol.startsWith('socks')) return 'a SOCKS proxy is not supported; name one that speaks HTTP'
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'a proxy is reached by http:// or https://'
  const origin = new URL(url.origin)
  if (url.username === '' && url.password === '') return { url: origin }
  try {
    const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    return { url: origin, authorization: new Secret(`Basic ${Buffer.from(login, 'utf8').toString('base64')}`) }
  } catch {
    return 'its user or password has a % that begins no escape; write it as %25'
  }
}
