export { defaultPolicy, levels } from './config.ts'
export type { Level, PolicyConfig } from './config.ts'
