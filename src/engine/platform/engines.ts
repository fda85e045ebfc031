import { crioRanking } from './cri-o.ts'
import { ranking } from './match.ts'
import type { Rules } from './match.ts'
import type { Host, Platform, Runtime } from './platform.ts'
import { isAtLeast } from './runtime.ts'

/** How an engine orders the labelled entries of an index. */
export interface Order extends Rules {
  readonly ranking: (host: Platform) => (image: Platform) => number
}

/** One way in which a node may choose from an index. */
export interface Engine {
  readonly order: Order
  /** The transfer service fetches only what is exactly the host's; then the best of *all* entries must be among it. */
  readonly exact: boolean
  /** containerd's CRI sums up the size of the entry that sorts first, labelled before unlabelled, and must have fetched it. */
  readonly sized: boolean
}

function containerdOrder(rules: Rules): Order {
  return { ...rules, ranking: (host) => ranking(host, rules) }
}

const V1 = containerdOrder({ features: false, legacyWindows: true })
const V2 = containerdOrder({ features: false, legacyWindows: false })
const V2_3 = containerdOrder({ features: true, legacyWindows: false })

// Which of the two pulls depends on the node's configuration, which nothing shows (facts, "Pull-engine profile").
const pulls = (order: Order): readonly Engine[] => [true, false].map((exact) => ({ order, exact, sized: true }))

// 2.0 reads platforms as 1.7 does.
const CONTAINERD_1: readonly Engine[] = [{ order: V1, exact: false, sized: true }]
const CONTAINERD_2_1 = pulls(V2)
const CONTAINERD_2_3 = pulls(V2_3)
const CONTAINERD = [...CONTAINERD_2_3, ...CONTAINERD_2_1, ...CONTAINERD_1]
const CRIO: readonly Engine[] = [
  { order: { features: false, legacyWindows: false, ranking: crioRanking }, exact: false, sized: false },
]
// Docker carries containerd's rules of an age that its version does not tell.
const DOCKER: readonly Engine[] = [V1, V2, V2_3].map((order) => ({ order, exact: false, sized: false }))

/** Every engine that a host may run. */
export function enginesOf(host: Host): readonly Engine[] {
  switch (host.runtime.name) {
    case 'containerd':
      return containerdOf(host)
    case 'cri-o':
      return CRIO
    case 'docker':
      return DOCKER
    case 'other':
    case 'unknown':
      // CRI-O does not run on Windows.
      return [...containerdOf(host), ...DOCKER, ...(host.platform.os === 'windows' ? [] : CRIO)]
  }
}

function containerdOf({ platform, runtime }: Host): readonly Engine[] {
  const engines = containerdSince(runtime)
  // On Windows containerd's default platform is exact from 2.1 on, in every pull.
  return platform.os === 'windows' ? engines.filter(({ exact, order }) => exact || order.legacyWindows) : engines
}

function containerdSince(runtime: Runtime): readonly Engine[] {
  // The version of another runtime is not containerd's.
  if (runtime.name !== 'containerd' || isAtLeast(runtime, 2, 0) === undefined) return CONTAINERD
  if (isAtLeast(runtime, 2, 3)) return CONTAINERD_2_3
  if (isAtLeast(runtime, 2, 1)) return CONTAINERD_2_1
  return CONTAINERD_1
}
