// A `hosts.toml` that sends what is asked of `registry.test` to real registries.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { hostsDirectory } from '../../src/edges/node-files/index.ts'
import { client, credential, ociSingle, seen } from './asking.ts'
import type { Ask } from './asking.ts'
import { startRegistries } from './registries.ts'
import type { Registries } from './registries.ts'

let registries: Registries
let folder: string
let made = 0
const warnings: string[] = []

beforeAll(async () => {
  registries = await startRegistries()
  folder = await mkdtemp(join(tmpdir(), 'pullable-hosts-'))
  await writeFile(join(folder, 'ca.crt'), registries.ca)
})

afterAll(async () => {
  await registries.stop()
  await rm(folder, { recursive: true, force: true })
})

// Each file here is as a node takes it.
afterEach(() => {
  expect(warnings).toEqual([])
})

/** A client on a node with this `hosts.toml` for `registry.test`. */
async function withHosts(hostsToml: string): Promise<Ask> {
  const hosts = join(folder, String((made += 1)))
  await mkdir(join(hosts, 'registry.test'), { recursive: true })
  await writeFile(join(hosts, 'registry.test/hosts.toml'), hostsToml)
  return client({ endpointsFor: hostsDirectory(hosts, { warn: (message) => warnings.push(message) }) })
}

function mirror(url: string, ...lines: readonly string[]): string {
  return [`[host."${url}"]`, ...lines, ''].join('\n')
}

function server(): string {
  return `server = "${registries.tls.url}"\nca = "${join(folder, 'ca.crt')}"\n`
}

describe('a mirror', () => {
  it('answers for the host that it stands for', async () => {
    const { plain, digests } = registries
    const ask = await withHosts(mirror(plain.url))
    expect(await seen(plain, () => ask('registry.test/team/app:1.0-amd64'))).toEqual({
      fact: ociSingle(digests['1.0-amd64'], 'amd64'),
      log: ['HEAD 1.0-amd64 200', 'GET manifest 200', 'GET blob 200'],
    })
    const { requests } = await plain.during(() => ask('registry.test/team/app:1.1'))
    expect(requests.map(({ path }) => path)).toContain('/v2/team/app/manifests/1.1?ns=registry.test')
  })

  it('is given the credential of the host that it stands for', async () => {
    const { secret, login, digests } = registries
    const ask = await withHosts(mirror(secret.url))
    const right = credential(login.username, login.password)
    expect((await seen(secret, () => ask('registry.test/team/app:2.0', right))).fact).toEqual(
      ociSingle(digests['1.0-amd64'], 'amd64'),
    )
  })

  it.each<[string, (all: Registries) => string, readonly string[]]>([
    // What the tag leads to it has, under another name; a node takes it from there too.
    ['lacks the tag', (all) => all.plain.url, []],
    ['wants a password', (all) => all.secret.url, ['GET manifest 200', 'GET blob 200']],
    ['refuses connections', () => 'http://127.0.0.1:1', ['GET manifest 200', 'GET blob 200']],
  ])('is passed over where it %s and the server has the image', async (_, url, byDigest) => {
    const { tls, digests } = registries
    const ask = await withHosts(server() + mirror(url(registries)))
    expect(await seen(tls, () => ask('registry.test/team/app:2.0'))).toEqual({
      fact: ociSingle(digests['1.0-amd64'], 'amd64'),
      log: ['HEAD 2.0 200', ...byDigest],
    })
  })

  it('is asked for a digest, and for no tag, where it may not resolve', async () => {
    const { plain, digests } = registries
    const ask = await withHosts(server() + mirror(plain.url, 'capabilities = ["pull"]'))
    expect((await seen(plain, () => ask('registry.test/team/app:1.0'))).log).toEqual([])
    const { log } = await seen(plain, () => ask(`registry.test/team/app@${digests['1.0-amd64'] ?? ''}`))
    expect(log).toEqual(['HEAD manifest 200', 'GET manifest 200', 'GET blob 200'])
  })

  it('lacks what the server lacks too', async () => {
    const { plain } = registries
    const ask = await withHosts(server() + mirror(plain.url))
    expect((await seen(plain, () => ask('registry.test/team/app:9.9'))).fact).toMatchObject({ kind: 'absent' })
  })
})

describe('a server with a CA of its own', () => {
  it('is believed where the hosts file names the CA', async () => {
    const ask = await withHosts(server())
    expect((await ask('registry.test/team/app:2.0')).kind).toBe('found')
  })

  it('is not believed where it does not', async () => {
    const { tls } = registries
    const ask = await withHosts(`server = "${tls.url}"\n`)
    expect(await ask('registry.test/team/app:2.0')).toEqual({
      kind: 'unreachable',
      detail: 'tls-unknown-ca',
      host: tls.host,
    })
  })

  it('is believed unseen where the hosts file says skip_verify', async () => {
    const ask = await withHosts(`server = "${registries.tls.url}"\nskip_verify = true\n`)
    expect((await ask('registry.test/team/app:2.0')).kind).toBe('found')
  })
})
