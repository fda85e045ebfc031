export type * from './facts.ts'
export { causeNames, causes, outcomeOf } from './causes.ts'
export type { Cause, CauseRow, Decision, Finding, Note, NoteCode, Outcome } from './causes.ts'
