import { stat } from 'node:fs/promises'
import { printable } from '../base/text.ts'
import type { AskImage } from '../engine/review/index.ts'
import type { Config } from '../edges/config/index.ts'
import { hostsDirectory } from '../edges/node-files/index.ts'
import { createRegistryClient } from '../edges/registry/index.ts'
import type { RegistryOptions } from '../edges/registry/index.ts'
import { CommandError } from './io.ts'
import { readText } from './read-text.ts'

export interface RegistriesIo {
  readonly warn: (message: string) => void
  readonly observe?: RegistryOptions['observe']
  readonly loopback?: RegistryOptions['loopback']
  readonly proxyFor: RegistryOptions['proxyFor'] | undefined
}

/** The registry edge, as the configuration wants it. */
export async function connectRegistries(
  config: Config,
  io: RegistriesIo,
): Promise<{ readonly ask: AskImage; close(): Promise<void> }> {
  const { insecure, allowAddresses, caFile } = config.registries
  const { hostsDir } = config.nodes
  if (hostsDir !== undefined) await mustBeDirectory('--hosts-dir', hostsDir)
  const options: RegistryOptions = {
    insecure,
    allowAddresses,
    ...(caFile === undefined ? {} : { ca: await readCa(caFile) }),
    ...(hostsDir === undefined ? {} : { endpointsFor: hostsDirectory(hostsDir, { warn: io.warn }) }),
    ...(io.observe === undefined ? {} : { observe: io.observe }),
    ...(io.loopback === undefined ? {} : { loopback: io.loopback }),
    ...(io.proxyFor === undefined ? {} : { proxyFor: io.proxyFor }),
  }
  try {
    return createRegistryClient(options)
  } catch (error) {
    if (error instanceof RangeError) throw new CommandError(`registries.allowAddresses: ${printable(error.message)}`)
    throw error
  }
}

async function readCa(path: string): Promise<string> {
  const pem = await readText('--ca-file', path)
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem
  throw new CommandError(`--ca-file: ${printable(path, 1024)} holds no PEM certificate`)
}

async function mustBeDirectory(flag: string, path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory() !== true) throw new CommandError(`${flag}: there is no directory ${printable(path, 1024)}`)
}
