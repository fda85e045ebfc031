import type { Command } from './config.ts'
import { optionsOf, variableOf } from './options.ts'
import type { Option } from './options.ts'
import { misuse, set } from './setting.ts'
import type { Layer, Misuse } from './setting.ts'

export type Environment = Readonly<Record<string, string | undefined>>

// Kubernetes gives a pod `PULLABLE_PORT=tcp://10.0.0.7:443` where its namespace has a Service named `pullable`.
const SERVICE_LINK = /^(tcp|udp|sctp):\/\//

/** The `PULLABLE_*` variables of a command; an empty one is as none. */
export function readEnvironment(command: Command, env: Environment): { kind: 'variables'; layer: Layer } | Misuse {
  const layer: Layer = new Map<Option, unknown>()
  for (const option of optionsOf(command)) {
    const variable = variableOf(option)
    const text = variable === undefined ? undefined : env[variable]
    if (variable === undefined || text === undefined || text === '' || SERVICE_LINK.test(text)) continue
    const problem = set(layer, option, text, variable)
    if (problem !== undefined) return misuse(problem)
  }
  return { kind: 'variables', layer }
}
