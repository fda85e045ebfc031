// Registries beside the cluster, under names that the node and we resolve alike.
import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { push } from '../registry/images.ts'
import type { Login } from '../registry/images.ts'
import { startDockerRegistry } from '../support/docker-registry.ts'
import type { DockerRegistry } from '../support/docker-registry.ts'
import { startScriptedRegistry } from '../support/scripted-registry.ts'
import type { Script, ScriptedRegistry } from '../support/scripted-registry.ts'
import { IMAGE } from './images.ts'
import { HOSTS_FOLDER } from './layout.ts'
import { addNames } from './machine.ts'
import { asLab } from './processes.ts'

export interface Registries {
  /** Asks for no password; holds `team/app:1.0`, which sleeps. */
  readonly plain: Named<DockerRegistry>
  /** Asks for `login`; holds `team/app:2.0`. */
  readonly secret: Named<DockerRegistry> & { readonly login: Login }
  /** Does as the script says; what it holds can be resolved, not run. */
  readonly scripted: Named<ScriptedRegistry>
  stop(): Promise<void>
}

export interface Named<Registry> {
  /** As images write it: `plain.lab.test:34797`. */
  readonly host: string
  readonly registry: Registry
}

/** All speak plain HTTP, which the node is told in hosts.toml. */
export async function startRegistries(script: Script): Promise<Registries> {
  const stops: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0)) await each()
  }
  const login = { username: 'ann', password: randomUUID() }
  try {
    await addNames(['plain.lab.test', 'secret.lab.test', 'scripted.lab.test'])
    const plain = await asLab(() => startDockerRegistry())
    stops.push(() => plain.stop())
    const secret = await asLab(() => startDockerRegistry({ login }))
    stops.push(() => secret.stop())
    const scripted = await startScriptedRegistry(script)
    stops.push(() => scripted.close())
    await push(plain, IMAGE, 'team/app:1.0')
    await push(secret, IMAGE, 'team/app:2.0', { login })
    return {
      plain: await named('plain.lab.test', plain),
      secret: { ...(await named('secret.lab.test', secret)), login },
      scripted: await named('scripted.lab.test', scripted),
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
): Promise<Named<Registry>> {
  const host = `${name}:${new URL(`http://${registry.host}`).port}`
  await writeHostsFile(host, `server = "http://${host}"\n`)
  return { host, registry }
}

/** The hosts.toml of a host; the node reads it at its next pull. */
export async function writeHostsFile(host: string, text: string): Promise<void> {
  await mkdir(join(HOSTS_FOLDER, host), { recursive: true })
  await writeFile(join(HOSTS_FOLDER, host, 'hosts.toml'), text)
}
