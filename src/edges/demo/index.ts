export { demoContents } from './contents.ts'
export type { Contents, Image, RegistryFailure, Repository } from './contents.ts'
export { startRegistry } from './registry.ts'
export type { LoggedRequest, RunningRegistry } from './registry.ts'
