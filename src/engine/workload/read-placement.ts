import { flagAt, placeAt, placesAt, textAt, textMapAt, textsAt } from './fields.ts'
import type { Place } from './fields.ts'
import type { NodeTerm, Placement, Requirement } from './workload.ts'

/** What of a pod spec says where it may run. */
export function readPlacement(spec: Place, daemonSet: boolean): Placement {
  const os = placeAt(spec, 'os')
  return {
    nodeName: textAt(spec, 'nodeName'),
    nodeSelector: textMapAt(spec, 'nodeSelector'),
    terms: readTerms(spec),
    tolerations: placesAt(spec, 'tolerations').map((toleration) => ({
      key: textAt(toleration, 'key'),
      operator: textAt(toleration, 'operator'),
      value: textAt(toleration, 'value'),
      effect: textAt(toleration, 'effect'),
    })),
    os: os === undefined ? '' : textAt(os, 'name'),
    daemonSet,
    hostNetwork: flagAt(spec, 'hostNetwork'),
  }
}

function readTerms(spec: Place): readonly NodeTerm[] | undefined {
  const affinity = placeAt(spec, 'affinity')
  const node = affinity && placeAt(affinity, 'nodeAffinity')
  const required = node && placeAt(node, 'requiredDuringSchedulingIgnoredDuringExecution')
  if (required === undefined) return undefined
  return placesAt(required, 'nodeSelectorTerms').map((term) => ({
    expressions: readRequirements(term, 'matchExpressions'),
    fields: readRequirements(term, 'matchFields'),
  }))
}

function readRequirements(term: Place, key: string): readonly Requirement[] {
  return placesAt(term, key).map((requirement) => ({
    key: textAt(requirement, 'key'),
    operator: textAt(requirement, 'operator'),
    values: textsAt(requirement, 'values'),
  }))
}
