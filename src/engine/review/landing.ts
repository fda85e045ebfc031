import { candidateNodes, hostsOf } from '../nodes/index.ts'
import type { Landing } from '../verdict/index.ts'
import type { Placement } from '../workload/index.ts'
import type { ClusterView } from './ports.ts'

/** Where the pod may land: the candidate nodes, as the distinct hosts that they are. */
export async function findLanding(placement: Placement, view: ClusterView, signal: AbortSignal): Promise<Landing> {
  const nodes = await view.nodes(signal)
  if (nodes.kind === 'unreadable') return { kind: 'unreadable', detail: nodes.detail }
  if (nodes.kind !== 'found' || nodes.value.length === 0) return { kind: 'unknown' }
  const candidates = candidateNodes(placement, nodes.value)
  const unplatformed = candidates.filter(({ platform }) => platform === undefined).length
  return { kind: 'hosts', hosts: hostsOf(candidates), nodes: candidates.length, unplatformed }
}
