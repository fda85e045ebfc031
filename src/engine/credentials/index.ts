export type * from './credential.ts'
