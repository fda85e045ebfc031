export { createRegistryClient } from './client.ts'
export type { RegistryClient } from './client.ts'
export { defaultLimits } from './options.ts'
export type { Endpoint, Exchange, Limits, RegistryOptions, ResolveHost } from './options.ts'
