import type { Node } from '../engine/nodes/index.ts'
import type { ClusterView, Read } from '../engine/review/index.ts'

/** `upper` first; what nobody said there is read from `lower`. */
export function layered(upper: ClusterView, lower: ClusterView): ClusterView {
  async function either<T>(above: Promise<Read<T>>, below: () => Promise<Read<T>>): Promise<Read<T>> {
    const read = await above
    return read.kind === 'unsaid' ? below() : read
  }
  return {
    namespace: (name, signal) => either(upper.namespace(name, signal), () => lower.namespace(name, signal)),
    serviceAccount: (namespace, name, reading) =>
      either(upper.serviceAccount(namespace, name, reading), () => lower.serviceAccount(namespace, name, reading)),
    secret: (namespace, name, reading) =>
      either(upper.secret(namespace, name, reading), () => lower.secret(namespace, name, reading)),
    nodes: (signal) => either(upper.nodes(signal), () => lower.nodes(signal)),
  }
}

/**
 * The nodes that `--platform` stands for, in a cluster without Node objects. Where they may not be read they are not replaced:
 * what a node holds already would be taken for absent.
 */
export function withAssumedNodes(view: ClusterView, assumed: readonly Node[]): ClusterView {
  if (assumed.length === 0) return view
  return {
    ...view,
    async nodes(signal) {
      const nodes = await view.nodes(signal)
      return nodes.kind === 'found' && nodes.value.length === 0 ? { kind: 'found', value: assumed } : nodes
    },
  }
}
