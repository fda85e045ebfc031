import { setTimeout as sleep } from 'node:timers/promises'

import type { Logger } from '../../base/telemetry/index.ts'
import { bundleOf } from './authority.ts'
import { CertificateError } from './certificate-error.ts'
import type { CertificatePair } from './certificate-pair.ts'
import { fill } from './fill.ts'
import type { Lives } from './fill.ts'
import { emptySecret, readConfiguration, secretData, withBundle, withData } from './kept-objects.ts'
import type { KeptAnswer, KeptNames, KeptObjects } from './kept-objects.ts'
import { createKeptTroubles } from './kept-troubles.ts'
import { readMaterial, writeMaterial } from './material.ts'
import type { Material, TrustedPair } from './material.ts'
import { createNap } from './nap.ts'
import { nextStep, trustAfter } from './next-step.ts'
import type { Step, Trust } from './next-step.ts'

export interface KeepOptions {
  readonly objects: KeptObjects
  readonly names: KeptNames
  /** A pair, the first one too, to be put into service now. If it throws, the old one stays. */
  readonly onChange: (pair: CertificatePair) => void
  readonly count?: (result: 'loaded' | 'rejected') => void
  readonly log: Logger
  /** Milliseconds since 1970. */
  readonly now?: () => number
  readonly times?: Partial<KeepTimes>
}

/** Milliseconds. */
export interface KeepTimes extends Lives {
  /** Between two looks at the Secret and the configuration, at most. Of the configuration a watch tells sooner. */
  readonly poll: number
  /** Between two looks while there is something to wait for, and after a first failure; then twice as long each time. */
  readonly soon: number
  /** What API servers are given to hear of a new authority. */
  readonly settle: number
}

export interface KeptCertificates {
  /** The pair in service; undefined: none yet. */
  current(): CertificatePair | undefined
  /** Until there is a certificate that API servers trust; what happens to their trust later is mended, and no reason to go away. */
  whyNotReady(): string | undefined
  close(): Promise<void>
}

const DAY = 24 * 60 * 60 * 1000

const defaultTimes: KeepTimes = {
  // With failurePolicy Fail it is how long a caBundle that somebody took is an outage, where the configuration may not be watched.
  poll: 5_000,
  soon: 1_000,
  settle: 60_000,
  // An authority is renewed four months before its end, which is more than the life of what it signs.
  authority: 365 * DAY,
  server: 90 * DAY,
  backdated: 5 * 60_000,
}

/** An empty cluster takes three: the Secret, its data, the configuration. */
const AT_ONCE = 5

/** One exchange with the API server. */
const EXCHANGE = 10_000

/**
 * Keeps an authority and a pair in a Secret, and the authority in the webhook configuration, with no other replica knowing: each reads,
 * does the next step, and where another was faster reads again. Whatever fails, the pair in service stays, and it goes on trying.
 */
