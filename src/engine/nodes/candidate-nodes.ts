import type { Placement, Toleration } from '../workload/index.ts'
import { fitsSelectors } from './affinity.ts'
import type { Node, Taint } from './node.ts'

// What Kubernetes itself puts on a node and takes away again: not ready, cordoned, under pressure, not yet set up. A DaemonSet's
// controller tolerates most of them, and nothing else, so that its pods need no rule of their own here.
const PASSING = ['node.kubernetes.io/', 'node.cloudprovider.kubernetes.io/']

// No pod asks for so much. One that does is not allowed to make every node an expensive question: its wishes are not looked at.
const MAX_WISHES = 2000

/**
 * The nodes where the pod may land (design, "What is checked, when"; facts, "Candidate nodes"). Cordons and lifecycle taints are
 * passed over, since they pass. With `nodeName` it is that node alone, if its kubelet would take the pod. What we do not look at
 * (resources, other pods, volumes) can only make the set smaller. A candidate's platform may be undefined: then nothing is known of it.
 */
export function candidateNodes(placement: Placement, nodes: readonly Node[]): readonly Node[] {
  const possible = nodes.filter((node) => isNamed(placement, node) && fitsOs(placement, node))
  if (wishes(placement) > MAX_WISHES) return possible
  return possible.filter((node) => fits(placement, node))
}

function wishes({ nodeSelector, terms = [], tolerations }: Placement): number {
  let count = Object.keys(nodeSelector).length + tolerations.length + terms.length
  for (const { expressions, fields } of terms) {
    for (const { values } of [...expressions, ...fields]) count += 1 + values.length
  }
  return count
}

function isNamed({ nodeName }: Placement, node: Node): boolean {
  return nodeName === '' || node.assumed || node.name === nodeName
}

// The scheduler does not look at it, but the kubelet refuses the pod.
function fitsOs({ os }: Placement, node: Node): boolean {
  return os === '' || node.platform === undefined || node.platform.os === os
}

function fits(placement: Placement, node: Node): boolean {
  // The scheduler is not asked where a node is named, and the kubelet minds NoExecute alone.
  const repelling = placement.nodeName === '' ? ['NoSchedule', 'NoExecute'] : ['NoExecute']
  for (const taint of node.taints) {
    if (!repelling.includes(taint.effect) || PASSING.some((prefix) => taint.key.startsWith(prefix))) continue
    if (!placement.tolerations.some((toleration) => tolerates(toleration, taint))) return false
  }
  return fitsSelectors(placement, node)
}

// `Lt` and `Gt` are behind a gate that is off.
function tolerates({ key, operator, value, effect }: Toleration, taint: Taint): boolean {
  if (effect !== '' && effect !== taint.effect) return false
  if (key !== '' && key !== taint.key) return false
  return operator === 'Exists' || ((operator === '' || operator === 'Equal') && value === taint.value)
}
