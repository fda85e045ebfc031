import type { CustomKind } from './custom-kinds.ts'
import { flagAt, isObject, placeAt, placeOrEmptyAt, placesAt, textAt, textMapAt, valueAt } from './fields.ts'
import type { Break, Place } from './fields.ts'
import { specPathOf } from './kinds.ts'
import { readPlacement } from './read-placement.ts'
import { readUses } from './read-uses.ts'
import type { Workload } from './workload.ts'

export type WorkloadReading =
  | { readonly kind: 'workload'; readonly workload: Workload }
  | { readonly kind: 'not-a-workload' }
  /** A field that we need holds what the API server would refuse. `field` is its path, `message` what it must be; both are fit to print. */
  | { readonly kind: 'broken'; readonly field: string; readonly message: string }

const MIRROR = 'kubernetes.io/config.mirror'

/**
 * Reads any pod-bearing object of Kubernetes, or of the `custom` kinds (design, "What is checked, when"). The object may be anything that came out of a parser:
 * what we do not need is not looked at, and nothing throws.
 */
export function readWorkload(object: unknown, custom: readonly CustomKind[] = []): WorkloadReading {
  if (!isObject(object)) return { kind: 'not-a-workload' }
  const broken: { first: Break | undefined } = { first: undefined }
  const root: Place = { fields: object, path: '', broken }
  const apiVersion = valueAt(root, 'apiVersion')
  const kind = valueAt(root, 'kind')
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return { kind: 'not-a-workload' }
  const path = specPathOf(apiVersion, kind, custom)
  if (path === undefined) return { kind: 'not-a-workload' }
  const workload = readKnown(root, { apiVersion, kind, path })
  return broken.first === undefined ? { kind: 'workload', workload } : { kind: 'broken', ...broken.first }
}

interface Known {
  readonly apiVersion: string
  readonly kind: string
  readonly path: readonly string[]
}

function readKnown(root: Place, { apiVersion, kind, path }: Known): Workload {
  const metadata = placeOrEmptyAt(root, 'metadata')
  const spec = placeOfPath(root, path)
  const podMetadata = placeOrEmptyAt(placeOfPath(root, path.slice(0, -1)), 'metadata')
  const pullSecrets = placesAt(spec, 'imagePullSecrets').map((secret) => textAt(secret, 'name'))
  const annotations = placeAt(metadata, 'annotations')
  return {
    apiVersion,
    kind,
    namespace: textAt(metadata, 'namespace'),
    name: textAt(metadata, 'name') || textAt(metadata, 'generateName'),
    template: kind !== 'Pod',
    specField: path.join('.'),
    podLabels: textMapAt(podMetadata, 'labels'),
    uses: readUses(spec),
    // `serviceAccount` is the old name of the field, which the API server still takes.
    serviceAccount: textAt(spec, 'serviceAccountName') || textAt(spec, 'serviceAccount') || 'default',
    pullSecrets: pullSecrets.filter((name) => name !== ''),
    pullSecretsSaid: pullSecrets.length > 0,
    placement: readPlacement(spec, kind === 'DaemonSet'),
    runtimeClass: textAt(spec, 'runtimeClassName'),
    controller: readController(metadata),
    mirror: annotations !== undefined && Object.hasOwn(annotations.fields, MIRROR),
    deleting: valueAt(metadata, 'deletionTimestamp') !== undefined,
  }
}

// A template may be missing (a ReplicationController's is optional): then there is nothing to pull.
function placeOfPath(root: Place, path: readonly string[]): Place {
  let place = root
  for (const key of path) place = placeOrEmptyAt(place, key)
  return place
}

function readController(metadata: Place): Workload['controller'] {
  for (const owner of placesAt(metadata, 'ownerReferences')) {
    if (!flagAt(owner, 'controller')) continue
    return { apiVersion: textAt(owner, 'apiVersion'), kind: textAt(owner, 'kind'), name: textAt(owner, 'name') }
  }
  return undefined
}
