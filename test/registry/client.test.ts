// Our client against real registries: what it finds out, and what it asks for that, by the registry's own log.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canary } from '../support/canary.ts'
import { startDockerRegistry } from '../support/docker-registry.ts'
import type { DockerRegistry } from '../support/docker-registry.ts'
import { runTool } from '../support/tools.ts'
import { client, credential, ociSingle, seen, single } from './asking.ts'
import type { ClientOptions } from './asking.ts'
import { startRegistries } from './registries.ts'
import type { Registries } from './registries.ts'

const OCI = 'application/vnd.oci.image'
const DOCKER = 'application/vnd.docker'
const ABSENT = `sha256:${'0'.repeat(64)}`

let registries: Registries

beforeAll(async () => {
  registries = await startRegistries()
})

afterAll(async () => {
  await registries.stop()
})

/** `registry.test` is no loopback name, so no loopback rule helps it; it is on loopback all the same. */
const onLoopback: ClientOptions = { resolveHost: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]) }

function registryTest(registry: DockerRegistry): string {
  return registry.host.replace('127.0.0.1', 'registry.test')
}

describe('a plain registry', () => {
  it.each(['amd64', 'arm64'])('finds an index, and in it the image of a node of %s', async (architecture) => {
    const { plain, digests } = registries
    const ask = client({}, architecture)
    const { fact, log } = await seen(plain, () => ask(`${plain.host}/team/app:1.0`))
    const child = ociSingle('', architecture)
    const entry = (name: string): unknown => ({
      mediaType: `${OCI}.manifest.v1+json`,
      digest: digests[`1.0-${name}`],
      size: expect.any(Number) as number,
      platform: { os: 'linux', architecture: name },
    })
    expect(fact).toEqual({
      kind: 'found',
      digest: digests['1.0'],
      document: {
        kind: 'index',
        entries: [entry('amd64'), entry('arm64')],
        children: new Map([[digests[`1.0-${architecture}`], child.kind === 'found' && child.document]]),
      },
    })
    expect(log).toEqual(['HEAD 1.0 200', 'GET manifest 200', 'GET manifest 200', 'GET blob 200'])
  })

  it('finds single images, whoever made the format', async () => {
    const { plain, digests } = registries
    const ask = client()
    expect(await seen(plain, () => ask(`${plain.host}/team/app:1.0-arm64`))).toEqual({
      fact: ociSingle(digests['1.0-arm64'], 'arm64'),
      log: ['HEAD 1.0-arm64 200', 'GET manifest 200', 'GET blob 200'],
    })
    expect((await seen(plain, () => ask(`${plain.host}/team/app:1.1`))).fact).toEqual(
      single(digests['1.1'], 'amd64', `${DOCKER}.container.image.v1+json`, `${DOCKER}.image.rootfs.diff.tar.gzip`),
    )
  })

  it('finds by digest, whatever the tag beside it', async () => {
    const { plain, digests } = registries
    for (const tag of ['', ':no-such-tag']) {
      const image = `${plain.host}/team/app${tag}@${digests['1.0-amd64'] ?? ''}`
      const { fact, log } = await seen(plain, () => client()(image))
      expect(fact).toEqual(ociSingle(digests['1.0-amd64'], 'amd64'))
      expect(log).toEqual(['HEAD manifest 200', 'GET manifest 200', 'GET blob 200'])
    }
  })

  it('asks nothing again, and what it knows by digest not for another tag', async () => {
    const { plain } = registries
    const ask = client()
    const first = await seen(plain, () => ask(`${plain.host}/team/app:latest`))
    expect(first.log).toEqual(['HEAD latest 200', 'GET manifest 200', 'GET blob 200'])
    expect(await seen(plain, () => ask(`${plain.host}/team/app:latest`))).toEqual({ fact: first.fact, log: [] })
    expect(await seen(plain, () => ask(`${plain.host}/team/app:1.0-amd64`))).toEqual({
      fact: first.fact,
      log: ['HEAD 1.0-amd64 200'],
    })
  })

  it('asks once for a hundred who ask at the same time', async () => {
    const { plain } = registries
    const ask = client()
    const { requests } = await plain.during(() =>
      Promise.all(Array.from({ length: 100 }, () => ask(`${plain.host}/team/app:1.0`))),
    )
    expect(requests).toHaveLength(4)
  })

  it('tells an absent tag, with those that there are', async () => {
    const { plain, digests } = registries
    const { fact, log } = await seen(plain, () => client()(`${plain.host}/team/app:1.2`))
    const tags = fact.kind === 'absent' ? fact.tags : undefined
    expect(fact).toEqual({ kind: 'absent', what: 'manifest', tags, latest: digests['latest'] })
    // This registry lists them in the order of its file system.
    expect(tags?.toSorted()).toEqual(['1.0', '1.0-amd64', '1.0-arm64', '1.1', 'latest'])
    expect(log).toEqual(['HEAD 1.2 404', 'GET tags 200', 'HEAD latest 200'])
  })

  it('tells an absent repository', async () => {
    const { plain } = registries
    expect(await seen(plain, () => client()(`${plain.host}/team/nothing:1.0`))).toEqual({
      fact: { kind: 'absent', what: 'repository' },
      log: ['HEAD 1.0 404', 'GET tags 404'],
    })
  })

  it('tells an absent digest', async () => {
    const { plain } = registries
    const { fact } = await seen(plain, () => client()(`${plain.host}/team/app@${ABSENT}`))
    expect(fact).toMatchObject({ kind: 'absent', what: 'manifest' })
  })
})

