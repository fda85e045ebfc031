import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../../base/telemetry/index.ts'
import { printable } from '../../base/text.ts'
import { addTotals, isEmpty, noTotals, readTotals, totalsText } from '../../engine/forecast/index.ts'
import type { Totals } from '../../engine/forecast/index.ts'
import { auditSummary } from '../../engine/report/index.ts'

/** What an API server answers about the ConfigMap; `why` is fit to print. */
export type StoreAnswer =
  | { readonly kind: 'found'; readonly object: unknown }
  | { readonly kind: 'absent' | 'conflict' | 'forbidden' }
  | { readonly kind: 'failed'; readonly why: string }

/** The ConfigMap that holds what all replicas learned. None of these throws. */
export interface TotalsStore {
  readonly namespace: string
  readonly name: string
  read(signal: AbortSignal): Promise<StoreAnswer>
  /** `conflict` where the object is no longer the newest. */
  update(object: object, signal: AbortSignal): Promise<StoreAnswer>
  /** Makes it where it is not there, and leaves it as it is where it is. */
  make(object: object, signal: AbortSignal): Promise<StoreAnswer>
}

export interface KeepTotalsOptions {
  readonly store: TotalsStore
  readonly log: Logger
  /** Milliseconds between two writes, where there is something to write. */
  readonly everyMs?: number
}

export interface TotalsKeeper {
  add(totals: Totals): void
  /** Writes what is left, if it can be written soon. */
  close(): Promise<void>
}

const EVERY_MS = 30_000
const EXCHANGE_MS = 10_000
const LAST_WORDS_MS = 3_000
/** Replicas that write at the same moment: each try but one fails, and the next is a moment later. */
const TRIES = 5
const KEY = 'totals'

/**
 * Adds what this replica learns to a ConfigMap that all share, so that it outlives them. What cannot be written is kept, and tried again.
 * A write whose answer is lost may count twice; nothing is decided by these counts.
 */
export function keepTotals({ store, log, everyMs = EVERY_MS }: KeepTotalsOptions): TotalsKeeper {
  const ending = new AbortController()
  let unwritten: Totals = noTotals
  let trouble = ''

  async function write(signal: AbortSignal): Promise<void> {
    if (isEmpty(unwritten)) return
    const delta = unwritten
    unwritten = noTotals
    let answer: StoreAnswer = { kind: 'conflict' }
    for (let tries = 0; tries < TRIES && answer.kind === 'conflict' && !signal.aborted; tries += 1) {
      if (tries > 0) await sleep(Math.random() * 500, undefined, { signal, ref: false }).catch(() => undefined)
      answer = await tryOnce(delta, AbortSignal.any([signal, AbortSignal.timeout(EXCHANGE_MS)]))
    }
    if (answer.kind !== 'found') unwritten = addTotals(delta, unwritten)
    tell(answer)
  }

  async function tryOnce(delta: Totals, signal: AbortSignal): Promise<StoreAnswer> {
    let read = await store.read(signal)
    if (read.kind === 'absent') read = await store.make(emptyConfigMap(store), signal)
    return read.kind === 'found' ? store.update(withTotals(read.object, delta), signal) : read
  }

  function tell(answer: StoreAnswer): void {
    const { namespace, name } = store
    const now = answer.kind === 'found' || answer.kind === 'conflict' ? '' : answer.kind
    const why = answer.kind === 'failed' ? printable(answer.why) : undefined
    if (now === trouble) return
    trouble = now
    const rule = `apiGroups: [""], resources: [configmaps], resourceNames: [${name}], verbs: [get, create, update, patch]`
    if (now === '') log.info({ namespace, configMap: name }, 'what is learned can be kept again')
    else if (now === 'forbidden') log.warn({ namespace, configMap: name, rule }, 'not allowed to keep what is learned')
    else log.warn({ namespace, configMap: name, why }, 'what is learned cannot be kept')
  }

  async function run(): Promise<void> {
    while (!ending.signal.aborted) {
      // Replicas that were started together do not stay in step.
      const wait = everyMs * (0.7 + 0.3 * Math.random())
      const waited = await sleep(wait, true, { signal: ending.signal, ref: false }).catch(() => false)
      if (waited) await write(ending.signal)
    }
  }
  const ended = run()

  return {
    add(totals) {
      unwritten = addTotals(unwritten, totals)
    },
    async close() {
      ending.abort()
      await ended
      await write(AbortSignal.timeout(LAST_WORDS_MS))
    },
  }
}

/** What a ConfigMap holds; undefined where nothing was written yet, or what is there is none of ours. */
export function totalsIn(configMap: unknown): Totals | undefined {
  const text = dataOf(configMap)[KEY]
  return typeof text === 'string' ? readTotals(text) : undefined
}

function withTotals(configMap: unknown, delta: Totals): object {
  const totals = addTotals(totalsIn(configMap) ?? noTotals, delta)
  const data = { ...dataOf(configMap), [KEY]: totalsText(totals), summary: auditSummary(totals) }
  return { ...(configMap as object), data }
}

function emptyConfigMap({ namespace, name }: TotalsStore): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } }
}

function dataOf(configMap: unknown): Readonly<Record<string, unknown>> {
  if (typeof configMap !== 'object' || configMap === null || !Object.hasOwn(configMap, 'data')) return {}
  const { data } = configMap as { readonly data: unknown }
  return typeof data === 'object' && data !== null ? (data as Readonly<Record<string, unknown>>) : {}
}
