/** Values that people install with. Every rendering of these is accepted by helm, and by a cluster. */
export interface ValueSet {
  readonly name: string
  readonly values: Readonly<Record<string, unknown>>
  /** It needs the kinds of another project. */
  readonly needs?: 'cert-manager' | 'prometheus'
}

/** "-----BEGIN CERTIFICATE-----" and nothing more: a chart does not look into it. */
export const CA_BUNDLE = 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg=='

export const valueSets: readonly ValueSet[] = [
  { name: 'defaults', values: {} },
  {
    name: 'enforcing',
    values: {
      mode: 'enforce',
      levels: { enforce: 'strict', warn: 'none', audit: 'baseline' },
      floor: 'baseline',
      causes: { 'rate-limited': 'deny', 'registry-unreachable.dns': 'allow' },
    },
  },
  {
    name: 'an image by digest, from a registry with a password',
    values: {
      image: { registry: 'registry.example:5000', repository: 'acme/pullable', digest: `sha256:${'a'.repeat(64)}` },
      imagePullSecrets: [{ name: 'regcred' }],
    },
  },
  { name: 'one replica, no budget', values: { replicas: 1, podDisruptionBudget: { enabled: false } } },
  {
    name: 'placement',
    values: {
      replicas: 3,
      nodeSelector: { 'node-role.kubernetes.io/control-plane': '' },
      tolerations: [{ operator: 'Exists' }],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'kubernetes.io/arch', operator: 'In', values: ['amd64'] }] },
            ],
          },
        },
      },
      priorityClassName: 'system-cluster-critical',
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { team: 'platform' } },
        },
      ],
      podDisruptionBudget: { maxUnavailable: '50%' },
      resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '1Gi' } },
    },
  },
  {
    name: 'pull secrets of some namespaces',
    values: { rbac: { clusterSecrets: false, secretNamespaces: ['shop', 'billing'] } },
  },
  { name: 'no pull secrets', values: { rbac: { clusterSecrets: false } } },
  {
    name: "the host's network",
    values: { hostNetwork: true, port: 10250, metricsPort: 10260, networkPolicy: { enabled: false } },
  },
  { name: 'mirrors of the node', values: { nodes: { hostsDir: { fromNode: '/etc/containerd/certs.d' } } } },
  {
    name: 'mirrors by host, credentials of nodes, registries',
    values: {
      nodes: {
        credentials: ['*.dkr.ecr.*.amazonaws.com', 'registry.example:5000'],
        hostsDir: {
          files: {
            'registry.example:5000': 'server = "https://mirror.example"\n',
            _default: '[host."https://m.example"]\n',
          },
        },
      },
      registries: {
        caConfigMap: { name: 'company-ca', key: 'root.pem' },
        insecure: ['registry.local:5000'],
        allowAddresses: ['169.254.20.10'],
      },
    },
  },
  {
    name: 'behind a proxy',
    values: {
      proxy: {
        httpProxy: 'proxy.example:3128',
        httpsProxy: 'https://proxy.example:3129/',
        noProxy: 'registry.local,.svc,10.0.0.0/8',
      },
    },
  },
  {
    name: 'behind a proxy with a password, asking for certificates',
    values: {
      proxy: { noProxy: '.svc', secretName: 'proxy-login' },
      clientCAConfigMap: { name: 'api-server-ca', key: 'client.pem' },
    },
  },
  { name: 'no credentials of nodes', values: { nodes: { credentials: [] } } },
  {
    name: 'failing closed, for some namespaces',
    values: {
      webhook: {
        failurePolicy: 'Fail',
        timeoutSeconds: 5,
        excludeNamespaces: ['cert-manager', 'kube-system'],
        namespaceSelector: {
          matchLabels: { team: 'shop' },
          matchExpressions: [{ key: 'env', operator: 'In', values: ['prod'] }],
        },
        matchConditions: [{ name: 'not-a-robot', expression: "request.userInfo.username != 'robot'" }],
      },
    },
  },
  {
    name: 'exemptions',
    values: {
      exemptions: {
        namespaces: ['cert-manager', { name: 'shop-migration', reason: 'SHOP-1042, until the move is done' }],
        users: ['system:serviceaccount:backup:velero', { name: 'jane@example.com', reason: null }],
        groups: ['oidc:Platform Team'],
        runtimeClasses: [{ name: 'kata' }],
        images: [
          'ghcr.io/acme/*',
          'docker.io/**',
          { name: '*.dkr.ecr.*.amazonaws.com/team-*/**', reason: 'OPS-7: #1' },
          'registry.example:5000/a.b/c__d',
          'localhost/web',
          '[fd00::1]:5000/web',
        ],
        registries: { 'registry.example:5000': 'skip', '*.azurecr.io': 'warn', localhost: 'warn' },
      },
    },
  },
  { name: 'templates as pods', values: { templates: 'deny' } },
  {
    name: 'custom kinds',
    values: {
      workloads: [
        'argo-rollouts',
        'knative',
        { group: 'acme.example', versions: ['v1', 'v2'], kind: 'Machine', resource: 'machines', template: 'spec.pods' },
      ],
    },
  },
  { name: 'nobody looks', values: { forecasts: { enabled: false } } },
  { name: 'controllers', values: { controllers: ['system:serviceaccount:argo-rollouts:argo-rollouts'] } },
  { name: 'harmless mutators', values: { mutators: { harmless: ['inject.example.com', '*.sidecars.example.com'] } } },
  { name: 'no guard', values: { guard: { enabled: false } } },
  {
    name: 'certificates from files',
    values: { certificates: { mode: 'files', files: { secretName: 'my-tls', caBundle: CA_BUNDLE } } },
  },
  {
    name: 'cert-manager, an authority of its own',
    values: { certificates: { mode: 'cert-manager' } },
    needs: 'cert-manager',
  },
  {
    name: 'cert-manager, an issuer of the cluster',
    values: {
      certificates: {
        mode: 'cert-manager',
        certManager: { issuerRef: { name: 'corporate', kind: 'ClusterIssuer' }, duration: '720h', renewBefore: '240h' },
      },
    },
    needs: 'cert-manager',
  },
  {
    name: 'monitoring',
    values: {
      serviceMonitor: { enabled: true, interval: '15s', labels: { release: 'prometheus' } },
      networkPolicy: {
        metricsFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
      },
    },
    needs: 'prometheus',
  },
  {
    name: 'more of everything',
    values: {
      fullnameOverride: 'gate',
      serviceAccount: { annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/gate' } },
      extraEnv: [{ name: 'TZ', value: 'UTC' }],
      extraVolumes: [{ name: 'extra', emptyDir: {} }],
      extraVolumeMounts: [{ name: 'extra', mountPath: '/extra' }],
      global: { imageRegistry: 'registry.example' },
    },
  },
]

/** The values of the set with this name. */
export function valuesOf(name: string): ValueSet['values'] {
  const found = valueSets.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no value set ${name}`)
  return found.values
}
