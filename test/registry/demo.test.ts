// The demo's registry seen by clients that others wrote: it is a registry, and not our own client's mirror image.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRegistry } from '../../src/edges/demo/index.ts'
import type { RunningRegistry } from '../../src/edges/demo/index.ts'
import { runTool } from '../support/tools.ts'

const LOGIN = '--creds=shop-ci:right-password'

let registry: RunningRegistry
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pullable-demo-'))
  registry = await startRegistry({})
})

afterAll(async () => {
  await registry.close()
  await rm(folder, { recursive: true, force: true })
})

/** Nobody's login: what the machine's user keeps must not matter. */
function crane(...args: readonly string[]): Promise<string> {
  return runTool('crane', args, { DOCKER_CONFIG: folder })
}

function skopeo(command: string, ...args: readonly string[]): Promise<string> {
  return runTool('skopeo', ['--insecure-policy', command, ...args])
}

describe('crane', () => {
  it.each(['linux/amd64', 'linux/arm64'])('pulls %s from the public index', async (platform) => {
    const tarball = join(folder, 'web.tar')
    await crane('pull', '--platform', platform, `${registry.host}/shop/web:v1.0`, tarball)
    const config = JSON.parse(
      await crane('config', '--platform', platform, `${registry.host}/shop/web:v1.0`),
    ) as unknown
    expect(config).toMatchObject({ os: 'linux', architecture: platform.split('/')[1] })
    expect(await crane('validate', '--tarball', tarball)).toContain('PASS')
  })

  // Not shop/web: of an index with attestations crane says "mismatched number of diffids", whoever made it.
  it.each(['shop/edge:v1', 'shop/sensor:v1'])('finds every digest of %s right', async (image) => {
    expect(await crane('validate', '--remote', `${registry.host}/${image}`)).toContain('PASS')
  })

  it('lists tags', async () => {
    expect((await crane('ls', `${registry.host}/shop/cart`)).trim().split('\n')).toEqual(['v2.0', 'v2.1', 'v3.0-rc1'])
  })

  it.each([
    ['shop/cart:v2', 'MANIFEST_UNKNOWN'],
    ['shop/billing:2024.10', 'UNAUTHORIZED'],
    ['shop/nothing:v1', 'UNAUTHORIZED'],
  ])('is told of %s: %s', async (image, code) => {
    await expect(crane('manifest', `${registry.host}/${image}`)).rejects.toThrow(code)
  })

  it('logs in', async () => {
    await crane('auth', 'login', registry.host, '-u', 'shop-ci', '-p', 'right-password')
    try {
      const manifest = JSON.parse(await crane('manifest', `${registry.host}/shop/billing:2024.10`)) as unknown
      expect(manifest).toMatchObject({ schemaVersion: 2 })
    } finally {
      await crane('auth', 'logout', registry.host)
    }
  })
})

describe('skopeo', () => {
  it('inspects the public index', async () => {
    const seen = JSON.parse(
      await skopeo('inspect', '--tls-verify=false', `docker://${registry.host}/shop/web:v1.0`),
    ) as {
      RepoTags: string[]
    }
    expect(seen).toMatchObject({ Os: 'linux', Architecture: 'amd64', RepoTags: ['latest', 'v1.0', 'v1.1'] })
  })

  it('copies the whole index, attestations and all', async () => {
    const copy = join(folder, 'copy')
    await skopeo('copy', '--all', '--src-tls-verify=false', `docker://${registry.host}/shop/web:v1.0`, `dir:${copy}`)
    const index = JSON.parse(await readFile(join(copy, 'manifest.json'), 'utf8')) as { manifests: object[] }
    expect(index.manifests).toHaveLength(4)
  })

  it.each([
    ['a right password', LOGIN, undefined],
    ['a wrong password', '--creds=shop-ci:wrong', /unauthorized|authentication required|invalid username/i],
    ['no password', '--no-creds', /unauthorized|authentication required|denied/i],
  ])('reads a private image with %s', async (_, creds, problem) => {
    const seen = skopeo('inspect', '--tls-verify=false', creds, `docker://${registry.host}/shop/billing:2024.10`)
    if (problem === undefined) expect(JSON.parse(await seen)).toMatchObject({ Os: 'linux', Architecture: 'amd64' })
    else await expect(seen).rejects.toThrow(problem)
  })
})
