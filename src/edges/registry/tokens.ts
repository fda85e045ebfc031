import { LRUCache } from 'lru-cache'
import type { Failure } from '../../engine/verdict/index.ts'
import { lifetimeOf } from './lifetime.ts'
import { fetchToken } from './token.ts'
import type { Token, TokenRequest } from './token.ts'
import type { Transport } from './transport.ts'

export interface Tokens {
  /**
   * A token, kept or new. `stale` is an Authorization that was refused just now: a kept token of that value is
   * fetched anew, unless it was fetched for the same question.
   */
  get(asked: TokenRequest, fingerprint: string, stale: string | undefined): Promise<Token | Failure>
}

/** A token that is younger than this was fetched by the very question that was refused with it. */
const FRESH_MS = 2_000

interface Kept {
  readonly token: Token | Failure
  readonly since: number
}

/**
 * Tokens by realm, service, scopes, TLS settings and credential; one request at a time for each. A refusal is kept a
 * few seconds too: registries lock out those who try wrong passwords again and again.
 */
export function createTokens(transport: Transport, closing: AbortSignal): Tokens {
  const { limits, now } = transport
  const kept = new LRUCache<string, Kept>({ max: 5_000, ttl: 1, ttlResolution: 0, perf: { now } })
  const flights = new Map<string, Promise<Token | Failure>>()
  const getOnly = new LRUCache<string, true>({ max: 1_000, ttl: 3_600_000, ttlResolution: 0, perf: { now } })
  const realms = {
    has: (realm: string) => getOnly.has(realm),
    add: (realm: string) => void getOnly.set(realm, true),
  }

  async function fetchAndKeep(asked: TokenRequest, key: string): Promise<Token | Failure> {
    const signal = AbortSignal.any([AbortSignal.timeout(limits.answerMs), closing])
    const token = await fetchToken(transport, asked, realms, signal)
    const ttl = token.kind === 'token' ? token.goodFor : lifetimeOf(token, limits)
    kept.set(key, { token, since: now() }, { ttl })
    return token
  }

  return {
    get(asked, fingerprint, stale) {
      const { realm, service, scopes, tls, trust } = asked
      // The registry is part of the key, since what a realm may lead to depends on it.
      const key = JSON.stringify([realm.href, service, scopes, fingerprint, tls, trust.registry.origin])
      const known = kept.get(key)
      const refused = known?.token.kind === 'token' && `Bearer ${known.token.value}` === stale
      if (known !== undefined && !(refused && now() - known.since > FRESH_MS)) return Promise.resolve(known.token)
      const running = flights.get(key)
      if (running !== undefined) return running
      const flight = fetchAndKeep(asked, key).finally(() => flights.delete(key))
      flights.set(key, flight)
      return flight
    },
  }
}
