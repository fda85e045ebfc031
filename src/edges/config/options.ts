import type { Level } from '../../engine/policy/index.ts'
import type { Command } from './config.ts'
import { auditOptions } from './audit-options.ts'
import { credentialPreset } from './credential-preset.ts'
import { exemptionOptions } from './exemption-options.ts'
import { option } from './option.ts'
import type { Option } from './option.ts'
import * as kinds from './value-kinds.ts'
import { presetName } from './workload-entry.ts'

export type { Option } from './option.ts'

const BOTH = ['check', 'serve'] as const
const CHECK = ['check'] as const
const SERVE = ['serve'] as const
const CLUSTER = ['check', 'serve', 'audit'] as const
const DEMO = ['demo'] as const
const decision = kinds.oneOf(['allow', 'warn', 'deny'])
// Said again rather than imported: help should not wait for the whole policy to load. A test holds them together.
const level = kinds.oneOf(['none', 'baseline', 'strict'] as const satisfies readonly Level[])

/** Every option, by the name that the code has for it, in the order of help. */
export const options = {
  output: option(
    CHECK,
    { flag: 'output', short: 'o', key: 'check.output', fallback: 'text' },
    kinds.oneOf(['text', 'json']),
    'What to print.',
  ),
  level: option(
    CHECK,
    { flag: 'level', key: 'check.level' },
    kinds.oneOf(['baseline', 'strict']),
    'How strict to be, whatever the labels of the namespaces say.',
  ),
  failOn: option(
    CHECK,
    { flag: 'fail-on', key: 'check.failOn', fallback: 'denied' },
    kinds.oneOf(['denied', 'undetermined']),
    'With undetermined, exit 3 where something could not be found out.',
  ),
  namespace: option(
    CHECK,
    { flag: 'namespace', short: 'n', key: 'check.namespace' },
    kinds.namespaceName,
    'The namespace of objects that name none.',
  ),
  dockerConfig: option(
    CHECK,
    { flag: 'docker-config', key: 'check.dockerConfig' },
    kinds.filePathOrNone,
    "Your own docker login, to look where the pod's secrets are not at hand (default: docker's own file).",
  ),
  color: option(
    CHECK,
    { flag: 'color', key: 'check.color', fallback: 'auto' },
    kinds.oneOf(['auto', 'always', 'never']),
    'Whether to color the text.',
  ),
  quiet: option(
    CHECK,
    { flag: 'quiet', short: 'q', key: 'check.quiet', fallback: 'false' },
    kinds.boolean,
    'Print only what is wrong.',
  ),
  mode: option(
    SERVE,
    { flag: 'mode', key: 'mode', fallback: 'enforce' },
    kinds.oneOf(['audit', 'enforce']),
    'With audit, deny nothing, and warn of what would be denied.',
  ),
  port: option(
    SERVE,
    { flag: 'port', key: 'serve.port', fallback: '8443' },
    kinds.port,
    'The HTTPS port of the webhook; 0 takes a free one.',
  ),
  metricsPort: option(
    SERVE,
    { flag: 'metrics-port', key: 'serve.metricsPort', fallback: '8080' },
    kinds.port,
    'The HTTP port of health, readiness and metrics; 0 takes a free one.',
  ),
  tlsCertFile: option(
    SERVE,
    { flag: 'tls-cert-file', key: 'serve.tlsCertFile' },
    kinds.filePath,
    'The certificate of the webhook, PEM, with its chain.',
  ),
  tlsPrivateKeyFile: option(
    SERVE,
    { flag: 'tls-private-key-file', key: 'serve.tlsPrivateKeyFile' },
    kinds.filePath,
    'Its private key, PEM.',
  ),
  clientCAFile: option(
    SERVE,
    { flag: 'client-ca-file', key: 'serve.clientCAFile' },
    kinds.filePath,
    'Answer only clients whose certificate one of these signed.',
  ),
  certificates: option(
    SERVE,
    { key: 'serve.certificates.mode', fallback: 'files' },
    kinds.oneOf(['files', 'self']),
    'Where the certificate comes from: the two files, or `self`, made and renewed in a Secret of the cluster.',
  ),
  certificatesSecret: option(
    SERVE,
    { key: 'serve.certificates.secret', fallback: 'pullable-tls' },
    kinds.objectName,
    'With `self`: the Secret, in the namespace of the product.',
  ),
  certificatesService: option(
    SERVE,
    { key: 'serve.certificates.service', fallback: 'pullable' },
    kinds.serviceName,
    'With `self`: the Service by which the API server calls; the certificate is for its name.',
  ),
  certificatesConfiguration: option(
    SERVE,
    { key: 'serve.certificates.webhookConfiguration', fallback: 'pullable' },
    kinds.objectName,
    'With `self`: the ValidatingWebhookConfiguration that is told the authority (caBundle).',
  ),
  drain: option(
    SERVE,
    { key: 'serve.drain' },
    kinds.wait,
    'How long to go on answering once told to stop (default: `10s` in a pod, `0` elsewhere).',
  ),
  forecasts: option(
    SERVE,
    { key: 'serve.forecasts' },
    kinds.objectName,
    'The ConfigMap, in the namespace of the product, that keeps what became of pods that would have been denied (default: nobody looks).',
  ),
  ...auditOptions,
  once: option(
    DEMO,
    { flag: 'once', variable: 'PULLABLE_DEMO_ONCE', fallback: 'false' },
    kinds.boolean,
    'Show the table and end, with 1 if a verdict is not the expected one.',
  ),
  demoPort: option(
    DEMO,
    { flag: 'port', variable: 'PULLABLE_DEMO_PORT' },
    kinds.port,
    'The HTTPS port of the webhook (default: a free one).',
  ),
  view: option(
    BOTH,
    { flag: 'view', key: 'view' },
    kinds.directoryPath,
    'YAML that stands for the whole cluster: what it lacks is absent.',
  ),
  kubeconfig: option(
    CLUSTER,
    { flag: 'kubeconfig', key: 'cluster.kubeconfig' },
    kinds.filePath,
    'How to reach the cluster, as kubectl takes it (with --context alone: $KUBECONFIG, then ~/.kube/config).',
  ),
  context: option(
    CLUSTER,
    { flag: 'context', key: 'cluster.context' },
    kinds.contextName,
    'The context of the kubeconfig; that cluster is read.',
  ),
  templates: option(
    BOTH,
    { flag: 'templates', key: 'templates', fallback: 'auto' },
    kinds.oneOf(['auto', 'deny', 'warn']),
    'Whether Deployments and the like are denied, or warned of alone; auto: denied unless something may rewrite their pods.',
  ),
  platforms: option(
    BOTH,
    { flag: 'platform', key: 'nodes.platforms', shape: 'list' },
    kinds.platform,
    'The platforms of the nodes, where no Node object says: linux/amd64,linux/arm64.',
  ),
  hostsDir: option(
    BOTH,
    { flag: 'hosts-dir', key: 'nodes.hostsDir' },
    kinds.directoryPath,
    "The nodes' registry mirrors: containerd's certs.d.",
  ),
  caFile: option(
    BOTH,
    { flag: 'ca-file', key: 'registries.caFile' },
    kinds.filePath,
    'Certificate authorities to trust for registries and proxies, beside the well-known ones, PEM.',
  ),
  insecure: option(
    BOTH,
    { flag: 'insecure-registry', key: 'registries.insecure', shape: 'list' },
    kinds.registryHost,
    'Registries to be asked over HTTP, or HTTPS unverified, as in docker.',
  ),
  timeout: option(
    BOTH,
    { flag: 'timeout', key: 'timeout', fallback: '10s' },
    kinds.duration,
    'The time for one object and all its lookups.',
  ),
  config: option(BOTH, { flag: 'config' }, kinds.filePath, 'The configuration file, YAML.'),
  enforce: option(
    BOTH,
    { key: 'defaults.enforce', fallback: 'baseline' },
    level,
    'The level of `enforce` for namespaces without the label.',
  ),
  warn: option(
    BOTH,
    { key: 'defaults.warn', fallback: 'strict' },
    level,
    'The level of `warn` for namespaces without the label.',
  ),
  audit: option(
    BOTH,
    { key: 'defaults.audit', fallback: 'strict' },
    level,
    'The level of `audit` for namespaces without the label.',
  ),
  floor: option(
    BOTH,
    { key: 'floor', fallback: 'none' },
    level,
    'The level below which a label cannot take `enforce`.',
  ),
  causes: option(
    BOTH,
    { key: 'causes', shape: 'map' },
    decision,
    'What a cause, or one detail of it, comes to at both levels: `registry-unreachable.dns: deny`.',
  ),
  ...exemptionOptions,
  workloads: option(
    BOTH,
    { key: 'workloads', shape: 'kinds' },
    presetName,
    "Kinds beside Kubernetes' own whose pod templates are judged.",
  ),
  controllers: option(
    SERVE,
    { key: 'controllers', shape: 'list' },
    kinds.userName,
    "Users, beside Kubernetes' own controllers, whose pods are never denied for a matter of policy: `system:serviceaccount:argo:rollouts`.",
  ),
  harmless: option(
    BOTH,
    { key: 'mutators.harmless', shape: 'list' },
    kinds.mutatorName,
    'Mutating webhooks and policies, beside the well-known ones, that rewrite neither images nor pull secrets.',
  ),
  credentials: option(
    BOTH,
    { key: 'nodes.credentials', shape: 'list', fallback: credentialPreset.join(', ') },
    kinds.hostGlob,
    'Hosts for which the nodes hold credentials of their own. It replaces the preset.',
  ),
  allowAddresses: option(
    BOTH,
    { key: 'registries.allowAddresses', shape: 'list' },
    kinds.address,
    'Addresses that may be contacted though they are link-local or the like.',
  ),
} as const

/** Every option in the order of help. */
export const optionList: readonly Option[] = Object.values(options)

/** The options that a command takes, as flag or in its file. */
export function optionsOf(command: Command): readonly Option[] {
  return optionList.filter((each) => each.commands.includes(command))
}

/** `PULLABLE_TLS_CERT_FILE` of `--tls-cert-file`; undefined for what only the file says. */
export function variableOf(each: Option): string | undefined {
  if (each.variable !== undefined || each.flag === undefined) return each.variable
  return `PULLABLE_${each.flag.replaceAll('-', '_').toUpperCase()}`
}
