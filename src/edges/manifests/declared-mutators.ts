import { boundPolicies, readBinding, readPolicy, readWebhooks } from '../../engine/mutators/index.ts'
import type { Mutator } from '../../engine/mutators/index.ts'

type Fields = Readonly<Record<string, unknown>>

const API = 'admissionregistration.k8s.io/'

/** What of a declared cluster changes pods when they are made. */
export function declaredMutators(objects: readonly Fields[]): readonly Mutator[] {
  const ofKind = (kind: string): readonly Fields[] =>
    objects.filter(
      (object) =>
        own(object, 'kind') === kind &&
        typeof object['apiVersion'] === 'string' &&
        object['apiVersion'].startsWith(API),
    )
  const webhooks = ofKind('MutatingWebhookConfiguration').flatMap(readWebhooks)
  const policies = ofKind('MutatingAdmissionPolicy').map(readPolicy)
  return [...webhooks, ...boundPolicies(policies, ofKind('MutatingAdmissionPolicyBinding').map(readBinding))]
}

function own(fields: Fields, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined
}
