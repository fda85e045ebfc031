import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { quoted } from '../../base/text.ts'
import type { Endpoint } from './endpoint.ts'
import { plainHost } from './host-config.ts'
import type { HostConfig } from './host-config.ts'
import { loadEndpoint, readBounded, UnreadableError } from './load-endpoint.ts'
import { parseHostsFile } from './parse-hosts-file.ts'

/**
 * The endpoints of a registry host (`docker.io`, `quay.io:443`), in the order in which a node asks them. Undefined: the
 * directory says nothing of it. `unreadable`: what it says cannot be loaded, and a node with these files pulls nothing from there.
 */
export type EndpointsFor = (domain: string) => Promise<readonly Endpoint[] | 'unreadable' | undefined>

export interface HostsDirectoryOptions {
  /** Told of a file that is ignored or cannot be loaded; once for each text. */
  readonly warn: (message: string) => void
  readonly now?: () => number
}

const FRESH_MS = 5000 // soon enough for who edits the files, and one reading for a burst of pods
const MOST_DOMAINS = 1000 // the names are the pod authors'

/** containerd's `certs.d`, read as containerd reads it at each pull (kubelet-pull facts, "Host configuration"). Never rejects. */
export function hostsDirectory(directory: string, options: HostsDirectoryOptions): EndpointsFor {
  const now = options.now ?? (() => performance.now())
  const known = new Map<string, { readonly until: number; readonly endpoints: ReturnType<EndpointsFor> }>()
  const warned = new Set<string>()
  function warn(message: string): void {
    if (warned.has(message)) return
    if (warned.size >= MOST_DOMAINS) warned.clear()
    warned.add(message)
    options.warn(message)
  }
  return (domain) => {
    const cached = known.get(domain)
    if (cached !== undefined && cached.until > now()) return cached.endpoints
    if (known.size >= MOST_DOMAINS) known.clear()
    const endpoints = endpointsOf(directory, domain, warn)
    known.set(domain, { until: now() + FRESH_MS, endpoints })
    return endpoints
  }
}

async function endpointsOf(
  root: string,
  domain: string,
  warn: (message: string) => void,
): Promise<readonly Endpoint[] | 'unreadable' | undefined> {
  // No registry host has these; a path made of it must not leave the directory.
  if (domain === '' || domain.startsWith('.') || /[/\\\0]/.test(domain)) return undefined
  try {
    const directory = await hostDirectory(root, domain)
    if (directory === undefined) {
      if (!(await exists(root))) warn(`there is no hosts directory ${quoted(root)}`)
      return undefined
    }
    const configs = await readHostDirectory(directory, warn)
    return await Promise.all(configs.map((config) => loadEndpoint(config, domain)))
  } catch (error) {
    warn(error instanceof UnreadableError ? error.message : `cannot read the hosts directory of ${quoted(domain)}`)
    return 'unreadable'
  }
}

/** `host_5000_`, `host:5000`, `_default`: the first that is there. */
async function hostDirectory(root: string, domain: string): Promise<string | undefined> {
  const colon = domain.lastIndexOf(':')
  const names = colon > 0 ? [`${domain.slice(0, colon)}_${domain.slice(colon + 1)}_`, domain] : [domain]
  for (const name of [...names, '_default']) {
    const path = join(root, name)
    if (await exists(path)) return path
  }
  return undefined
}

async function readHostDirectory(directory: string, warn: (message: string) => void): Promise<readonly HostConfig[]> {
  const path = join(directory, 'hosts.toml')
  const text = (await exists(path)) ? await readBounded(path) : ''
  if (text !== '') {
    const file = parseHostsFile(text, directory)
    if (file.kind === 'hosts') return file.hosts
    warn(`${quoted(path)} is ignored, as a node ignores it: ${file.why}`)
  }
  return [await certificateFiles(directory)]
}

/** Docker's older layout: `*.crt` are authorities, `*.cert` with `*.key` the client's; all of the default upstream. */
async function certificateFiles(directory: string): Promise<HostConfig> {
  const caFiles: string[] = []
  const clientPairs: (readonly [string, string])[] = []
  const entries = await readdir(directory, { withFileTypes: true })
  const names = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name)
  for (const name of names.sort()) {
    const path = join(directory, name)
    if (name.endsWith('.crt')) caFiles.push(path)
    if (!name.endsWith('.cert')) continue
    const key = `${path.slice(0, -'.cert'.length)}.key`
    clientPairs.push([path, (await exists(key)) ? key : path])
  }
  return { ...plainHost, caFiles, clientPairs, withTls: caFiles.length + clientPairs.length > 0 }
}

/** Throws where it cannot be known, as when a folder may not be looked into. */
async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}
