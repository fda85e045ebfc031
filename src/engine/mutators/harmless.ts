import type { Mutator } from './mutator.ts'

/**
 * Webhooks, by their names as their projects ship them, that add sidecars, volumes, variables or requests to a pod and leave the
 * images of its own containers, and its pull secrets, as they are. `*.` stands for anything before.
 */
const KNOWN: readonly string[] = [
  // Istio, by revision, namespace or object; before 1.8 without those.
  '*.sidecar-injector.istio.io',
  'sidecar-injector.istio.io',
  // Linkerd and its viz extension.
  'linkerd-proxy-injector.linkerd.io',
  'tap-injector.linkerd.io',
  // Vault's agent, bank-vaults' environment.
  'vault.hashicorp.com',
  'pods.vault-secrets-webhook.admission.banzaicloud.com',
  // Consul, Kuma, Dapr.
  'consul-connect-injector.consul.hashicorp.com',
  'namespace-kuma-injector.kuma.io',
  'pods-kuma-injector.kuma.io',
  'sidecar-injector.dapr.io',
  // Identities of the clouds, and what their managed clusters add to every pod: requests, readiness gates.
  'pod-identity-webhook.amazonaws.com',
  'mpod.vpc.k8s.aws',
  'mpod.elbv2.k8s.aws',
  'mutation.azure-workload-identity.io',
  'pod-ready.common-webhooks.networking.gke.io',
  // The Vertical Pod Autoscaler.
  'vpa.k8s.io',
]

/** `more`: names in the same form, which hold for policies too. */
export function isHarmless({ kind, name }: Mutator, more: readonly string[]): boolean {
  const known = kind === 'webhook' ? [...KNOWN, ...more] : more
  return known.some((pattern) => (pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern))
}
