import { listOf, own, textsOf } from './fields.ts'

/**
 * Whether some rule is for the creation of pods (admissionregistration/v1 `RuleWithOperations`). A rule that cannot be read is for
 * everything. One that is for pods of certain names may be for ours: a template does not say what they will be called.
 */
export function anyTakesPods(rules: readonly unknown[]): boolean {
  return rules.some(takesPods)
}

/** Whether some rule leaves every creation of a pod out. */
export function anyExcludesPods(rules: readonly unknown[]): boolean {
  return rules.some((rule) => takesPods(rule) && listOf(rule, 'resourceNames').length === 0)
}

function takesPods(rule: unknown): boolean {
  const resources = textsOf(rule, 'resources')
  return (
    holds(rule, 'operations', 'CREATE') &&
    holds(rule, 'apiGroups', '') &&
    // Pods have no other version, so `matchPolicy` makes no difference.
    holds(rule, 'apiVersions', 'v1') &&
    own(rule, 'scope') !== 'Cluster' &&
    (resources === undefined || resources.some(arePods))
  )
}

function holds(rule: unknown, key: string, wanted: string): boolean {
  const values = textsOf(rule, key)
  return values === undefined || values.includes('*') || values.includes(wanted)
}

// As the API server reads them: `pods/*` has the pod itself among its subresources.
function arePods(resource: string): boolean {
  return ['pods', '*', 'pods/*', '*/*'].includes(resource)
}
