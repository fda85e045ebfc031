import { candidateNodes, hostsOf } from '../nodes/index.ts'
import type { Node } from '../nodes/index.ts'
import type { Landing } from '../verdict/index.ts'
import type { Placement } from '../workload/index.ts'
import type { ClusterView } from './ports.ts'

export interface Candidates {
  /** As the distinct hosts that they are. */
  readonly landing: Landing
  /** None where nodes are not known. */
  readonly nodes: readonly Node[]
}

/** Where the pod may land: the candidate nodes. */
export async function findLanding(placement: Placement, view: ClusterView, signal: AbortSignal): Promise<Candidates> {
  const read = await view.nodes(signal)
  if (read.kind === 'unreadable') return { landing: { kind: 'unreadable', detail: read.detail }, nodes: [] }
  if (read.kind !== 'found' || read.value.length === 0) return { landing: { kind: 'unknown' }, nodes: [] }
  const nodes = candidateNodes(placement, read.value)
  const unplatformed = nodes.filter(({ platform }) => platform === undefined).length
  return { landing: { kind: 'hosts', hosts: hostsOf(nodes), nodes: nodes.length, unplatformed }, nodes }
}
