export { isImageConfig } from './artifact.ts'
export { advice, causeKeys, details, noteMeanings } from './advice.ts'
export { causeNames, causes, fullName, outcomeOf } from './causes.ts'
export type { Cause, CauseRow, Decision, Finding, Note, NoteCode, Outcome } from './causes.ts'
export type {
  AccountEvidence,
  Answer,
  ImageEvidence,
  Landing,
  NearMiss,
  PodEvidence,
  Running,
  SecretEvidence,
  Subject,
} from './evidence.ts'
export { isFailure, isUndetermined } from './failure-cause.ts'
export { cannotRun } from './judgement.ts'
export { judgeImage, notJudged } from './judge.ts'
export type { ImageVerdict, Resolved } from './judge.ts'
export type * from './facts.ts'
export { restsOnSecrets } from './rests-on-secrets.ts'
