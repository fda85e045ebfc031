import type { AdmissionRequest } from '../../../src/engine/admission/index.ts'
import type { ImageUse, Placement, Workload } from '../../../src/engine/workload/index.ts'

export function request(changes: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return {
    uid: 'uid-1',
    operation: 'CREATE',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    resource: { group: '', version: 'v1', resource: 'pods' },
    subResource: '',
    name: 'web',
    namespace: 'shop',
    object: {},
    oldObject: null,
    username: 'jane',
    groups: ['system:authenticated'],
    dryRun: false,
    ...changes,
  }
}

export function use(name: string, image: string, changes: Partial<ImageUse> = {}): ImageUse {
  return { field: `spec.${name}.image`, image, role: 'container', name, pullPolicy: 'IfNotPresent', ...changes }
}

export function placement(changes: Partial<Placement> = {}): Placement {
  return {
    nodeName: '',
    nodeSelector: {},
    terms: undefined,
    tolerations: [],
    os: '',
    daemonSet: false,
    hostNetwork: false,
    ...changes,
  }
}

export function workload(changes: Partial<Workload> = {}): Workload {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    namespace: 'shop',
    name: 'web',
    template: false,
    specField: 'spec',
    podLabels: {},
    uses: [use('app', 'nginx:1')],
    serviceAccount: 'default',
    runtimeClass: '',
    pullSecrets: [],
    pullSecretsSaid: false,
    placement: placement(),
    controller: undefined,
    mirror: false,
    deleting: false,
    ...changes,
  }
}
