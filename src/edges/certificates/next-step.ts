import { isValid } from './material.ts'
import type { Authority } from './authority.ts'
import type { Material, Signer, TrustedPair } from './material.ts'

/** What the API server goes by: the webhooks that call this Service. */
export type Configuration =
  /** No such object, or none of its webhooks calls us. */
  | { readonly kind: 'none' }
  /** Whether it is there cannot be found out; `forbidden`: for as long as a right is missing. */
  | { readonly kind: 'unreadable'; readonly forbidden: boolean }
  /** `trusted`: the ids of the certificates in its caBundle. */
  | { readonly kind: 'found'; readonly webhooks: readonly Webhook[] }

export interface Webhook {
  readonly name: string
  readonly trusted: ReadonlySet<string>
}

/** Since when every webhook has been seen to trust an authority, by its id. */
export type Trust = ReadonlyMap<string, number>

export interface Known {
  /** Milliseconds since 1970. */
  readonly now: number
  /** What the Secret holds; undefined: there is no Secret. */
  readonly found: Material | undefined
  readonly configuration: Configuration
  readonly trust: Trust
  /** What is in service here. */
  readonly serving: TrustedPair | undefined
  /** What the Secret held when it was last whole. */
  readonly last: Material | undefined
  /** How long every API server is given to hear of an authority, once it is in the configuration. */
  readonly settleMs: number
}

/** What the Secret is to hold. `new` is yet to be made; a new pair is signed by the signer, a new one too. */
export interface Wanted {
  /** All that are to be trusted, but for a new one. */
  readonly authorities: readonly Authority[]
  readonly signer: Signer | 'new' | undefined
  readonly pair: TrustedPair | 'new'
}

export interface Step {
  /** To be put into service now. */
  readonly serve: TrustedPair | undefined
  /** Undefined: it holds that already. */
  readonly write: Wanted | undefined
  /** The certificates that every caBundle is to hold; undefined where it does. */
  readonly publish: readonly Authority[] | undefined
  /** Undefined: API servers trust what is served, or there is none to trust it. */
  readonly whyNotReady: string | undefined
  /** When there is more to do, if nothing changes; undefined: not soon. */
  readonly againAt: number | undefined
}

/** Of a life; what is left of it is the time to mend what keeps us from renewing. */
const RENEWED_AT = 2 / 3

/** An authority is trusted until it expires; whoever adds one each day is not followed further. */
const MOST_AUTHORITIES = 8

const NOTHING: Material = { authorities: [], signer: undefined, pair: undefined, problem: undefined }

/**
 * What to do, by what is known. It rests on two rules: a pair never outlives its authority, and an authority stays in `ca.crt`, and so
 * in every caBundle, until it expires. So whatever is still served somewhere is still trusted, and only the way to a new authority
 * needs care: first it is published, and nothing that it signed is served before every caBundle has held it for a while.
 */
export function nextStep(known: Known): Step {
  const { now, found = NOTHING, configuration, serving, trust, settleMs } = known
  const wanted = wantedOf(known)
  const serve = found.pair !== undefined && isToBeServed(found.pair, known) ? found.pair : undefined
  const waiting = [found.signer?.authority.id, found.pair?.issuer.id]
    .map((id) => trust.get(id ?? ''))
    .filter((since) => since !== undefined)
    .map((since) => since + settleMs)
    .filter((at) => at > now)
  return {
    serve,
    write: known.found !== undefined && holds(known.found, wanted) ? undefined : wanted,
    publish: isPublished(configuration, wanted.authorities) ? undefined : wanted.authorities,
    whyNotReady: whyNotReady(serve ?? serving, configuration),
    againAt: waiting.length === 0 ? undefined : Math.min(...waiting),
  }
}

/** Who has been trusted by all since when, after another look. A look that saw nothing changes nothing. */
export function trustAfter(trust: Trust, configuration: Configuration, now: number): Trust {
  if (configuration.kind === 'unreadable') return trust
  const [first, ...others] = configuration.kind === 'found' ? configuration.webhooks : []
  const byAll = [...(first?.trusted ?? [])].filter((id) => others.every(({ trusted }) => trusted.has(id)))
  return new Map(byAll.map((id) => [id, trust.get(id) ?? now]))
}

