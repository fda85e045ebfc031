export type * from './reference.ts'
