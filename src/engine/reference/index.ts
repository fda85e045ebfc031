export { defaultPullPolicy, hostAssumed, imageSentToCri, pulledName, registryHost } from './names.ts'
export { parseReference } from './parse.ts'
export type * from './reference.ts'