export function keepCertificates(options: KeepOptions): KeptCertificates {
  const { objects, names, onChange, log, now = Date.now } = options
  const times = { ...defaultTimes, ...options.times }
  const ending = new AbortController()
  const troubles = createKeptTroubles(log, names)
  const nap = createNap(times.soon)
  let serving: TrustedPair | undefined
  let last: Material | undefined
  let trust: Trust = new Map()
  let notReady: string | undefined = 'no certificate yet'
  let wasReady = false
  let failures = 0
  let rounds = 0

  /** Milliseconds until the next look. */
  async function look(): Promise<number> {
    // In this order: the authorities in the Secret are then never older than those that are overwritten.
    const configured = await exchange('configuration', 'get', (signal) => objects.readConfiguration(signal))
    const kept = await exchange('secret', 'get', (signal) => objects.readSecret(signal))
    if (kept.kind !== 'found' && kept.kind !== 'absent') return backOff(kept)
    const configuration = readConfiguration(configured, names)
    trust = trustAfter(trust, configuration, now())
    const host = `${names.service}.${names.namespace}.svc`
    const found = kept.kind === 'found' ? readMaterial(secretData(kept.object), { host, now: now() }) : undefined
    const known = { now: now(), found, configuration, trust, serving, last, settleMs: times.settle }
    const step = nextStep(known)
    if (found?.pair !== undefined && (found.signer !== undefined || step.write === undefined)) last = found
    if (troubles.unusable(found?.problem)) options.count?.('rejected')
    if (step.serve !== undefined) putInService(step.serve)
    tellReady(step.whyNotReady)

    const done = [await write(step, kept), await publish(step, configured)].filter((each) => each !== undefined)
    const failed = done.find(({ kind }) => kind !== 'found')
    if (failed !== undefined) return backOff(failed)
    if (configured.kind !== 'found' && configured.kind !== 'absent') return backOff(configured)
    failures = 0
    rounds = done.length > 0 ? rounds + 1 : 0
    // What was done is looked at; whoever undoes it each time must not keep us busy.
    if (done.length > 0) return rounds < AT_ONCE ? 0 : Math.min(times.poll, times.soon * 2 ** (rounds - AT_ONCE))
    // With failurePolicy Fail nothing is admitted from the moment that a configuration is made again until it is filled.
    const waits = !wasReady || configuration.kind === 'none'
    const poll = waits ? times.soon : times.poll * (0.7 + 0.3 * Math.random())
    return Math.min(poll, Math.max(1, (step.againAt ?? Infinity) - now()))
  }

  async function write({ write: wanted }: Step, kept: KeptAnswer): Promise<KeptAnswer | undefined> {
    if (wanted === undefined) return undefined
    if (kept.kind !== 'found') {
      const empty = emptySecret(names)
      return exchange('secret', 'patch', (signal) => objects.applySecret(empty, signal))
    }
    const filled = await fill(wanted, names, times, now())
    const object = withData(kept.object, writeMaterial(filled))
    const answer = await exchange('secret', 'update', (signal) => objects.updateSecret(object, signal))
    if (answer.kind === 'found') {
      const made = { authority: wanted.signer === 'new', pair: wanted.pair === 'new' }
      log.info({ secret: names.secret, ...made, authorities: filled.authorities.length }, 'certificates written')
    }
    return answer
  }

  /** After the Secret: what is not in it is published nowhere. */
  async function publish({ write: wanted, publish: authorities }: Step, configured: KeptAnswer) {
    if (authorities === undefined || configured.kind !== 'found') return undefined
    if (wanted !== undefined && failures === 0) return undefined
    const object = withBundle(configured.object, bundleOf(authorities), names)
    const answer = await exchange('configuration', 'patch', (signal) => objects.applyConfiguration(object, signal))
    if (answer.kind === 'found') log.info({ authorities: authorities.length }, 'caBundle written')
    return answer
  }

  function putInService(pair: TrustedPair): void {
    try {
      onChange(pair)
    } catch (cause) {
      const refusal = new CertificateError('CERTIFICATE_INVALID', 'certFile', 'the server does not take it', { cause })
      if (troubles.unusable(refusal.message)) options.count?.('rejected')
      return
    }
    if (serving !== undefined) options.count?.('loaded')
    serving = pair
    log.info({ notAfter: pair.notAfter.toISOString() }, 'certificate in service')
  }

  function tellReady(why: string | undefined): void {
    notReady = why
    wasReady ||= why === undefined
  }

  async function exchange(
    what: 'secret' | 'configuration',
    verb: 'get' | 'update' | 'patch',
    ask: (signal: AbortSignal) => Promise<KeptAnswer>,
  ): Promise<KeptAnswer> {
    const answer = await ask(AbortSignal.any([ending.signal, AbortSignal.timeout(EXCHANGE)]))
    if (!ending.signal.aborted) troubles.heard(what, verb, answer)
    return answer
  }

  /** Those who lost look again at once, but not all in step. */
  function backOff(answer: KeptAnswer): number {
    failures += 1
    if (answer.kind === 'conflict' && failures < 5) return Math.random() * times.soon
    const wait = Math.min(times.poll, times.soon * 2 ** Math.min(failures - 1, 10)) * (0.7 + 0.3 * Math.random())
    const asked = answer.kind === 'failed' ? (answer.retryAfterMs ?? 0) : 0
    return Math.max(wait, Math.min(asked, times.poll))
  }

  async function run(): Promise<void> {
    while (!ending.signal.aborted) {
      const wait = await look().catch((error: unknown) => {
        log.error({ error: error instanceof Error ? error : undefined }, 'keeping the certificates failed')
        return times.poll
      })
      // Whoever undoes what is done each time is not followed at once.
      await (rounds < AT_ONCE ? nap.take(wait, ending.signal) : rest(wait))
    }
  }

  async function watch(): Promise<void> {
    while (!ending.signal.aborted) {
      const end = await objects.watchConfiguration(nap.cut, ending.signal)
      if (end === 'forbidden') troubles.heard('configuration', 'watch', { kind: 'forbidden' })
      if (end === 'ended') troubles.heard('configuration', 'watch', { kind: 'found', object: undefined })
      await rest((end === 'ended' ? times.soon : times.poll) * (0.7 + 0.3 * Math.random()))
    }
  }

  function rest(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: ending.signal, ref: false }).catch(() => undefined)
  }
  const ended = Promise.all([run(), watch()])

  return {
    current: () => serving,
    whyNotReady: () => (wasReady ? undefined : notReady),
    async close() {
      ending.abort()
      await ended
    },
  }
}
