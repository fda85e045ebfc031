import type { Api, Lost } from './api.ts'
import { MAX_PAGE } from './options.ts'
import type { ClusterLimits, MutatorResource } from './options.ts'
import { readPage } from './read-objects.ts'

export type Watchable = 'nodes' | 'namespaces' | MutatorResource

/** A list or a watch that did not go well. `anew`: what was read before is no ground to go on from. */
export type Setback =
  /** What the server remembers does not go so far back: a new list is needed. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'too-large' }
  | (Lost & { readonly anew: boolean; readonly retryAfterMs?: number | undefined })

export const EXPIRED = 410

/** A node brings the names of its images along: some 20 KB or more of JSON; a webhook its certificate authorities. */
const PAGE: Readonly<Record<Watchable, number>> = {
  nodes: 100,
  namespaces: 500,
  mutatingwebhookconfigurations: 100,
  mutatingadmissionpolicies: 100,
  mutatingadmissionpolicybindings: 100,
}

const ADMISSION = '/apis/admissionregistration.k8s.io'

/** The newest first. Mutating policies are of Kubernetes 1.36, as a beta that is off by default of 1.34. */
const PATHS: Readonly<Record<Watchable, readonly [string, ...string[]]>> = {
  nodes: ['/api/v1/nodes'],
  namespaces: ['/api/v1/namespaces'],
  mutatingwebhookconfigurations: [`${ADMISSION}/v1/mutatingwebhookconfigurations`],
  mutatingadmissionpolicies: [
    `${ADMISSION}/v1/mutatingadmissionpolicies`,
    `${ADMISSION}/v1beta1/mutatingadmissionpolicies`,
  ],
  mutatingadmissionpolicybindings: [
    `${ADMISSION}/v1/mutatingadmissionpolicybindings`,
    `${ADMISSION}/v1beta1/mutatingadmissionpolicybindings`,
  ],
}

export interface Listed {
  readonly kind: 'listed'
  readonly version: string
  /** Where it is served. */
  readonly path: string
}

/** The server has no such resource, and so no object of it. */
export interface Unserved {
  readonly kind: 'unserved'
}

/**
 * Lists all of a resource, as of one moment (API Concepts, "Retrieving large results sets in chunks"): without a resource version,
 * so that it never goes back in time, which of a list out of a cache nobody promises.
 */
export async function listAll(
  resource: Watchable,
  take: (items: readonly unknown[]) => void,
  api: Api,
  limits: ClusterLimits,
  signal: AbortSignal,
): Promise<Listed | Unserved | Setback> {
  const paths = PATHS[resource]
  for (const path of paths) {
    const listed = await listAt({ resource, path }, take, api, limits, signal)
    // Only of what not every server has a 404 is an answer.
    if (listed !== 'not-found') return listed
    if (paths.length === 1) return { kind: 'lost', why: 'HTTP 404', anew: true }
  }
  return { kind: 'unserved' }
}

async function listAt(
  { resource, path }: { readonly resource: Watchable; readonly path: string },
  take: (items: readonly unknown[]) => void,
  api: Api,
  limits: ClusterLimits,
  signal: AbortSignal,
): Promise<Listed | Setback | 'not-found'> {
  for (let next = ''; ;) {
    const query = new URLSearchParams({ limit: String(PAGE[resource]), ...(next !== '' && { continue: next }) })
    const ask = { resource, verb: 'list', path: `${path}?${query.toString()}`, limit: MAX_PAGE } as const
    const reply = await api.ask(ask, AbortSignal.any([signal, AbortSignal.timeout(limits.pageMs)]))
    if (reply.kind === 'too-large') return reply
    if (reply.kind === 'reply' && reply.status === 404) return 'not-found'
    const page = reply.kind === 'reply' && reply.status === 200 ? readPage(reply.body) : undefined
    if (page === undefined) return setbackOf(reply)
    take(page.items)
    if (page.next === '') return { kind: 'listed', version: page.version, path }
    if (page.next === next) return { kind: 'lost', why: 'a list without an end', anew: true }
    next = page.next
  }
}

export function setbackOf(reply: Exclude<Awaited<ReturnType<Api['ask']>>, { kind: 'too-large' }>): Setback {
  // The server is away: what was known goes on from where it was.
  if (reply.kind === 'lost') return { ...reply, anew: false }
  const { status, retryAfterMs } = reply
  if (status === 403) return { kind: 'forbidden' }
  if (status === EXPIRED) return { kind: 'expired' }
  const why = status === 200 ? 'its answer is none' : status === 401 ? 'it refuses the credentials' : `HTTP ${status}`
  // Neither is about what is kept: too many ask at once, or we may no longer.
  return { kind: 'lost', why, anew: status !== 429 && status !== 401, retryAfterMs }
}
