export { defaultPolicy, levels } from './config.ts'
export type { Level, PolicyConfig } from './config.ts'
export { asksRegistry, decide, levelsOf } from './decide.ts'
export type { Decided, DecidedFinding, DecidedImage, PolicyContext } from './decide.ts'