describe('a registry that fails', () => {
  // Seen on a node too: it looks like a sick registry. Newer ones serve the blob, and the pull ends in "not found".
  it('takes an image ID, which is the digest of no manifest, badly', async () => {
    const { plain } = registries
    const manifest = await runTool('crane', ['manifest', '--insecure', `${plain.host}/team/app:1.0-amd64`])
    const { config } = JSON.parse(manifest) as { config: { digest: string } }
    expect(await seen(plain, () => client()(`${plain.host}/team/app@${config.digest}`))).toEqual({
      fact: { kind: 'faulty', detail: 'status', status: 500, host: plain.host },
      log: ['HEAD manifest 500', 'HEAD manifest 500'],
    })
  })

  it('is refused a connection where none listens', async () => {
    const gone = await startDockerRegistry()
    await gone.stop()
    expect(await client()(`${gone.host}/team/app:1.0`)).toEqual({
      kind: 'unreachable',
      detail: 'refused',
      host: gone.host,
    })
  })
})

describe('a registry that wants a password', () => {
  const image = (): string => `${registries.secret.host}/team/app:2.0`

  it('opens to the right one', async () => {
    const { secret, login, digests } = registries
    const right = credential(login.username, login.password)
    const { fact, log } = await seen(secret, () => client()(image(), right))
    expect(fact).toEqual(ociSingle(digests['1.0-amd64'], 'amd64'))
    expect(log).toEqual(['HEAD 2.0 401', 'HEAD 2.0 200', 'GET manifest 200', 'GET blob 200'])
  })

  it.each([
    ['a wrong one', 'wrong', canary.username],
    ['an unknown user', 'wrong', 'nobody'],
    ['the right one with a newline after it', `${canary.password}\n`, canary.username],
  ])('refuses %s at login', async (_, password, username) => {
    const { fact, log } = await seen(registries.secret, () => client()(image(), credential(username, password)))
    expect(fact).toEqual({ kind: 'refused', at: 'login' })
    expect(log).toEqual(['HEAD 2.0 401', 'HEAD 2.0 401'])
  })

  it('refuses who has none', async () => {
    expect(await seen(registries.secret, () => client()(image()))).toEqual({
      fact: { kind: 'refused', at: 'registry' },
      log: ['HEAD 2.0 401'],
    })
  })

  it('keeps what one credential found from the other', async () => {
    const { login } = registries
    const right = credential(login.username, login.password)
    const ask = client()
    const kinds = []
    for (const each of [right, credential(login.username, 'wrong'), undefined, right]) {
      kinds.push((await ask(image(), each)).kind)
    }
    expect(kinds).toEqual(['found', 'refused', 'refused', 'found'])
  })
})

describe('a registry with TLS', () => {
  const image = (): string => `${registryTest(registries.tls)}/team/app:2.0`

  it('is not believed where its CA is not known', async () => {
    expect(await seen(registries.tls, () => client(onLoopback)(image()))).toEqual({
      fact: { kind: 'unreachable', detail: 'tls-unknown-ca', host: registryTest(registries.tls) },
      log: [],
    })
  })

  it.each<[string, () => ClientOptions]>([
    ['with its CA', () => ({ ...onLoopback, ca: registries.ca })],
    ['named as insecure', () => ({ ...onLoopback, insecure: [registryTest(registries.tls)] })],
  ])('is read %s', async (_, options) => {
    const { fact, log } = await seen(registries.tls, () => client(options())(image()))
    expect(fact).toEqual(ociSingle(registries.digests['1.0-amd64'], 'amd64'))
    expect(log).toEqual(['HEAD 2.0 200', 'GET manifest 200', 'GET blob 200'])
  })

  it('is read on loopback, as the node does', async () => {
    const ask = client()
    expect((await ask(`${registries.tls.host}/team/app:2.0`)).kind).toBe('found')
  })

  it('must be named as the certificate names it', async () => {
    const options = { ...onLoopback, ca: registries.ca }
    const other = registries.tls.host.replace('127.0.0.1', 'other.test')
    expect(await client(options)(`${other}/team/app:2.0`)).toEqual({
      kind: 'unreachable',
      detail: 'tls-name',
      host: other,
    })
  })

  it('is not there where HTTP is spoken', async () => {
    expect(await client(onLoopback)(`${registryTest(registries.plain)}/team/app:1.0`)).toEqual({
      kind: 'unreachable',
      detail: 'plain-http',
      host: registryTest(registries.plain),
    })
  })

  it('is not needed of a registry that is named as insecure', async () => {
    const insecure = [registryTest(registries.plain)]
    const ask = client({ ...onLoopback, insecure })
    expect((await ask(`${registryTest(registries.plain)}/team/app:1.0`)).kind).toBe('found')
  })
})

describe('a pull-through cache', () => {
  it('has what its upstream has', async () => {
    const { through, plain, digests } = registries
    const cold = await plain.during(() => client()(`${through.host}/team/app:1.0-amd64`))
    expect(cold.result).toEqual(ociSingle(digests['1.0-amd64'], 'amd64'))
    expect(cold.requests.length).toBeGreaterThan(0)
    const warm = await seen(through, () => client()(`${through.host}/team/app:1.0-amd64`))
    expect(warm).toEqual({ fact: cold.result, log: ['HEAD 1.0-amd64 200', 'GET manifest 200', 'GET blob 200'] })
  })

  it.each([
    ['tag', 'team/app:1.2', { kind: 'absent', what: 'manifest' }],
    ['repository', 'team/nothing:1.0', { kind: 'absent' }],
  ])('lacks a %s that its upstream lacks', async (_, image, fact) => {
    expect(await client()(`${registries.through.host}/${image}`)).toMatchObject(fact)
  })
})
