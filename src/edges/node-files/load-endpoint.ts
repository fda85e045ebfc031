import { X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import { quoted } from '../../base/text.ts'
import type { Endpoint } from './endpoint.ts'
import type { HostConfig, Server } from './host-config.ts'

const MOST_BYTES = 1024 * 1024 // every well-known authority together is a quarter of it

/** A file that the node could not load either: there, every pull from this registry fails. */
export class UnreadableError extends Error {
  readonly code = 'NODE_FILE_UNREADABLE'
}

/** Reads what the host's table names. Throws `UnreadableError`. */
export async function loadEndpoint(config: HostConfig, domain: string): Promise<Endpoint> {
  const upstream = config.server === undefined
  const { scheme, host, path } = config.server ?? defaultServer(domain)
  const unverifiedLoopback = upstream && isLoopback(domain) && !domain.endsWith(':80')
  const ca = await Promise.all(config.caFiles.map(readAuthorities))
  const pairs = await Promise.all(config.clientPairs.map(readPair))
  const [client] = pairs
  return {
    url: `${scheme}://${host}${path}`,
    // containerd overwrites what the file says of the default upstream.
    resolve: upstream || config.resolve,
    pull: upstream || config.pull,
    ...(scheme === 'http' && !host.endsWith(':80') && (config.withTls || unverifiedLoopback) && { httpsFirst: true }),
    skipVerify: config.skipVerify || unverifiedLoopback,
    headers: config.headers,
    ...(ca.length === 0 ? {} : { ca: ca.join('\n') }),
    ...(client === undefined ? {} : { client }),
    ...(config.dialTimeoutMs === undefined ? {} : { dialTimeoutMs: config.dialTimeoutMs }),
  }
}

/** Where a registry is, when no `server` is said; loopback ones may speak HTTP (kubelet-pull facts, containerd `ConfigureHosts`). */
function defaultServer(domain: string): Server {
  if (domain === 'docker.io') return { scheme: 'https', host: 'registry-1.docker.io', path: '/v2' }
  const port = /:(\d+)$/.exec(domain)?.[1]
  const scheme = isLoopback(domain) && port !== undefined && port !== '443' ? 'http' : 'https'
  return { scheme, host: domain, path: '/v2' }
}

// `[::1]` without a port is none to containerd.
function isLoopback(domain: string): boolean {
  const host = /^\[([^\]]*)\]:\d+$/.exec(domain)?.[1] ?? domain.replace(/:\d+$/, '')
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

async function readAuthorities(path: string): Promise<string> {
  const pem = await readBounded(path)
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  // One good certificate is enough for Go's `AppendCertsFromPEM`.
  const good = blocks.filter(isCertificate)
  if (good.length === 0) throw new UnreadableError(`no certificate in ${quoted(path)}`)
  return good.join('\n')
}

async function readPair([certFile, keyFile]: readonly [string, string]): Promise<{ cert: string; key: string }> {
  const cert = await readBounded(certFile)
  const key = keyFile === certFile ? cert : await readBounded(keyFile)
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    throw new UnreadableError(`no certificate with its key in ${quoted(certFile)}`, { cause: error })
  }
  return { cert, key }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

/** A text file, or `UnreadableError`. */
export async function readBounded(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > MOST_BYTES) throw new UnreadableError(`${quoted(path)} is larger than 1 MiB`)
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof UnreadableError) throw error
    throw new UnreadableError(`cannot read ${quoted(path)}`, { cause: error })
  }
}
