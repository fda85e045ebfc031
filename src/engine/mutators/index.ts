export { findRewriter } from './find-rewriter.ts'
export type { PodsToCome } from './find-rewriter.ts'
export { boundPolicies, readBinding, readPolicy, readWebhooks } from './mutator.ts'
export type { Mutator, Reach } from './mutator.ts'
