import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { whyUnreadable } from '../../base/file-error.ts'
import { Secret } from '../../base/secret.ts'
import { printable } from '../../base/text.ts'
import { ClusterError } from './cluster-error.ts'
import type { Pems } from './plugin.ts'
import type { LoadTarget, Target } from './target.ts'

/** How to reach the API server, as of now. */
export interface Access {
  readonly server: string
  readonly authorization: Secret | undefined
  readonly impersonation: Readonly<Record<string, string | string[]>>
  readonly ca: string | undefined
  readonly client: { readonly cert: string; readonly key: Secret } | undefined
  readonly skipVerify: boolean
  readonly serverName: string | undefined
  readonly proxy: Target['proxy']
  /** Equal where connections may be shared. */
  readonly pool: string
}

export interface AccessKeeper {
  /** Rejects where a file or a plugin does not give credentials. */
  current(): Promise<Access>
  /** Reads everything anew, unless that has happened since `refused` was handed out. */
  renew(refused: Access): Promise<Access>
}

/** Credentials that stay refused are read anew no oftener: a plugin is a process. */
const RENEW_AGAIN_MS = 1_000

/** Credentials are read again every `keepMs`: tokens in files are replaced under us. However many wait, they are read once. */
export function keepAccess(load: LoadTarget, first: Target, keepMs: number, now: () => number): AccessKeeper {
  let target = first
  let plugin: ReturnType<typeof startPlugin> | undefined
  let kept: { readonly access: Promise<Access>; readonly at: number } | undefined
  let renewedAt: number | undefined

  async function read(anew: boolean): Promise<Access> {
    if (anew) {
      target = await load()
      plugin = undefined
    }
    const { exec, 'auth-provider': provider } = target.user
    if (exec === undefined && provider === undefined) return readAccess(target, undefined)
    plugin ??= startPlugin(target)
    return readAccess(target, await (await plugin)())
  }

  function keep(access: Promise<Access>): Promise<Access> {
    const entry = { access, at: now() }
    kept = entry
    access.catch(() => {
      if (kept === entry) kept = undefined
    })
    return access
  }

  return {
    current: () => (kept !== undefined && now() - kept.at < keepMs ? kept.access : keep(read(false))),
    async renew(refused) {
      const latest = await kept?.access.catch(() => undefined)
      if (latest !== undefined && latest !== refused) return latest
      if (latest !== undefined && renewedAt !== undefined && now() - renewedAt < RENEW_AGAIN_MS) return latest
      renewedAt = now()
      return keep(read(true))
    },
  }
}

// A second to load and much memory: only for those who need it.
async function startPlugin(target: Target): Promise<() => Promise<Pems>> {
  const { createPlugin } = await import('./plugin.ts')
  return createPlugin(target)
}

/** Throws a `ClusterError` that names the file which cannot be read. */
export async function readAccess(target: Target, fromPlugin: Pems | undefined): Promise<Access> {
  const { server, skipVerify, serverName, proxy, user } = target
  const shared = { server, skipVerify, serverName, proxy }
  // As kubectl: over plain HTTP nobody is told who we are.
  if (server.startsWith('http:')) {
    return { ...shared, authorization: undefined, impersonation: {}, ca: undefined, client: undefined, pool: server }
  }
  const ca = await pem(target.caFile, target.caData)
  const cert = fromPlugin?.cert ?? (await pem(user['client-certificate'], user['client-certificate-data']))
  const key = fromPlugin?.key ?? (await pem(user['client-key'], user['client-key-data']))
  const client = cert === undefined || key === undefined ? undefined : { cert, key: new Secret(key) }
  return {
    ...shared,
    authorization: fromPlugin?.authorization ?? (await authorizationOf(user)),
    impersonation: {
      ...(user.as !== undefined && { 'impersonate-user': user.as }),
      ...(user['as-uid'] !== undefined && { 'impersonate-uid': user['as-uid'] }),
      ...(user['as-groups'] !== undefined && { 'impersonate-group': user['as-groups'] }),
    },
    ca,
    client,
    pool: createHash('sha256')
      .update(JSON.stringify([shared, ca, cert, key]))
      .digest('base64'),
  }
}

async function authorizationOf(user: Target['user']): Promise<Secret | undefined> {
  if (user.tokenFile !== undefined) return new Secret(`Bearer ${(await read(user.tokenFile)).trim()}`)
  if (user.token !== undefined) return new Secret(`Bearer ${user.token.trim()}`)
  if (user.username === undefined) return undefined
  return new Secret(`Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`)
}

/** kubectl: data says more than a file. */
async function pem(file: string | undefined, data: string | undefined): Promise<string | undefined> {
  if (data !== undefined && data !== '') return Buffer.from(data, 'base64').toString('utf8')
  return file === undefined ? undefined : read(file)
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const message = `cannot read ${printable(path, 1024)}: ${whyUnreadable(error)}`
    throw new ClusterError('KUBECONFIG_UNREADABLE', message, { cause: error })
  }
}
