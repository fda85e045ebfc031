import { readProxies } from '../edges/config/index.ts'
import type { ProxyFor } from '../edges/config/index.ts'
import { CommandError } from './io.ts'
import type { Io } from './io.ts'

/** The proxies that the environment names. Throws a CommandError that names the variable which is malformed. */
export function proxiesOf(env: Io['env']): ProxyFor | undefined {
  const read = readProxies(env)
  if (read.kind === 'misuse') throw new CommandError(read.message)
  return read.proxyFor
}
