import { LRUCache } from 'lru-cache'
import { printable } from '../../base/text.ts'
import { registryHost, registryPath } from '../../engine/reference/index.ts'
import type { AskImage, ImageQuestion } from '../../engine/review/index.ts'
import type { ImageFact, Unreachable } from '../../engine/verdict/index.ts'
import { createAgents } from './agents.ts'
import { asNodeSends, createFingerprint } from './fingerprint.ts'
import { lifetimeOf, weightOf, weightOfDocument } from './lifetime.ts'
import { lookUp } from './lookup.ts'
import type { Content, Lookup } from './question.ts'
import { defaultLimits } from './options.ts'
import type { Endpoint, Limits, RegistryOptions } from './options.ts'
import { createMemory } from './session.ts'
import type { Session } from './session.ts'
import { asHttp, insecureList, stationsOf } from './stations.ts'
import type { Station } from './stations.ts'
import { createTokens } from './tokens.ts'
import type { Transport } from './transport.ts'

export interface RegistryClient {
  readonly ask: AskImage
  close(): Promise<void>
}

interface Kept {
  readonly fact: ImageFact
  /** When it was told. */
  readonly at: number
}

interface Flight {
  readonly answer: Promise<ImageFact>
  /** What is known before the hints are in. */
  soFar: ImageFact | undefined
  waiting: number
  /** Ends it, and keeps nothing of it. */
  readonly abandon: () => void
}

/**
 * Asks registries what a node would ask them. Questions that are alike share one flight, which goes on when its first
 * asker leaves, so that the next finds the answer; facts are kept by reference, credential and hosts.
 * Throws a RangeError for an entry of `allowAddresses` that is no address.
 */
export function createRegistryClient(options: RegistryOptions): RegistryClient {
  const limits: Limits = { ...defaultLimits, ...options.limits }
  const now = options.now ?? (() => performance.now())
  const closing = new AbortController()
  const transport: Transport = {
    agents: createAgents(options, limits),
    proxyFor: options.proxyFor,
    limits,
    userAgent: options.userAgent ?? 'pullable',
    now,
    observe: options.observe ?? (() => undefined),
  }
  const memory = createMemory(createTokens(transport, closing.signal), now)
  const insecure = insecureList(options.insecure ?? [])
  const fingerprintOf = createFingerprint()
  const kept = { ttlResolution: 0, perf: { now } }
  const facts = new LRUCache<string, Kept>({
    ...kept,
    maxSize: limits.cacheBytes / 2,
    sizeCalculation: ({ fact }) => weightOf(fact),
    ttl: limits.unansweredMs,
  })
  // Documents cannot change, but a registry's clean-up may delete them.
  const content = new LRUCache<string, Content>({
    ...kept,
    maxSize: limits.cacheBytes / 2,
    sizeCalculation: weightOfContent,
    ttl: 600_000,
  })
  const flights = new Map<string, Flight>()

  async function prepare(
    question: ImageQuestion,
    fingerprint: string,
    abandoned: AbortSignal,
  ): Promise<Lookup | Unreachable> {
    const host = registryHost(question.reference)
    const signal = AbortSignal.any([AbortSignal.timeout(limits.flightMs), closing.signal, abandoned])
    const endpoints = await endpointsOf(options, host, signal)
    // The node cannot load it either: a CA file that is missing is a pull error.
    if (endpoints === 'unreadable') return { kind: 'unreachable', detail: 'tls', host: printable(host) }
    const stations = stationsOf(host, endpoints, { insecure })
    if (stations === undefined) return { kind: 'unreachable', detail: 'dns', host: printable(host) }
    const plainHosts = (endpoints ?? [])
      .filter(({ url }) => url.startsWith('http:'))
      .map(({ url }) => URL.parse(url)?.host)
    const sessionOf = (chosen: Station, at: number): Session => {
      const station = memory.plain.has(chosen.base.href) ? asHttp(chosen) : chosen
      return {
        transport,
        station,
        last: at === stations.length - 1,
        path: registryPath(question.reference),
        credential: asNodeSends(question.credential),
        fingerprint,
        trust: {
          registry: station.base,
          insecure: (other) => insecure(other) || plainHosts.includes(other),
          loopback: options.loopback !== 'by-hosts-file' || endpoints !== undefined,
        },
        memory,
        signal,
        authorization: undefined,
      }
    }
    return { sessions: stations.map(sessionOf), hosts: question.hosts, limits, content }
  }

  async function fly(
    question: ImageQuestion,
    fingerprint: string,
    abandoned: AbortSignal,
    soFar: (fact: ImageFact) => void,
  ): Promise<ImageFact> {
    try {
      const lookup = await prepare(question, fingerprint, abandoned)
      return 'kind' in lookup ? lookup : await lookUp(lookup, question.reference, soFar)
    } catch {
      // A bug of ours must not read as an answer of the registry's.
      const host = printable(registryHost(question.reference))
      return { kind: 'faulty', detail: 'not-a-registry', status: 0, host } as const
    }
  }

  function start(question: ImageQuestion, fingerprint: string, key: string): Flight {
    const controller = new AbortController()
    const land = (): void => {
      if (flights.get(key) === flight) flights.delete(key)
    }
    const answer = fly(question, fingerprint, controller.signal, (fact) => {
      flight.soFar = fact
    }).then((fact) => {
      land()
      if (!controller.signal.aborted) facts.set(key, { fact, at: now() }, { ttl: lifetimeOf(fact, limits) })
      return fact
    })
    const abandon = (): void => {
      land()
      controller.abort()
    }
    const flight: Flight = { answer, soFar: undefined, waiting: 0, abandon }
    flights.set(key, flight)
    return flight
  }

  return {
    async ask(question, signal) {
      if (signal.aborted) return { kind: 'out-of-time' }
      const { name, tag, digest } = question.reference
      const fingerprint = fingerprintOf(asNodeSends(question.credential))
      const key = JSON.stringify([name, digest ?? tag ?? 'latest', fingerprint, question.hosts])
      const known = facts.get(key)
      if (known !== undefined && !(question.fresh === true && now() - known.at > limits.refusedMs)) return known.fact
      return waitFor(flights.get(key) ?? start(question, fingerprint, key), signal, limits.abandonedMs)
    },
    async close() {
      closing.abort()
      await transport.agents.close()
    },
  }
}

