export type * from './node.ts'
export { candidateNodes } from './candidate-nodes.ts'
export { hostsOf } from './hosts.ts'
export { assumedNode, readNode } from './read-node.ts'
