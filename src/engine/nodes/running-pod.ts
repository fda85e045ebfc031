import { parseReference, pulledName } from '../reference/index.ts'
import { readWorkload } from '../workload/index.ts'
import type { ImageUse } from '../workload/index.ts'

/** A pod that runs proves that its images are on its node. */
export interface RunningPod {
  readonly node: string
  /** As a runtime names them, like those of a node's list. */
  readonly images: readonly string[]
}

const STATUSES: Readonly<Record<Exclude<ImageUse['role'], 'volume'>, string>> = {
  container: 'containerStatuses',
  init: 'initContainerStatuses',
  ephemeral: 'ephemeralContainerStatuses',
}

/**
 * What of a Pod object is there: the images of containers that its node has made, whether or not they still run, and those of its volumes.
 * Undefined for what is no pod, does not run, or is on no node.
 */
export function readRunningPod(object: unknown): RunningPod | undefined {
  if (typeof object !== 'object' || object === null) return undefined
  // The items of a list do not say what they are.
  const reading = readWorkload({ ...object, apiVersion: 'v1', kind: 'Pod' })
  const status = own(object, 'status')
  if (reading.kind !== 'workload' || own(status, 'phase') !== 'Running') return undefined
  const { uses, placement } = reading.workload
  if (placement.nodeName === '') return undefined
  const images = uses
    .filter(({ role, name }) => role === 'volume' || hasImage(own(status, STATUSES[role]), name))
    .flatMap(({ image }) => {
      const parsed = parseReference(image)
      return parsed.kind === 'parsed' ? [pulledName(parsed.reference)] : []
    })
  return { node: placement.nodeName, images: [...new Set(images)] }
}

// The kubelet says which image it is once it has it.
function hasImage(statuses: unknown, name: string): boolean {
  if (!Array.isArray(statuses)) return false
  return statuses.some((each) => {
    const id = own(each, 'imageID')
    return own(each, 'name') === name && typeof id === 'string' && id !== ''
  })
}

function own(object: unknown, key: string): unknown {
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, key)) return undefined
  return (object as Readonly<Record<string, unknown>>)[key]
}
