import { open } from 'node:fs/promises'
import { delimiter, dirname, join, resolve } from 'node:path'
import { parse } from 'yaml'
import { whyUnreadable } from '../../base/file-error.ts'
import { printable, quoted } from '../../base/text.ts'
import { ClusterError } from './cluster-error.ts'
import { KubeconfigFile } from './kubeconfig-schema.ts'
import type { KubeUser } from './kubeconfig-schema.ts'
import type { ClusterOptions } from './options.ts'
import type { Target } from './target.ts'

const MAX_KUBECONFIG = 4 * 1024 * 1024

const MOST_NAMES = 10 // in a message

type Source = Extract<ClusterOptions['source'], { kind: 'kubeconfig' }>

/** The API server and user of a context, as kubectl finds them: of several files the first that has a name counts. */
export async function readKubeconfig(source: Source, env: ClusterOptions['env']): Promise<Target> {
  const { paths, optional } = pathsOf(source, env)
  const files: KubeconfigFile[] = []
  for (const path of paths) {
    const file = await readFile(path, optional)
    if (file !== undefined) files.push(file)
  }
  const where = paths.map((path) => printable(path, 1024)).join(delimiter)
  if (files.length === 0) throw unreadable(`cannot read ${where}: no such file or directory`)
  const target = pick(files, source.context, where)
  if (target.user.exec !== undefined || target.user['auth-provider'] !== undefined) await findPlugins(where)
  return target
}

/** What runs plugins is an optional package, which the container image leaves out. */
async function findPlugins(where: string): Promise<void> {
  try {
    await import('./plugin.ts')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error
    const message = `the user of ${where} has its credentials from a plugin, which takes the package @kubernetes/client-node, and it is not installed (the container image is without it): name a user with a token or a certificate`
    throw new ClusterError('PLUGINS_ABSENT', message, { cause: error })
  }
}

function pathsOf(source: Source, env: ClusterOptions['env']): { paths: readonly string[]; optional: boolean } {
  if (source.path !== undefined) return { paths: [source.path], optional: false }
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '')
  // kubectl passes over those of the list that are not there.
  if (listed.length > 0) return { paths: listed, optional: true }
  const home = env['HOME'] ?? ''
  if (home !== '') return { paths: [join(home, '.kube', 'config')], optional: false }
  throw unreadable('no kubeconfig is named, and there is no home directory to look for one')
}

async function readFile(path: string, optional: boolean): Promise<KubeconfigFile | undefined> {
  const name = printable(path, 1024)
  let text: string
  try {
    text = await readBounded(path)
  } catch (error) {
    if (error instanceof ClusterError) throw error
    if (optional && error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw unreadable(`cannot read ${name}: ${whyUnreadable(error)}`)
  }
  let document: unknown
  try {
    document = parse(text, { logLevel: 'error' }) ?? {}
  } catch {
    // What the parser says may repeat the file, which holds passwords.
    throw invalid(`${name} is not valid YAML`)
  }
  const read = KubeconfigFile.safeParse(document)
  if (read.success) return withAbsolutePaths(read.data, dirname(resolve(path)))
  const at = read.error.issues[0]?.path.map(String).join('.') ?? ''
  throw invalid(
    at === '' ? `${name} is no kubeconfig` : `${name} is no kubeconfig: ${printable(at)} is missing or wrong`,
  )
}

async function readBounded(path: string): Promise<string> {
  const file = await open(path)
  try {
    const buffer = Buffer.alloc(MAX_KUBECONFIG + 1)
    let length = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length)
      length += bytesRead
      if (length > MAX_KUBECONFIG) throw invalid(`${printable(path, 1024)} is larger than 4 MiB`)
      if (bytesRead === 0) return buffer.toString('utf8', 0, length)
    }
  } finally {
    await file.close()
  }
}

/** Relative paths start at the file that names them. */
function withAbsolutePaths(file: KubeconfigFile, directory: string): KubeconfigFile {
  const from = (path: string | undefined): string | undefined =>
    path === undefined || path === '' ? undefined : resolve(directory, path)
  return {
    ...file,
    clusters: file.clusters.map(({ name, cluster }) => ({
      name,
      cluster: { ...cluster, 'certificate-authority': from(cluster['certificate-authority']) },
    })),
    users: file.users.map(({ name, user }) => ({
      name,
      user: {
        ...user,
        tokenFile: from(user.tokenFile),
        'client-certificate': from(user['client-certificate']),
        'client-key': from(user['client-key']),
        exec: execFrom(user.exec, directory),
      },
    })),
  }
}

/** A command without a slash is looked for in PATH. */
function execFrom(exec: KubeUser['exec'], directory: string): KubeUser['exec'] {
  if (exec === undefined || !exec.command.includes('/')) return exec
  return { ...exec, command: resolve(directory, exec.command) }
}

function pick(files: readonly KubeconfigFile[], wanted: string | undefined, where: string): Target {
  const contexts = files.flatMap((file) => file.contexts)
  const name = wanted ?? files.map((file) => file['current-context'] ?? '').find((current) => current !== '')
  const listed = [...new Set(contexts.map((context) => context.name))]
  const known = listed.length === 0 ? 'it has none' : `it has ${some(listed)}`
  if (name === undefined) throw new ClusterError('CONTEXT_UNKNOWN', `${where} has no current context; ${known}`)
  const context = contexts.find((each) => each.name === name)?.context
  if (context === undefined)
    throw new ClusterError('CONTEXT_UNKNOWN', `no context ${quoted(name)} in ${where}; ${known}`)
  const cluster = files.flatMap((file) => file.clusters).find((each) => each.name === context.cluster)?.cluster
  if (cluster === undefined) {
    throw invalid(
      `context ${quoted(name)} of ${where} names the cluster ${quoted(context.cluster)}, which is not there`,
    )
  }
  const userName = context.user ?? ''
  const user = files.flatMap((file) => file.users).find((each) => each.name === userName)?.user
  if (user === undefined && userName !== '') {
    throw invalid(`context ${quoted(name)} of ${where} names the user ${quoted(userName)}, which is not there`)
  }
  return {
    server: serverOf(cluster.server, where),
    caFile: cluster['certificate-authority'],
    caData: cluster['certificate-authority-data'],
    skipVerify: cluster['insecure-skip-tls-verify'] ?? false,
    serverName: cluster['tls-server-name'],
    proxy: proxyOf(cluster['proxy-url'], where),
    user: user ?? {},
  }
}

function serverOf(server: string, where: string): string {
  // As kubectl: without a scheme it is HTTP on a name alone.
  const url = URL.parse(server.includes('://') ? server : `http://${server}`)
  const plain = url !== null && ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.password === ''
  if (!plain || url.search !== '' || url.hash !== '') throw invalid(`${where}: the cluster's server is no HTTP URL`)
  return url.href.replace(/\/$/, '')
}

function proxyOf(proxy: string | undefined, where: string): Target['proxy'] {
  if (proxy === undefined || proxy === '') return undefined
  const url = URL.parse(proxy)
  if (url !== null && ['http:', 'https:', 'socks5:'].includes(url.protocol)) return { url }
  throw invalid(`${where}: the cluster's proxy-url is no URL of HTTP, HTTPS or SOCKS 5`)
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map((name) => quoted(name, 100))
  const more = names.length - shown.length
  return more === 0 ? shown.join(', ') : `${shown.join(', ')} and ${more} more`
}

function unreadable(message: string): ClusterError {
  return new ClusterError('KUBECONFIG_UNREADABLE', message)
}

function invalid(message: string): ClusterError {
  return new ClusterError('KUBECONFIG_INVALID', message)
}
