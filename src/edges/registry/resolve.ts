import type { Reference } from '../../engine/reference/index.ts'
import type { Failure, Found } from '../../engine/verdict/index.ts'
import { failureOf, isSuccess, rateOf } from './answers.ts'
import { contentKey, flawOf } from './content.ts'
import { digestOf, isDigest } from './digest.ts'
import { MANIFEST_ACCEPT, invalid, kindOfType, parseDocument } from './documents.ts'
import type { Descriptor } from './documents.ts'
import { announcedType, headerValue } from './json.ts'
import type { Lookup } from './question.ts'
import { MAX_ERROR, MAX_MANIFEST } from './options.ts'
import { ask } from './session.ts'
import type { Session } from './session.ts'
import { asHttp } from './stations.ts'
import type { Reply } from './transport.ts'

export interface Resolved {
  readonly kind: 'resolved'
  readonly descriptor: Descriptor
  readonly rate: Found['rate']
}

/** The reference as one station resolves it; over HTTP where the station has it and HTTPS is not there. */
export async function resolveAt(lookup: Lookup, session: Session, reference: Reference): Promise<Resolved | Failure> {
  const { station, trust } = session
  const first = await resolve(lookup, session, reference)
  if (!fallsBack(session, first)) return first
  session.station = asHttp(station)
  session.trust = { ...trust, registry: session.station.base }
  const second = await resolve(lookup, session, reference)
  if (second.kind !== 'unreachable') {
    session.memory.plain.set(station.base.href, true)
    return second
  }
  session.station = station
  session.trust = trust
  return first.kind === 'unreachable' && first.detail === 'plain-http' ? second : first
}

function fallsBack({ station }: Session, answer: Resolved | Failure): boolean {
  if (answer.kind !== 'unreachable' || answer.host !== station.base.host) return false
  if (station.fallback === 'any') return answer.detail !== 'dns'
  if (station.fallback === 'never') return false
  return (
    answer.detail === 'plain-http' ||
    answer.detail === 'timeout' ||
    (answer.detail === 'refused' && station.base.port === '')
  )
}

/** HEAD as the node does, GET where that tells too little (kubelet-pull 5.3, `dockerResolver.Resolve`). */
async function resolve(lookup: Lookup, session: Session, reference: Reference): Promise<Resolved | Failure> {
  const target = `manifests/${reference.digest ?? reference.tag ?? 'latest'}`
  const manifest = { target, accept: MANIFEST_ACCEPT }
  const head = await ask(session, { method: 'HEAD', ...manifest, limit: 0 })
  if ('kind' in head) return head
  if (head.status === 403) {
    // The node asks again for the body, which says why, and fails whatever it holds.
    const reply = await ask(session, { method: 'GET', ...manifest, limit: MAX_ERROR })
    if ('kind' in reply) return reply
    return isSuccess(reply.status) ? { kind: 'blocked', status: 403, detail: 'firewall' } : failureOf(reply)
  }
  if (!isSuccess(head.status) && head.status !== 405) return failureOf(head)
  const described = head.status === 405 ? undefined : describe(head, reference.digest)
  if (described !== undefined) {
    return 'kind' in described ? described : { kind: 'resolved', descriptor: described, rate: limitOf(head) }
  }
  const reply = await ask(session, { method: 'GET', ...manifest, limit: MAX_MANIFEST })
  return 'kind' in reply ? reply : describeBody(lookup, session, reply, reference.digest)
}

/** What the headers of a HEAD say; undefined where the body is needed. */
function describe(head: Reply, asked: string | undefined): Descriptor | Failure | undefined {
  const mediaType = announcedType(head.headers['content-type'])
  if (kindOfType(mediaType) === 'html') {
    return { kind: 'faulty', detail: 'not-a-registry', status: head.status, host: head.url.host }
  }
  const length = headerValue(head.headers['content-length'])
  if (length === undefined || !/^\d{1,15}$/.test(length)) return undefined
  const size = Number(length)
  const said = headerValue(head.headers['docker-content-digest']) ?? ''
  if (asked === undefined && said === '') return undefined
  if (asked === undefined && !isDigest(said)) return invalid('digest-header')
  if (size > MAX_MANIFEST) return invalid('too-large')
  if (size === 0) return invalid('empty')
  return { mediaType, digest: asked ?? said, size }
}

function describeBody(lookup: Lookup, session: Session, reply: Reply, asked: string | undefined): Resolved | Failure {
  if (!isSuccess(reply.status)) return failureOf(reply)
  const flaw = flawOf(reply)
  if (flaw !== undefined) return flaw
  const mediaType = announcedType(reply.headers['content-type'])
  const digest = digestOf(reply.body, asked)
  if (asked !== undefined && digest !== asked) return invalid('digest-mismatch')
  const descriptor = { mediaType, digest, size: reply.body.length }
  const parsed = parseDocument(mediaType, reply.body, session.station.base.host)
  if (parsed.kind === 'invalid' || parsed.kind === 'faulty') return parsed
  lookup.content.set(contentKey(session, descriptor), { kind: 'document', parsed })
  return { kind: 'resolved', descriptor, rate: limitOf(reply) }
}

function limitOf({ headers }: Reply): Found['rate'] {
  const limit = rateOf(headerValue(headers['ratelimit-limit']))
  const remaining = rateOf(headerValue(headers['ratelimit-remaining']))
  if (limit?.window === undefined || remaining === undefined) return undefined
  return { limit: limit.count, remaining: remaining.count, window: limit.window }
}
