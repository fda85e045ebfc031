// The registries of all scenarios, under names that the node and we resolve alike.
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import type { Lab } from '../lab/cluster.ts'
import { NODE } from '../lab/layout.ts'
import { serverPair } from '../support/certificates.ts'
import { startMute } from '../support/mute-server.ts'
import { buildImage } from '../support/scripted-images.ts'
import type { BuiltImage, Making } from '../support/scripted-images.ts'
import { startScriptedRegistry } from '../support/scripted-registry.ts'
import type { ScriptedRegistry } from '../support/scripted-registry.ts'
import type { Server } from '../support/scripted-schema.ts'
import { createPlaces } from './places.ts'
import type { Places } from './places.ts'
import type { Scenario } from './schema.ts'

/** The server of this name is docker.io's, which scenarios share. */
const HUB = 'HUB'
const HUB_NAME = 'hub.lab.test'

/** Of a scenario with one server. */
const SHORT = { PORT: 'HOST_PORT', CA: 'HOST_CA' }

/** A scenario with its servers up. */
export interface Staged {
  readonly scenario: Scenario
  readonly places: Places
  readonly images: ReadonlyMap<string, BuiltImage>
  /** Puts the scripts of `later` in the place of the first. */
  later(): void
  /** Forgets what was used up of scripts. */
  reset(): void
}

export interface Stage {
  readonly staged: readonly Staged[]
  close(): Promise<void>
}

/** Starts them, and writes the hosts.toml of each. `folder` gets their authorities. */
export async function stage(scenarios: readonly Scenario[], lab: Lab, folder: string): Promise<Stage> {
  const closes: (() => Promise<void>)[] = []
  const hub = new Map<string, ScriptedRegistry>()
  const hubPort = await startHub(hub, closes)
  const hubHost = `${HUB_NAME}:${String(hubPort)}`
  const files = new Map([['docker.io', `server = "http://${hubHost}"\n`]])
  const names = [HUB_NAME]
  const staged: Staged[] = []
  for (const scenario of scenarios) {
    try {
      staged.push(await stageOne(scenario, { lab, folder, hub, hubHost, files, names, closes }))
    } catch (error) {
      throw new Error(`${scenario.name}: ${String(error)}`, { cause: error })
    }
  }
  for (const [host, text] of files) if (text !== '') await lab.writeHostsFile(host, text)
  await lab.addNames(names)
  return {
    staged,
    async close() {
      await Promise.all(closes.map((close) => close()))
    },
  }
}

interface Staging {
  readonly lab: Lab
  readonly folder: string
  readonly hub: Map<string, ScriptedRegistry>
  readonly hubHost: string
  /** hosts.toml by host. */
  readonly files: Map<string, string>
  /** For /etc/hosts. */
  readonly names: string[]
  readonly closes: (() => Promise<void>)[]
}

async function stageOne(scenario: Scenario, staging: Staging): Promise<Staged> {
  const making: Making = { runnable: staging.lab.runnable, seed: scenario.name }
  const servers: Readonly<Record<string, Server>> = {
    ...(scenario.server === undefined ? {} : { HOST: scenario.server }),
    ...scenario.servers,
  }
  const registries = new Map<string, ScriptedRegistry>()
  const values = labValues(staging.lab)
  const own = new Set<string>()
  for (const [key, server] of Object.entries(servers)) {
    const name = key === HUB ? HUB_NAME : `${key.toLowerCase()}-${scenario.name}.lab.test`
    if (key !== HUB) staging.names.push(name)
    const { host, origin, registry, close, ca } = await start(server, name, making)
    staging.closes.push(close)
    if (registry !== undefined) registries.set(key, registry)
    if (key === HUB && registry !== undefined) staging.hub.set(scenario.name, registry)
    const [, port = ''] = (key === HUB ? staging.hubHost : host).split(':')
    const file = join(staging.folder, `${name}.crt`)
    values.set(key, key === HUB ? staging.hubHost : host).set(`${key}_NAME`, name)
    values.set(`${key}_PORT`, port).set(`${key}_CA`, file)
    if (ca !== undefined) await mkdir(dirname(file), { recursive: true }).then(() => writeFile(file, ca))
    if (key === HUB) continue
    staging.files.set(host, `server = "${origin}"\n`)
    own.add(host)
  }
  const images = new Map<string, BuiltImage>()
  for (const server of [...Object.values(scenario.later ?? {}), ...Object.values(servers)]) {
    for (const [name, image] of Object.entries(server.images ?? {})) images.set(name, buildImage(image, making))
  }
  for (const [short, long] of Object.entries(SHORT)) {
    const value = values.get(long)
    if (value !== undefined) values.set(short, value)
  }
  const places = createPlaces(values, (name) => images.get(name ?? [...images.keys()][0] ?? ''))
  const script = (server: Server): Server => {
    const { images: same, auth, ...rest } = server
    return {
      ...places.placeAll(rest),
      ...(same === undefined ? {} : { images: same }),
      ...(auth === undefined ? {} : { auth: places.placeAll(auth) }),
    }
  }
  for (const [key, registry] of registries) registry.replace(script(servers[key] ?? {}))
  for (const [file, text] of Object.entries(scenario.files ?? {})) {
    const host = places.place(file).split('/')[1] ?? ''
    if (staging.files.has(host) && !own.has(host)) throw new Error(`another scenario has ${file}`)
    staging.files.set(host, places.place(text))
  }
  return {
    scenario,
    places,
    images,
    later() {
      for (const [key, server] of Object.entries(scenario.later ?? {})) {
        registries.get(key)?.replace(script(server))
      }
    },
    reset() {
      for (const registry of registries.values()) registry.forget()
    },
  }
}

function labValues({ registries }: Lab): Map<string, string> {
  const { plain, secret, token, tls, through, refused } = registries
  const values = Object.entries({ plain, secret, token, tls, through, refused })
  return new Map([
    ...values.map(([name, { host }]): [string, string] => [name.toUpperCase(), host]),
    ['NODE', NODE],
    ['USER', secret.login.username],
    ['PASSWORD', secret.login.password],
  ])
}

interface StartedServer {
  readonly host: string
  readonly origin: string
  readonly registry?: ScriptedRegistry
  /** PEM. */
  readonly ca?: string
  readonly close: () => Promise<void>
}

async function start({ tls, instead }: Server, name: string, making: Making): Promise<StartedServer> {
  if (instead !== undefined) {
    const mute = await startMute(instead)
    const host = `${name}:${mute.host.split(':')[1] ?? ''}`
    return { host, origin: `http://${host}`, close: () => mute.close() }
  }
  const names = tls === 'another-name' ? ['another.test'] : [name]
  const pair = tls === undefined ? undefined : await serverPair(names, tls === 'expired' ? -2 : 2)
  const registry = await startScriptedRegistry({}, pair, { name, making })
  const { host, origin } = registry
  return { host, origin, registry, close: () => registry.close(), ...(pair === undefined ? {} : { ca: pair.ca }) }
}

/** One front for all of them: the first or second part of a repository says whose it is. */
async function startHub(hub: ReadonlyMap<string, ScriptedRegistry>, closes: (() => Promise<void>)[]): Promise<number> {
  const server = createServer((request, response) => {
    // /v2/FIRST/SECOND/...
    const [, , first = '', second = ''] = (request.url ?? '').split('/')
    const registry = hub.get(first === 'library' ? second : first)
    if (registry === undefined) response.writeHead(404).end()
    else registry.answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closes.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}
