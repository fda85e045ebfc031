export { specPathOf } from './kinds.ts'
export type * from './workload.ts'
export { readWorkload } from './read-workload.ts'
export type { WorkloadReading } from './read-workload.ts'
