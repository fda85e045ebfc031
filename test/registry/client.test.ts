// Our client against real registries: what it finds out, and what it asks for that, by the registry's own log.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../src/base/secret.ts'
import { createRegistryClient } from '../../src/edges/registry/index.ts'
import type { Credential } from '../../src/engine/credentials/index.ts'
import type { Host } from '../../src/engine/platform/index.ts'
import { parseReference } from '../../src/engine/reference/index.ts'
import type { Reference } from '../../src/engine/reference/index.ts'
import type { ImageFact } from '../../src/engine/verdict/index.ts'
import { startDockerRegistry } from '../support/docker-registry.ts'
import type { DockerRegistry } from '../support/docker-registry.ts'
import { runTool } from '../support/tools.ts'
import { startRegistries } from './registries.ts'
import type { Registries } from './registries.ts'

const OCI = 'application/vnd.oci.image'
const DOCKER = 'application/vnd.docker'
const ABSENT = `sha256:${'0'.repeat(64)}`

type ClientOptions = Parameters<typeof createRegistryClient>[0]

let registries: Registries
let clients: { close(): Promise<void> }[] = []

beforeAll(async () => {
  registries = await startRegistries()
})

afterEach(async () => {
  for (const client of clients) await client.close()
  clients = []
})

afterAll(async () => {
  await registries.stop()
})

function reference(image: string): Reference {
  const parsed = parseReference(image)
  if (parsed.kind === 'invalid') throw new Error(parsed.error)
  return parsed.reference
}

function host(architecture: string): Host {
  return { platform: { os: 'linux', architecture }, runtime: { name: 'containerd', version: '2.3.4' } }
}

function credential(password: string, username = registries.login.username): Credential {
  return { username, password: new Secret(password), source: 'regcred', key: registries.secret.host }
}

/** `registry.test` is no loopback name, so no loopback rule helps it; it is on loopback all the same. */
const onLoopback: ClientOptions = { resolveHost: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]) }

function registryTest(registry: DockerRegistry): string {
  return registry.host.replace('127.0.0.1', 'registry.test')
}

interface Asked {
  readonly options?: ClientOptions
  readonly credential?: Credential
  readonly hosts?: readonly Host[]
}

type Ask = (image: string) => Promise<ImageFact>

function client(asked: Asked = {}): Ask {
  const made = createRegistryClient(asked.options ?? {})
  clients.push(made)
  const { hosts = [host('amd64')] } = asked
  return (image) =>
    made.ask({ reference: reference(image), credential: asked.credential, hosts }, AbortSignal.timeout(10_000))
}

/** What is found, and the registry's log of it: `HEAD 1.0 200`. */
async function seen(
  registry: DockerRegistry,
  ask: () => Promise<ImageFact>,
): Promise<{ fact: ImageFact; log: string[] }> {
  const { result, requests } = await registry.during(ask)
  return { fact: result, log: requests.map(({ method, path, status }) => `${method} ${short(path)} ${status}`) }
}

/** `1.0` of `/v2/team/app/manifests/1.0`, `manifest` where that is a digest. */
function short(path: string): string {
  const [, kind = '', rest = ''] = /\/(manifests|blobs|tags)\/([^?]+)/.exec(path) ?? []
  if (kind === 'tags') return 'tags'
  return rest.startsWith('sha256:') ? kind.slice(0, -1) : rest
}

/** A single image for linux as these tools make it. */
function single(digest: unknown, architecture: string, config: string, layer: string): ImageFact {
  return {
    kind: 'found',
    digest: digest as string,
    document: { kind: 'manifest', configType: config, layerTypes: [layer], config: { os: 'linux', architecture } },
  }
}

function ociSingle(digest: unknown, architecture: string): ImageFact {
  return single(digest, architecture, `${OCI}.config.v1+json`, `${OCI}.layer.v1.tar+gzip`)
}

describe('a plain registry', () => {
  it.each(['amd64', 'arm64'])('finds an index, and in it the image of a node of %s', async (architecture) => {
    const { plain, digests } = registries
    const ask = client({ hosts: [host(architecture)] })
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
    const ask = client({ credential: credential(login.password) })
    const { fact, log } = await seen(secret, () => ask(image()))
    expect(fact).toEqual(ociSingle(digests['1.0-amd64'], 'amd64'))
    expect(log).toEqual(['HEAD 2.0 401', 'HEAD 2.0 200', 'GET manifest 200', 'GET blob 200'])
  })

  it.each([
    ['a wrong one', 'wrong', 'ci-user'],
    ['an unknown user', 'wrong', 'nobody'],
    ['the right one with a newline after it', 'ci-password-of-the-test\n', 'ci-user'],
  ])('refuses %s at login', async (_, password, username) => {
    const ask = client({ credential: credential(password, username) })
    const { fact, log } = await seen(registries.secret, () => ask(image()))
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
    const made = createRegistryClient({})
    clients.push(made)
    const ask = (password: string | undefined): Promise<ImageFact> =>
      made.ask(
        {
          reference: reference(image()),
          credential: password === undefined ? undefined : credential(password),
          hosts: [],
        },
        AbortSignal.timeout(10_000),
      )
    const kinds = []
    for (const password of [registries.login.password, 'wrong', undefined, registries.login.password]) {
      kinds.push((await ask(password)).kind)
    }
    expect(kinds).toEqual(['found', 'refused', 'refused', 'found'])
  })
})

describe('a registry with TLS', () => {
  const image = (): string => `${registryTest(registries.tls)}/team/app:2.0`

  it('is not believed where its CA is not known', async () => {
    expect(await seen(registries.tls, () => client({ options: onLoopback })(image()))).toEqual({
      fact: { kind: 'unreachable', detail: 'tls-unknown-ca', host: registryTest(registries.tls) },
      log: [],
    })
  })

  it.each<[string, () => ClientOptions]>([
    ['with its CA', () => ({ ...onLoopback, ca: registries.ca })],
    ['named as insecure', () => ({ ...onLoopback, insecure: [registryTest(registries.tls)] })],
  ])('is read %s', async (_, options) => {
    const { fact, log } = await seen(registries.tls, () => client({ options: options() })(image()))
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
    expect(await client({ options })(`${other}/team/app:2.0`)).toEqual({
      kind: 'unreachable',
      detail: 'tls-name',
      host: other,
    })
  })

  it('is not there where HTTP is spoken', async () => {
    expect(await client({ options: onLoopback })(`${registryTest(registries.plain)}/team/app:1.0`)).toEqual({
      kind: 'unreachable',
      detail: 'plain-http',
      host: registryTest(registries.plain),
    })
  })

  it('is not needed of a registry that is named as insecure', async () => {
    const insecure = [registryTest(registries.plain)]
    const ask = client({ options: { ...onLoopback, insecure } })
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
