export { defaultPullPolicy, hostAssumed, imageSentToCri, pulledName, registryHost, registryPath } from './names.ts'
export { parseReference } from './parse.ts'
export type * from './reference.ts'
