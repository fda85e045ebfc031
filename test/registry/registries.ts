// Four real registries, and what they hold.
import { makeCertificates } from '../../src/edges/certificates/index.ts'
import { canary } from '../support/canary.ts'
import { startDockerRegistry } from '../support/docker-registry.ts'
import type { DockerRegistry } from '../support/docker-registry.ts'
import { readDigests, push, pushIndex, withImages } from './images.ts'
import type { Digests, Login } from './images.ts'

/**
 * `plain` holds `team/app` with the tags 1.0 (an index of 1.0-amd64 and 1.0-arm64), 1.1 (Docker's own format) and latest.
 * The others hold `team/app:2.0`, a single image for linux/amd64; `through` holds nothing, and is a cache of `plain`.
 */
export interface Registries {
  readonly plain: DockerRegistry
  /** Asks for `login`. */
  readonly secret: DockerRegistry
  /** HTTPS, with a certificate for `registry.test` that only `ca` vouches for. */
  readonly tls: DockerRegistry
  readonly through: DockerRegistry
  readonly ca: string
  readonly login: Login
  /** What `plain` answered to crane, by tag. */
  readonly digests: Digests
  stop(): Promise<void>
}

export async function startRegistries(): Promise<Registries> {
  const login = { username: canary.username, password: canary.password }
  const wishes = { commonName: 'registry.test', dnsNames: ['registry.test'], ipAddresses: ['127.0.0.1'], days: 2 }
  const { ca, cert, key } = await makeCertificates(wishes)
  const started: DockerRegistry[] = []
  const start = async (...options: Parameters<typeof startDockerRegistry>): Promise<DockerRegistry> => {
    const registry = await startDockerRegistry(...options)
    started.push(registry)
    return registry
  }
  const stop = async (): Promise<void> => {
    for (const registry of started) await registry.stop()
  }
  try {
    const plain = await start()
    const secret = await start({ login })
    const tls = await start({ tls: { cert, key } })
    const through = await start({ pullsThrough: plain.url })
    await withImages(async (layout) => {
      await push(plain, `${layout}:amd64`, 'team/app:1.0-amd64')
      await push(plain, `${layout}:arm64`, 'team/app:1.0-arm64')
      await push(plain, `${layout}:amd64`, 'team/app:1.1', { format: 'v2s2' })
      await push(plain, `${layout}:amd64`, 'team/app:latest')
      await pushIndex(plain, ['team/app:1.0-amd64', 'team/app:1.0-arm64'], 'team/app:1.0')
      await push(secret, `${layout}:amd64`, 'team/app:2.0', { login })
      await push(tls, `${layout}:amd64`, 'team/app:2.0')
    })
    const digests = await readDigests(plain, 'team/app')
    return { plain, secret, tls, through, ca, login, digests, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
