import type { Cause, Finding } from './causes.ts'

// What a registry says to one account and need not say to another.
const SAID_TO_SOMEBODY = new Set<Cause>([
  'manifest-unknown',
  'repository-unknown',
  'credentials-rejected',
  'access-denied',
  'pull-secret-malformed',
  'cached-only',
  'access-unverifiable',
  'access-blocked',
  'pull-secret-absent',
])

/** Whether other pull secrets might have led to another verdict: then those that it rests on must not be old. */
export function restsOnSecrets({ findings }: { readonly findings: readonly Finding[] }): boolean {
  return findings.some(({ cause }) => SAID_TO_SOMEBODY.has(cause))
}