function wantedOf(known: Known): Wanted {
  const { now, found = NOTHING, last = NOTHING, serving } = known
  const pair = [found.pair, last.pair, serving].find((each) => each !== undefined && each.notAfter.getTime() > now)
  const signer = found.signer ?? lostSigner(known)
  const authorities = trusted([...found.authorities, signer?.authority, pair?.issuer, serving?.issuer], known)
  if (pair === undefined) {
    const lasts = signer !== undefined && !isDue(signer.authority, now)
    return { authorities, signer: lasts ? signer : 'new', pair: 'new' }
  }
  const pairIsDue = isDue({ notBefore: pair.notBefore.getTime(), notAfter: pair.notAfter.getTime() }, now)
  if (signer === undefined) return { authorities, signer: pairIsDue ? 'new' : undefined, pair }
  if (isDue(signer.authority, now)) return { authorities, signer: 'new', pair }
  const isOwn = pair.issuer.id === signer.authority.id
  const isToBeSigned = isOwn ? pairIsDue : isSettled(signer.authority, known)
  return { authorities, signer, pair: isToBeSigned ? 'new' : pair }
}

/** The key that somebody took out of the Secret; not where the Secret now holds a pair of another authority, which is then not ours. */
function lostSigner({ found = NOTHING, last, now }: Known): Signer | undefined {
  const signer = last?.signer
  if (signer === undefined || !isValid(signer.authority, now)) return undefined
  return found.pair === undefined || found.pair.issuer.id === signer.authority.id ? signer : undefined
}

/** Each once, and those that have expired dropped. The last named are in use. */
function trusted(all: readonly (Authority | undefined)[], { now }: Known): readonly Authority[] {
  const byId = new Map<string, Authority>()
  for (const authority of all)
    if (authority !== undefined && now < authority.notAfter) byId.set(authority.id, authority)
  const inUse = new Set(all.slice(-3).map((authority) => authority?.id))
  const kept = [...byId.values()]
  while (kept.length > MOST_AUTHORITIES) {
    const oldest = kept.findLastIndex(({ id }) => !inUse.has(id))
    kept.splice(oldest, 1)
  }
  return kept
}

function isToBeServed(candidate: TrustedPair, known: Known): boolean {
  const { serving, now, configuration } = known
  if (serving === undefined || serving.notAfter.getTime() <= now) return true
  if (candidate.id === serving.id) return false
  if (candidate.issuer.id === serving.issuer.id || isSettled(candidate.issuer, known)) return true
  return trustedByAll(candidate, configuration) && !trustedByAll(serving, configuration)
}

function isSettled({ id }: Authority, { configuration, trust, now, settleMs }: Known): boolean {
  if (configuration.kind !== 'found') return configuration.kind === 'none'
  const since = trust.get(id)
  return since !== undefined && now - since >= settleMs
}

function trustedByAll({ issuer }: TrustedPair, configuration: Configuration): boolean {
  return configuration.kind === 'found' && configuration.webhooks.every(({ trusted }) => trusted.has(issuer.id))
}

function isDue(
  { notBefore, notAfter }: { readonly notBefore: number; readonly notAfter: number },
  now: number,
): boolean {
  return now >= notBefore + (notAfter - notBefore) * RENEWED_AT
}

function holds({ authorities, signer, pair }: Material, wanted: Wanted): boolean {
  if (wanted.signer === 'new' || wanted.pair === 'new') return false
  return (
    pair?.id === wanted.pair.id &&
    signer?.authority.id === wanted.signer?.authority.id &&
    sameIds(new Set(authorities.map(({ id }) => id)), wanted.authorities)
  )
}

function isPublished(configuration: Configuration, authorities: readonly Authority[]): boolean {
  if (configuration.kind !== 'found' || authorities.length === 0) return true
  return configuration.webhooks.every(({ trusted }) => sameIds(trusted, authorities))
}

function sameIds(ids: ReadonlySet<string>, authorities: readonly Authority[]): boolean {
  return ids.size === authorities.length && authorities.every(({ id }) => ids.has(id))
}

function whyNotReady(serving: TrustedPair | undefined, configuration: Configuration): string | undefined {
  if (serving === undefined) return 'no certificate yet'
  if (configuration.kind === 'none' || trustedByAll(serving, configuration)) return undefined
  if (configuration.kind === 'unreadable' && configuration.forbidden) return undefined
  return 'the webhook configuration does not trust the certificate yet'
}
