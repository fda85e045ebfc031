// Images made from nothing by real tools: umoci writes them, skopeo pushes them, crane makes the index.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DockerRegistry } from '../support/docker-registry.ts'
import { runTool, tool } from '../support/tools.ts'

export interface Login {
  readonly username: string
  readonly password: string
}

/** An OCI layout with the tags `amd64` and `arm64`: the same file, for linux on either CPU. */
export async function withImages<T>(work: (layout: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'pullable-images-'))
  const layout = join(folder, 'layout')
  try {
    await runTool('umoci', ['init', '--layout', layout])
    for (const architecture of ['amd64', 'arm64']) {
      const image = `${layout}:${architecture}`
      await runTool('umoci', ['new', '--image', image])
      await runTool('umoci', ['insert', '--rootless', '--image', image, tool('busybox'), '/bin/sh'])
      await runTool('umoci', [
        'config',
        '--image',
        image,
        '--os=linux',
        `--architecture=${architecture}`,
        '--config.cmd=/bin/sh',
      ])
    }
    return await work(layout)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Pushes one image of the layout; `format` is `oci` or Docker's `v2s2`. */
export async function push(
  registry: DockerRegistry,
  image: string,
  target: string,
  options: { readonly login?: Login; readonly format?: 'oci' | 'v2s2' } = {},
): Promise<void> {
  const { login, format = 'oci' } = options
  const creds = login ? [`--dest-creds=${login.username}:${login.password}`] : []
  const how = ['--insecure-policy', 'copy', '--quiet', '--dest-tls-verify=false', `--format=${format}`, ...creds]
  await runTool('skopeo', [...how, `oci:${image}`, `docker://${registry.host}/${target}`])
}

/** An index over images that are in the registry already. */
export async function pushIndex(registry: DockerRegistry, parts: readonly string[], target: string): Promise<void> {
  const manifests = parts.flatMap((part) => ['-m', `${registry.host}/${part}`])
  await runTool('crane', ['index', 'append', '--insecure', ...manifests, '-t', `${registry.host}/${target}`])
}

/** By tag. */
export type Digests = Readonly<Record<string, string>>

/** The digest of every tag of a repository, as crane reads it. */
export async function readDigests(registry: DockerRegistry, repository: string): Promise<Digests> {
  const digests: Record<string, string> = {}
  for (const tag of (await runTool('crane', ['ls', '--insecure', `${registry.host}/${repository}`]))
    .trim()
    .split('\n')) {
    const image = `${registry.host}/${repository}:${tag}`
    digests[tag] = (await runTool('crane', ['digest', '--insecure', image])).trim()
  }
  return digests
}
