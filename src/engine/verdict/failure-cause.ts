import type { Cause } from './causes.ts'
import { outcomeOf } from './causes.ts'
import type { Failure } from './facts.ts'

export interface FailureCause {
  readonly cause: Cause
  readonly detail: string | undefined
  readonly outcome: 'failing' | 'undetermined'
}

/** The cause of a registry's answer by itself, before pull secrets and node credentials are weighed. */
export function causeOfFailure(failure: Failure): FailureCause {
  const [cause, detail] = named(failure)
  return { cause, detail, outcome: outcomeOf(cause) ?? 'undetermined' }
}

function named(failure: Failure): readonly [Cause, string | undefined] {
  switch (failure.kind) {
    case 'absent':
      return [failure.what === 'repository' ? 'repository-unknown' : 'manifest-unknown', undefined]
    case 'refused':
      return [failure.at === 'login' ? 'credentials-rejected' : 'access-denied', failure.detail]
    case 'blocked':
      return ['access-blocked', failure.detail]
    case 'throttled':
      return ['rate-limited', undefined]
    case 'unreachable':
      return ['registry-unreachable', failure.detail]
    case 'unfollowed':
      return ['registry-unreachable', `unsafe-${failure.detail === 'loopback' ? 'address' : failure.detail}`]
    case 'faulty':
      return ['registry-error', failure.detail]
    case 'invalid':
      return ['manifest-invalid', failure.detail]
    case 'unasked':
      return ['view-incomplete', failure.detail]
    case 'out-of-time':
      return ['deadline', undefined]
  }
}

/** What leaves it open whether a node could pull. */
export function isUndetermined(failure: Failure): boolean {
  return causeOfFailure(failure).outcome === 'undetermined'
}

const FAILURES: Readonly<Record<Failure['kind'], true>> = {
  absent: true,
  refused: true,
  blocked: true,
  throttled: true,
  unreachable: true,
  faulty: true,
  invalid: true,
  unfollowed: true,
  unasked: true,
  'out-of-time': true,
}

/** Tells a failure from what was asked for. */
export function isFailure(value: object): value is Failure {
  return 'kind' in value && typeof value.kind === 'string' && Object.hasOwn(FAILURES, value.kind)
}
