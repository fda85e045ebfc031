import { readFile, stat } from 'node:fs/promises'
import { printable } from '../base/text.ts'
import type { AskImage } from '../engine/review/index.ts'
import type { Config } from '../edges/config/index.ts'
import { hostsDirectory } from '../edges/node-files/index.ts'
import { createRegistryClient } from '../edges/registry/index.ts'
import type { RegistryOptions } from '../edges/registry/index.ts'
import { CommandError } from './io.ts'

export interface RegistriesIo {
  readonly warn: (message: string) => void
  readonly observe?: RegistryOptions['observe']
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
  }
  try {
    return createRegistryClient(options)
  } catch (error) {
    if (error instanceof RangeError) throw new CommandError(`registries.allowAddresses: ${printable(error.message)}`)
    throw error
  }
}

async function readCa(path: string): Promise<string> {
  try {
    const pem = await readFile(path, 'utf8')
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem
  } catch (error) {
    throw new CommandError(
      `--ca-file: cannot read ${printable(path, 1024)}: ${error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'}`,
    )
  }
  throw new CommandError(`--ca-file: ${printable(path, 1024)} holds no PEM certificate`)
}

async function mustBeDirectory(flag: string, path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory() !== true) throw new CommandError(`${flag}: there is no directory ${printable(path, 1024)}`)
}
