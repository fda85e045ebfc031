import type { Cause } from '../verdict/index.ts'
import type { ForecastRow, Totals } from './totals.ts'
import { sumOf } from './totals.ts'

/** Whether to enforce, by what was learned. */
export type Answer =
  /** All that would have been denied failed to start. */
  | 'safe'
  /** Some started: nodes know more than was configured. */
  | 'wrong'
  /** None is known to be wrong, but some started from what their nodes had: had they been denied, they would not run. */
  | 'unproved'
  /** Too few pods were judged, or of most nobody saw what became of them. */
  | 'too-few'

/** What to configure for one registry before enforcing. */
export interface Advice {
  readonly host: string
  readonly cause: string
  /** Images that started. */
  readonly wrong: number
  readonly fix: string
}

export function answerOf({ judged, pods }: Totals, least: number): Answer {
  if (pods.wrong > 0) return 'wrong'
  if (pods.unproved > 0) return 'unproved'
  return judged < least || pods.unknown > pods.right ? 'too-few' : 'safe'
}

/** Where nodes know more, the most often first. */
export function adviceOf({ rows }: Totals): readonly Advice[] {
  return rows
    .filter(({ results }) => results.wrong > 0)
    .map((row) => ({ host: row.host, cause: row.cause, wrong: row.results.wrong, fix: fixOf(row) }))
    .sort((a, b) => b.wrong - a.wrong || (a.host < b.host ? -1 : 1))
}

function fixOf({ cause, host }: ForecastRow): string {
  switch (cause as Cause) {
    case 'access-denied':
    case 'credentials-rejected':
    case 'access-unverifiable':
      return `its nodes hold credentials for it: add ${host} to nodes.credentials`
    case 'manifest-unknown':
    case 'repository-unknown':
    case 'manifest-invalid':
    case 'registry-unreachable':
    case 'registry-error':
    case 'rate-limited':
      return 'its nodes have a mirror of it: give their certs.d as nodes.hostsDir'
    case 'never-pull-absent':
      return 'its images are put on nodes by other means: set causes.never-pull-absent to warn'
    case 'platform-mismatch':
    case 'platform-none':
    case 'platform-partial':
    case 'manifest-unsupported':
      return `its images run where they should not: set causes.${cause} to warn, or label their namespaces pullable.dev/exempt-${cause}`
    default:
      return `see the log for what was believed; until it is clear, set causes.${cause} to warn`
  }
}

/** Pods that would have been denied. */
export function deniedIn({ pods }: Totals): number {
  return sumOf(pods)
}
