export { connectCluster } from './cluster.ts'
export { ClusterError } from './cluster-error.ts'
export { inCluster } from './in-cluster.ts'
export type { Cluster, ClusterExchange, ClusterOptions, ClusterSource } from './options.ts'