/** A reader that fails or hangs has read nothing. */
async function endpointsOf(
  { endpointsFor }: RegistryOptions,
  domain: string,
  signal: AbortSignal,
): Promise<readonly Endpoint[] | 'unreadable' | undefined> {
  const late = new Promise<'unreadable'>((resolve) => {
    signal.addEventListener('abort', () => resolve('unreadable'), { once: true })
  })
  try {
    return await Promise.race([endpointsFor?.(domain), late])
  } catch {
    return 'unreadable'
  }
}

/** Whoever leaves last gives the flight a little longer: the next review of the same pod finds the answer, and a hang holds no connection. */
function waitFor(flight: Flight, signal: AbortSignal, abandonedMs: number): Promise<ImageFact> {
  flight.waiting += 1
  return new Promise((resolve) => {
    const leave = (): void => {
      flight.waiting -= 1
      resolve(flight.soFar ?? { kind: 'out-of-time' })
      const end = (): void => {
        if (flight.waiting === 0) flight.abandon()
      }
      if (flight.waiting === 0) setTimeout(end, abandonedMs).unref()
    }
    signal.addEventListener('abort', leave, { once: true })
    void flight.answer.then((fact) => {
      signal.removeEventListener('abort', leave)
      resolve(fact)
    })
  })
}

function weightOfContent(content: Content): number {
  if (content.kind === 'config') return 300
  const { parsed } = content
  switch (parsed.kind) {
    case 'index':
      return weightOfDocument({ ...parsed, children: new Map() })
    case 'manifest':
      return weightOfDocument({ ...parsed, configType: parsed.config.mediaType, config: undefined })
    default:
      return weightOfDocument(parsed)
  }
}
