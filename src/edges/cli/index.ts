export { EXIT, runCheck } from './check.ts'
export type { CheckOutput, CheckTask, InputObject, InputProblem } from './check.ts'
export { styleFor, wantsColour } from './terminal.ts'
export type { Terminal } from './terminal.ts'
