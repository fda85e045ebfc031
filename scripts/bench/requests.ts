import type { Credential } from '../../src/engine/credentials/index.ts'
import { Secret } from '../../src/base/secret.ts'
import { parseReference } from '../../src/engine/reference/index.ts'
import type { Reference } from '../../src/engine/reference/index.ts'
import { startRegistry } from '../../src/edges/demo/index.ts'
import type { Contents, RunningRegistry } from '../../src/edges/demo/index.ts'
import { createRegistryClient } from '../../src/edges/registry/index.ts'

const HOSTS = [
  { platform: { os: 'linux', architecture: 'amd64' }, runtime: { name: 'containerd', version: '2.1.4' } },
] as const
const WORKLOADS = 200
const IMAGES = 40

/** What each case costs, in requests that the registry logged. */
export async function benchRequests(): Promise<readonly (readonly [string, number])[]> {
  const rows: [string, number][] = []
  let now = Date.now()
  const registry = await startRegistry({ contents: contents() })
  const client = connect(registry, () => now)
  const credential: Credential = { username: 'ci', password: new Secret('right'), source: 'regcred', key: 'bench' }
  async function row(what: string, ask: () => Promise<unknown>): Promise<void> {
    registry.reset()
    await ask()
    rows.push([what, registry.requests().length])
  }
  const look = async (image: string, as?: Credential): Promise<void> => {
    const fact = await client.ask(
      { reference: reference(image), credential: as, hosts: HOSTS },
      AbortSignal.timeout(20_000),
    )
    if (fact.kind !== 'found') throw new Error(`bench: ${image} is ${fact.kind}`)
  }
  await row('public index, cold: nothing known of the host', () => look('bench/public0:v1'))
  await row('public index, known challenge: another repository of that host', () => look('bench/public1:v1'))
  await row('the same tag again, within a minute', () => look('bench/public1:v1'))
  now += 61_000
  await row('the same tag again, after a minute (its token has not expired)', () => look('bench/public1:v1'))
  await row('private single manifest, known challenge, first sight', () => look('bench/private:v1', credential))
  await row('private single manifest, by another secret with the same content', () =>
    look('bench/private:v1', { ...credential, source: 'other' }),
  )
  await row(`${WORKLOADS} workloads over ${IMAGES} images, all at once, known challenge`, () =>
    Promise.all(Array.from({ length: WORKLOADS }, (_, index) => look(`bench/public${2 + (index % IMAGES)}:v1`))),
  )
  await client.close()
  await registry.close()
  return rows
}

function connect(registry: RunningRegistry, now: () => number): ReturnType<typeof createRegistryClient> {
  const endpoint = { url: `${registry.url}/v2`, resolve: true, pull: true, skipVerify: false, headers: {} }
  return createRegistryClient({ endpointsFor: () => Promise.resolve([endpoint]), now })
}

function contents(): Contents {
  const index = { kind: 'index', platforms: ['linux/amd64', 'linux/arm64'], attested: true } as const
  const single = { kind: 'single', platform: 'linux/amd64' } as const
  const open = Array.from(
    { length: IMAGES + 2 },
    (_, at) => [`bench/public${at}`, { access: 'public', tags: { v1: index } }] as const,
  )
  return {
    users: { ci: 'right' },
    repositories: { ...Object.fromEntries(open), 'bench/private': { access: 'private', tags: { v1: single } } },
  }
}

function reference(image: string): Reference {
  const parsed = parseReference(`registry.bench.test/${image}`)
  if (parsed.kind === 'invalid') throw new Error(parsed.error)
  return parsed.reference
}
