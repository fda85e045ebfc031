import { causeNames } from './causes.ts'
import type { Cause, NoteCode } from './causes.ts'

/** What to do about each cause, in a sentence or two, for docs/causes.md. The fix of a finding says it for the object at hand. */
export const advice: Readonly<Record<Cause, string>> = {
  'reference-invalid':
    'Correct the image: a repository is in lower case, has no `https://` before it, and no template variable is left in it.',
  'manifest-unknown': 'Use a tag or digest that is there (the closest tags are named), or push it.',
  'repository-unknown':
    'Check the spelling and the registry host, or push the image. A name without a host is looked for on Docker Hub.',
  'credentials-rejected':
    'Renew the pull secret. A wrong secret fails public images too, since a node does not go on to anonymous once one matches.',
  'access-denied':
    'Check the spelling first: registries answer alike for what is absent and what is not yours. Then give the pod a pull secret for this host, or its account the right to pull.',
  'pull-secret-malformed': 'Make the secret again with `kubectl create secret docker-registry`, or no longer name it.',
  'platform-none':
    'Build the image for the platform of the nodes too, or keep the pod on nodes of a platform that it has.',
  'platform-mismatch':
    'Build for the platform of the nodes (`docker build --platform`). If the image says the wrong platform of itself but runs, exempt the cause.',
  'manifest-unsupported': 'Name an image. Push again what is in the schema 1 format; install charts with Helm.',
  'manifest-invalid':
    'Push the image again, whole. Look at clean-up rules that delete untagged manifests, and at proxies that rewrite answers.',
  'never-pull-absent': 'Load the image onto the nodes, or let them pull it (`imagePullPolicy: IfNotPresent`).',
  'cached-only': 'Push the image again before the nodes that still have it go, or move to one that the registry has.',
  'platform-partial':
    'Keep the pod on nodes that can run it (`nodeSelector: kubernetes.io/arch`), or build for the others too.',
  'access-unverifiable':
    'If nodes hold no credentials for this host, take it out of `nodes.credentials`; then it is denied for certain. Otherwise a pull secret makes it verifiable.',
  'access-blocked': 'Ask who runs the registry, or the firewall before it, what blocks it.',
  'pull-secret-absent':
    'Create the secret before the workload, or let `check` see it: in its input, with `--view`, or from a cluster.',
  'rate-limited': 'Pull with an account, or through a mirror. The limit may count nodes and us together.',
  'registry-unreachable':
    'The detail says what is in the way: name, route, certificate, plain HTTP. Nodes may have another way to the registry than we do.',
  'registry-error': 'Look at the registry and what stands before it; then apply again.',
  'runtime-dependent':
    'Take the choice away from the runtime: name the registry, build for exactly the platform of the nodes, in the OCI format.',
  'view-incomplete': 'Give us the right to read what is named, or make the object smaller.',
  deadline: 'Apply again. If it stays slow, put a mirror nearby or raise the timeout of the webhook.',
  'no-candidate-node': 'Correct `nodeSelector`, affinity or tolerations, unless nodes are yet to be made for the pod.',
  'tag-missing': 'Name a tag, or better a digest.',
  'tag-latest': 'Name a tag that stays, or a digest.',
}

/** The finer names of a cause, for `causes` in the configuration: `registry-unreachable.dns`. */
export const details: Readonly<Partial<Record<Cause, readonly string[]>>> = {
  'credentials-rejected': ['expired'],
  'access-denied': ['expired'],
  'manifest-unsupported': ['archive', 'artifact', 'signature', 'schema1', 'empty-index', 'media-type'],
  'manifest-invalid': [
    'digest-mismatch',
    'digest-header',
    'too-large',
    'media-type',
    'malformed',
    'size',
    'empty',
    'config-missing',
    'child-missing',
  ],
  'access-blocked': ['firewall', 'policy', 'legal'],
  'registry-unreachable': [
    'dns',
    'refused',
    'timeout',
    'tls-unknown-ca',
    'tls-expired',
    'tls-name',
    'tls',
    'plain-http',
    'reset',
    'network',
    'proxy',
    'unsafe-address',
    'unsafe-downgrade',
    'unsafe-scheme',
  ],
  'registry-error': ['status', 'token-service', 'not-a-registry', 'redirects', 'challenge'],
  'runtime-dependent': ['index', 'schema1', 'media-type', 'config-type', 'artifact-volume', 'short-name'],
  'view-incomplete': [
    'namespace',
    'nodes',
    'pods',
    'secret',
    'account',
    'too-many-images',
    'too-many-credentials',
    'index-size',
    'index-depth',
  ],
}

/** What `causes` in the configuration may name: each cause, and each of its details as `cause.detail`. */
export const causeKeys: readonly string[] = causeNames.flatMap((cause) => [
  cause,
  ...(details[cause] ?? []).map((detail) => `${cause}.${detail}`),
])

/** What each note means. */
export const noteMeanings: Readonly<Record<NoteCode, string>> = {
  'pull-secret-missing': 'a pull secret that the pod names is not in its namespace',
  'pull-secret-ignored': 'a pull secret is of a type that the kubelet ignores',
  'pull-secret-no-match': 'a key of a pull secret nearly is that of the registry: what differs is named',
  'service-account-missing': 'the service account of the pod is not in its namespace',
  'already-on-nodes': 'nodes have the image already',
  'rate-limit-low': 'less than a tenth of the pulls that the registry allows is left',
  'digest-available': 'the digest to pin the image by',
  'host-assumed': 'the image names no registry host, so Docker Hub is assumed; which host may have been meant',
  'cluster-dns-host': 'the registry has a name of the cluster’s own DNS, which nodes usually cannot resolve',
  'platforms-unknown': 'no Node object and no `--platform` says what the nodes are, so platforms are not judged',
}
