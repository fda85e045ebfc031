// Registries beside the cluster, under names that the node, its pods and we resolve alike.
import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { push } from '../registry/images.ts'
import type { Login } from '../registry/images.ts'
import { serverPair } from '../support/certificates.ts'
import { startDockerRegistry } from '../support/docker-registry.ts'
import type { DockerRegistry, DockerRegistryOptions } from '../support/docker-registry.ts'
import { startScriptedRegistry } from '../support/scripted-registry.ts'
import type { Script, ScriptedRegistry } from '../support/scripted-registry.ts'
import { labelled } from './images.ts'
import { ADDRESS, HOSTS_FOLDER } from './layout.ts'
import { addNames } from './machine.ts'
import { asLab } from './processes.ts'
import { startTokenService } from './token-service.ts'

export interface Registries {
  /** Asks for no password; holds `team/app:1.0`, which sleeps. */
  readonly plain: Named<DockerRegistry>
  /** Asks for `login`; holds `team/app:2.0`. */
  readonly secret: Named<DockerRegistry> & { readonly login: Login }
  /**
   * Sends its clients to a token service, under another name, for tokens: `login`, which is that of `secret`, may pull anything, nobody
   * in particular what is below `public/`, and a wrong password is refused there. Holds `team/app:2.0` and `public/app:1.0`.
   */
  readonly token: Named<DockerRegistry> & { readonly login: Login }
  /** HTTPS, with a certificate that only `ca`, PEM, vouches for, which the node does not have; holds `team/app:2.0`. */
  readonly tls: Named<DockerRegistry> & { readonly ca: string }
  /** A cache of `plain`. */
  readonly through: Named<DockerRegistry>
  /** Does as the script says; what it holds can be resolved, not run. */
  readonly scripted: Named<ScriptedRegistry>
  /** Nobody listens there. */
  readonly refused: { readonly host: string }
  stop(): Promise<void>
}

export interface Named<Registry> {
  /** As images write it: `plain.lab.test:34797`. */
  readonly host: string
  readonly registry: Registry
}

const names = ['plain', 'secret', 'token', 'tokens', 'tls', 'through', 'scripted', 'refused']

/** All but `tls` speak plain HTTP, which the node is told in hosts.toml. */
export async function startRegistries(script: Script): Promise<Registries> {
  const stops: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0)) await each()
  }
  const start = async (options: DockerRegistryOptions = {}): Promise<DockerRegistry> => {
    const registry = await asLab(() => startDockerRegistry({ ...options, address: ADDRESS }))
    stops.push(() => registry.stop())
    return registry
  }
  const login = { username: 'ann', password: randomUUID() }
  const { ca, ...pair } = await serverPair(['tls.lab.test'])
  try {
    const plain = await start()
    const secret = await start({ login })
    const tokens = await startTokenService({
      address: ADDRESS,
      login,
      publicPrefix: 'public/',
      name: 'tokens.lab.test',
    })
    stops.push(() => tokens.close())
    const token = await start({ token: tokens.trust })
    const tls = await start({ tls: pair })
    const through = await start({ pullsThrough: plain.url })
    const scripted = await startScriptedRegistry(script, undefined, { address: ADDRESS })
    stops.push(() => scripted.close())
    await addNames(
      names.map((name) => `${name}.lab.test`),
      ADDRESS,
    )
    await push(plain, await labelled('plain'), 'team/app:1.0')
    await push(secret, await labelled('secret'), 'team/app:2.0', { login })
    await push(token, await labelled('token'), 'team/app:2.0', { login })
    await push(token, await labelled('public'), 'public/app:1.0', { login })
    await push(tls, await labelled('tls'), 'team/app:2.0')
    return {
      plain: await named('plain', plain),
      secret: { ...(await named('secret', secret)), login },
      token: { ...(await named('token', token)), login },
      tls: { ...(await named('tls', tls, 'https')), ca },
      through: await named('through', through),
      scripted: await named('scripted', scripted),
      // Port 1 is tcpmux's, which nobody has served for decades.
      refused: await named('refused', { host: `${ADDRESS}:1` }),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function named<Registry extends { readonly host: string }>(
  name: string,
  registry: Registry,
  scheme = 'http',
): Promise<Named<Registry>> {
  const host = `${name}.lab.test:${new URL(`http://${registry.host}`).port}`
  await writeHostsFile(host, `server = "${scheme}://${host}"\n`)
  return { host, registry }
}

/** The hosts.toml of a host; the node reads it at its next pull. */
export async function writeHostsFile(host: string, text: string): Promise<void> {
  await mkdir(join(HOSTS_FOLDER, host), { recursive: true })
  await writeFile(join(HOSTS_FOLDER, host, 'hosts.toml'), text)
}
