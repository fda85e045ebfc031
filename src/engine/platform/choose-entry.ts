import { enginesOf } from './engines.ts'
import type { Engine, Order } from './engines.ts'
import type { Host, Platform } from './platform.ts'
import { readWindowsVersion } from './windows-version.ts'

/** What can be chosen from: an entry of an index, with the platform as it is written there. */
export interface Choosable {
  readonly platform?: Platform
}

export type Choice<E> =
  /** Every engine that the host may run takes this entry. */
  | { readonly kind: 'chosen'; readonly entry: E }
  /** Every engine refuses the index. */
  | { readonly kind: 'none' }
  /** Engines differ. `entries` are those that some take, in file order; `refused` says whether some refuse. `why` completes "it depends: ...". */
  | { readonly kind: 'depends'; readonly why: string; readonly entries: readonly E[]; readonly refused: boolean }

const ENGINES_DIFFER = 'container runtimes differ in which entry of the index they take'
const NO_VARIANT = 'the nodes do not say which variant of ARM they are'
const NO_BUILD = 'the nodes do not say which Windows build they run'

/** What a host's runtime takes from an index (facts "Platform selection" and "Platforms and kinds"). */
export function chooseEntry<E extends Choosable>(entries: readonly E[], host: Host): Choice<E> {
  const { platform } = host
  const engines = enginesOf(host)
  if (platform.architecture === 'arm' && platform.variant === undefined) return chooseForArm(entries, platform, engines)
  if (platform.os === 'windows' && readWindowsVersion(platform.osVersion ?? '') === undefined) {
    return chooseForAnyBuild(entries, platform, engines)
  }
  return choiceOf(entries, picks(entries, platform, engines), ENGINES_DIFFER)
}

/**
 * The entries that some engine of the host fetches whether it runs them or not: containerd's transfer service takes all that are
 * exactly for the host, and those that say no platform, and fails where one of them is not to be had (facts "Platform selection").
 */
export function fetchedEntries<E extends Choosable>(entries: readonly E[], host: Host): readonly E[] {
  const { platform } = host
  const orders = new Set(enginesOf(host).flatMap(({ exact, order }) => (exact ? [order] : [])))
  const usual = platform.architecture === 'arm' ? { variant: 'v7', ...platform } : platform
  const rankings = [...orders].map((order) => order.ranking(usual))
  return entries.filter(
    (entry) => rankings.length > 0 && (entry.platform === undefined || isExact(entry.platform, rankings)),
  )
}

function isExact(platform: Platform, rankings: readonly ((image: Platform) => number)[]): boolean {
  return rankings.some((rankOf) => rankOf(platform) === 0)
}

// Without a build every version matches, but on the node only some do.
function chooseForAnyBuild<E extends Choosable>(
  entries: readonly E[],
  host: Platform,
  engines: readonly Engine[],
): Choice<E> {
  const picked = picks(entries, host, engines)
  const rankings = engines.map((engine) => engine.order.ranking(host))
  const versioned = entries.filter(
    ({ platform }) => platform?.osVersion && rankings.some((rank) => rank(platform) !== -1),
  )
  if (versioned.length === 0) return choiceOf(entries, picked, ENGINES_DIFFER)
  return depends(entries, new Set([...picked, ...versioned, undefined]), NO_BUILD)
}

// A Node does not show its variant. Nearly all are v7, and nothing is refused on the variant alone.
function chooseForArm<E extends Choosable>(
  entries: readonly E[],
  host: Platform,
  engines: readonly Engine[],
): Choice<E> {
  const usual = choiceOf(entries, picks(entries, { ...host, variant: 'v7' }, engines), ENGINES_DIFFER)
  if (usual.kind !== 'none') return usual
  const others = new Set<E | undefined>([undefined])
  for (const variant of ['v8', 'v6', 'v5']) {
    for (const entry of picks(entries, { ...host, variant }, engines)) others.add(entry)
  }
  return choiceOf(entries, others, NO_VARIANT)
}

function choiceOf<E>(entries: readonly E[], picked: ReadonlySet<E | undefined>, why: string): Choice<E> {
  const [only] = picked
  if (picked.size > 1) return depends(entries, picked, why)
  return only === undefined ? { kind: 'none' } : { kind: 'chosen', entry: only }
}

function depends<E>(entries: readonly E[], picked: ReadonlySet<E | undefined>, why: string): Choice<E> {
  return { kind: 'depends', why, entries: entries.filter((entry) => picked.has(entry)), refused: picked.has(undefined) }
}

function picks<E extends Choosable>(
  entries: readonly E[],
  host: Platform,
  engines: readonly Engine[],
): Set<E | undefined> {
  const best = new Map<Order, Ranked<E> | undefined>()
  const picked = new Set<E | undefined>()
  for (const engine of engines) {
    const { order } = engine
    if (!best.has(order)) best.set(order, bestLabelled(entries, host, order))
    for (const pick of picksOf(entries, best.get(order), engine)) picked.add(pick)
  }
  return picked
}

/** What one engine takes, undefined for nothing; both where that is not known. */
function picksOf<E extends Choosable>(
  entries: readonly E[],
  best: Ranked<E> | undefined,
  engine: Engine,
): readonly (E | undefined)[] {
  if (best !== undefined) return [engine.exact && best.rank > 0 ? undefined : best.entry]
  const bare = entries.find((entry) => entry.platform === undefined)
  if (bare === undefined || !engine.sized) return [bare]
  const others = entries.filter((entry) => entry.platform !== undefined)
  if (others.length === 0) return [bare]
  // Beside an attestation it was not seen on a node; beside another platform it fails.
  return others.every(isUnknown) ? [bare, undefined] : [undefined]
}

function bestLabelled<E extends Choosable>(entries: readonly E[], host: Platform, order: Order): Ranked<E> | undefined {
  const rankOf = order.ranking(host)
  let best: Ranked<E> | undefined
  for (const entry of entries) {
    const { platform } = entry
    if (platform === undefined) continue
    const rank = rankOf(platform)
    if (rank === -1) continue
    const ranked = { entry, platform, rank }
    if (best === undefined || isBetter(ranked, best, host, order)) best = ranked
  }
  return best
}

interface Ranked<E> {
  readonly entry: E
  readonly platform: Platform
  readonly rank: number
}

function isBetter(one: Ranked<unknown>, other: Ranked<unknown>, host: Platform, order: Order): boolean {
  if (one.rank !== other.rank) return one.rank < other.rank
  if (host.os === 'windows') {
    // The higher version, as text.
    return !order.legacyWindows && (one.platform.osVersion ?? '') > (other.platform.osVersion ?? '')
  }
  return order.features && (one.platform.osFeatures ?? []).length > (other.platform.osFeatures ?? []).length
}

// How build tools label attestations.
function isUnknown(entry: Choosable): boolean {
  return entry.platform?.os === 'unknown' && entry.platform.architecture === 'unknown'
}
