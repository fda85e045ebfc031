import { printable } from '../../base/text.ts'
import { listOf, own, textOf } from './fields.ts'
import { anyExcludesPods, anyTakesPods } from './rules.ts'
import { readSelector } from './selector.ts'
import type { Selector } from './selector.ts'

/** Something of the cluster that may change pods when they are made. Its conditions in CEL are not looked at: they may hold. */
export interface Mutator {
  readonly kind: 'webhook' | 'policy'
  /** A webhook's own, `rev.namespace.sidecar-injector.istio.io`, or a policy's. Fit to print. */
  readonly name: string
  /** All of them must select the namespace, and the pod. */
  readonly namespaces: readonly Selector[]
  readonly objects: readonly Selector[]
}

/** Which pods a MutatingAdmissionPolicy, or a binding of one, is for. */
export interface Reach {
  /** The policy's name. */
  readonly policy: string
  readonly pods: boolean
  readonly namespaces: Selector
  readonly objects: Selector
}

/** The webhooks of a MutatingWebhookConfiguration (admissionregistration/v1) that are called when a pod is made. */
export function readWebhooks(configuration: unknown): readonly Mutator[] {
  return listOf(configuration, 'webhooks')
    .filter((webhook) => anyTakesPods(listOf(webhook, 'rules')))
    .map((webhook) => ({
      kind: 'webhook',
      name: printable(textOf(webhook, 'name'), 253),
      namespaces: [readSelector(own(webhook, 'namespaceSelector'))],
      objects: [readSelector(own(webhook, 'objectSelector'))],
    }))
}

/** A MutatingAdmissionPolicy (admissionregistration/v1, v1beta1). */
export function readPolicy(object: unknown): Reach {
  return reachOf(textOf(own(object, 'metadata'), 'name'), own(own(object, 'spec'), 'matchConstraints'))
}

/** A MutatingAdmissionPolicyBinding: it narrows what its policy is for. */
export function readBinding(object: unknown): Reach {
  const spec = own(object, 'spec')
  return reachOf(textOf(spec, 'policyName'), own(spec, 'matchResources'))
}

/** A policy does nothing until it is bound. */
export function boundPolicies(policies: readonly Reach[], bindings: readonly Reach[]): readonly Mutator[] {
  return policies
    .filter(({ pods }) => pods)
    .flatMap(({ policy, namespaces, objects }) =>
      bindings
        .filter((binding) => binding.policy === policy && binding.pods)
        .map((binding) => ({
          kind: 'policy',
          name: printable(policy, 253),
          namespaces: [namespaces, binding.namespaces],
          objects: [objects, binding.objects],
        })),
    )
}

// Without rules it is for everything, as the API server has it.
function reachOf(policy: string, match: unknown): Reach {
  const rules = listOf(match, 'resourceRules')
  return {
    policy,
    pods: (rules.length === 0 || anyTakesPods(rules)) && !anyExcludesPods(listOf(match, 'excludeResourceRules')),
    namespaces: readSelector(own(match, 'namespaceSelector')),
    objects: readSelector(own(match, 'objectSelector')),
  }
}
