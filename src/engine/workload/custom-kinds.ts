/** A kind beside Kubernetes' own that pods are made from. */
export interface CustomKind {
  /** With a dot in it, as all groups but Kubernetes' own have. */
  readonly group: string
  /** `*` stands for all. */
  readonly versions: readonly string[]
  readonly kind: string
  /** As the API server's paths have it, for the rules of the webhook configuration: `rollouts`. */
  readonly resource: string
  /** The path of its pod template, which has `metadata` and `spec`: `spec.template`. */
  readonly template: string
}

/**
 * Kinds that are configured by one word. What has no pod template at one place is not among them: of Tekton's Tasks, Strimzi's Kafka, Kruise's
 * UnitedDeployment and AdvancedCronJob the pods are judged, or the workloads that are made from them.
 */
export const customKindPresets: Readonly<Record<string, readonly CustomKind[]>> = {
  'argo-rollouts': [
    { group: 'argoproj.io', versions: ['v1alpha1'], kind: 'Rollout', resource: 'rollouts', template: 'spec.template' },
  ],
  keda: [
    {
      group: 'keda.sh',
      versions: ['v1alpha1'],
      kind: 'ScaledJob',
      resource: 'scaledjobs',
      template: 'spec.jobTargetRef.template',
    },
  ],
  knative: [knative('Service', 'services'), knative('Configuration', 'configurations')],
  openkruise: [
    kruise('CloneSet', 'clonesets'),
    kruise('StatefulSet', 'statefulsets'),
    kruise('DaemonSet', 'daemonsets'),
    kruise('BroadcastJob', 'broadcastjobs'),
  ],
}

/** The path of the pod spec in an object of such a kind. */
export function customSpecPath(
  { group, version, kind }: { readonly group: string; readonly version: string; readonly kind: string },
  kinds: readonly CustomKind[],
): readonly string[] | undefined {
  const found = kinds.find(
    (each) =>
      each.group === group && each.kind === kind && (each.versions.includes(version) || each.versions.includes('*')),
  )
  return found === undefined ? undefined : [...found.template.split('.'), 'spec']
}

function knative(kind: string, resource: string): CustomKind {
  return { group: 'serving.knative.dev', versions: ['v1'], kind, resource, template: 'spec.template' }
}

function kruise(kind: string, resource: string): CustomKind {
  return { group: 'apps.kruise.io', versions: ['v1alpha1', 'v1beta1'], kind, resource, template: 'spec.template' }
}
