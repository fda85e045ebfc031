// Values that are none: refused at install, by the name of the value.
import { expect, it } from 'vitest'
import { causeNames } from '../../src/engine/verdict/index.ts'
import { render } from './render.ts'
import { CA_BUNDLE } from './value-sets.ts'

const rows: readonly { readonly values: object; readonly says: string }[] = [
  { values: { mod: 'audit' }, says: "additional properties 'mod' not allowed" },
  { values: { mode: 'warn' }, says: "at '/mode': value must be one of 'audit', 'enforce'" },
  { values: { mode: null, levels: 'strict' }, says: "at '/levels': got string, want object" },
  {
    values: { levels: { enforce: 'medium' } },
    says: "at '/levels/enforce': value must be one of 'none', 'baseline', 'strict'",
  },
  { values: { levels: { deny: 'strict' } }, says: "at '/levels': additional properties 'deny' not allowed" },
  { values: { floor: true }, says: "at '/floor': value must be one of" },
  {
    values: { causes: { 'rate-limitted': 'deny' } },
    says: "at '/causes': additional properties 'rate-limitted' not allowed",
  },
  { values: { causes: { 'rate-limited': 'refuse' } }, says: "at '/causes/rate-limited': value must be one of" },
  { values: { templates: 'audit' }, says: "at '/templates': value must be one of 'auto', 'deny', 'warn'" },
  {
    values: { workloads: ['argo'] },
    says: "at '/workloads/0': value must be one of 'argo-rollouts', 'keda', 'knative'",
  },
  { values: { forecasts: true }, says: "at '/forecasts': got boolean, want object" },
  { values: { workloads: [{ group: 'a.example' }] }, says: "at '/workloads/0': missing properties 'versions', 'kind'" },
  {
    values: {
      workloads: [{ group: 'a.example', versions: ['v1'], kind: 'A', resource: 'as', template: 'spec.pods[0]' }],
    },
    says: "at '/workloads/0/template': 'spec.pods[0]' does not match",
  },
  { values: { controllers: { name: 'robot' } }, says: "at '/controllers': got object, want array" },
  { values: { mutators: { harmless: 'a.test' } }, says: "at '/mutators/harmless': got string, want array" },
  { values: { mutators: { harmless: ['*'] } }, says: "at '/mutators/harmless/0': '*' does not match" },
  { values: { nodes: { credentials: 'r.example' } }, says: "at '/nodes/credentials': got string, want" },
  {
    values: { nodes: { hostsDir: { fromNode: 'certs.d' } } },
    says: "at '/nodes/hostsDir/fromNode': 'certs.d' does not match",
  },
  {
    values: { nodes: { hostsDir: { files: { 'a/b': '' } } } },
    says: "at '/nodes/hostsDir/files': additional properties 'a/b' not allowed",
  },
  {
    values: { nodes: { hostsDir: { fromNode: '/etc/containerd/certs.d', files: { a: '' } } } },
    says: 'nodes.hostsDir: fromNode and files: give one of the two',
  },
  { values: { proxy: 'http://proxy.example' }, says: "at '/proxy': got string, want object" },
  { values: { proxy: { https: '' } }, says: "at '/proxy': additional properties 'https' not allowed" },
  {
    values: { proxy: { httpsProxy: 'socks5://proxy.example:1080' } },
    says: "at '/proxy/httpsProxy': 'socks5://proxy.example:1080' does not match",
  },
  {
    values: { proxy: { httpProxy: 'http://ann:secret@proxy.example:3128' } },
    says: 'proxy: a URL with a user or password belongs in a Secret: proxy.secretName',
  },
  {
    values: { clientCAConfigMap: { name: 'api-server-ca', key: 'a/b' } },
    says: "at '/clientCAConfigMap/key': 'a/b' does not match",
  },
  { values: { image: 'pullable:1' }, says: "at '/image': got string, want object" },
  { values: { image: { tag: 1.5 } }, says: "at '/image/tag': got number, want string" },
  { values: { image: { digest: 'sha256:abc' } }, says: "at '/image/digest': 'sha256:abc' does not match" },
  { values: { image: { pullPolicy: 'Sometimes' } }, says: "at '/image/pullPolicy': value must be one of" },
  { values: { imagePullSecrets: ['regcred'] }, says: "at '/imagePullSecrets/0': got string, want object" },
  { values: { replicas: 'two' }, says: "at '/replicas': got string, want integer" },
  { values: { replicas: 0 }, says: "at '/replicas': minimum: got 0, want 1" },
  { values: { podDisruptionBudget: { maxUnavailable: 0 } }, says: "at '/podDisruptionBudget/maxUnavailable'" },
  { values: { exemptions: ['shop'] }, says: "at '/exemptions': got array, want object" },
  { values: { exemptions: { namespace: ['shop'] } }, says: "additional properties 'namespace' not allowed" },
  { values: { exemptions: { namespaces: 'shop' } }, says: "at '/exemptions/namespaces': got string, want array" },
  {
    values: { exemptions: { namespaces: ['team-*'] } },
    says: "at '/exemptions/namespaces/0': 'team-*' does not match",
  },
  {
    values: { exemptions: { namespaces: [{ name: 'shop', ticket: 'OPS-1' }] } },
    says: "at '/exemptions/namespaces/0': additional properties 'ticket' not allowed",
  },
  {
    values: { exemptions: { users: [{ reason: 'OPS-1' }] } },
    says: "at '/exemptions/users/0': missing property 'name'",
  },
  { values: { exemptions: { groups: [7] } }, says: "at '/exemptions/groups/0': got number, want string or object" },
  { values: { exemptions: { images: ['nginx'] } }, says: "at '/exemptions/images/0': 'nginx' does not match" },
  {
    values: { exemptions: { images: [{ name: 'ghcr.io/acme/web:v1' }] } },
    says: "at '/exemptions/images/0/name': 'ghcr.io/acme/web:v1' does not match",
  },
  { values: { exemptions: { images: ['*/acme/*'] } }, says: "at '/exemptions/images/0'" },
  {
    values: { exemptions: { registries: { 'ghcr.io': 'allow' } } },
    says: "at '/exemptions/registries/ghcr.io': value must be one of 'skip', 'warn'",
  },
  {
    values: { exemptions: { registries: { 'ghcr.io/acme': 'skip' } } },
    says: "at '/exemptions/registries': additional properties 'ghcr.io/acme' not allowed",
  },
  { values: { rbac: { secretNamespaces: ['Shop'] } }, says: "at '/rbac/secretNamespaces/0': 'Shop' does not match" },
  { values: { rbac: { clusterSecrets: 'no' } }, says: "at '/rbac/clusterSecrets': got string, want boolean" },
  { values: { port: 443 }, says: "at '/port': minimum: got 443, want 1,024" },
  {
    values: { webhook: { failurePolicy: 'ignore' } },
    says: "at '/webhook/failurePolicy': value must be one of 'Ignore', 'Fail'",
  },
  { values: { webhook: { timeoutSeconds: 31 } }, says: "at '/webhook/timeoutSeconds': maximum: got 31, want 30" },
  {
    values: { webhook: { excludeNamespaces: 'shop' } },
    says: "at '/webhook/excludeNamespaces': got string, want array",
  },
  { values: { webhook: { namespaceSelector: { labels: {} } } }, says: "additional properties 'labels' not allowed" },
  {
    values: { webhook: { matchConditions: [{ name: 'a' }] } },
    says: "at '/webhook/matchConditions/0': missing property 'expression'",
  },
  {
    values: { certificates: { mode: 'magic' } },
    says: "at '/certificates/mode': value must be one of 'self', 'files', 'cert-manager'",
  },
  {
    values: { certificates: { mode: 'files', files: { caBundle: CA_BUNDLE } } },
    says: 'certificates.files.secretName: name the Secret that holds tls.crt and tls.key',
  },
  {
    values: { certificates: { mode: 'files', files: { secretName: 'my-tls' } } },
    says: 'certificates.files.caBundle: the authority that signed the certificate, PEM in base64',
  },
  {
    values: {
      certificates: { mode: 'files', files: { secretName: 'my-tls', caBundle: '-----BEGIN CERTIFICATE-----' } },
    },
    says: "at '/certificates/files/caBundle'",
  },
  {
    values: { certificates: { certManager: { issuerRef: { kind: 'Issuer' } } } },
    says: "at '/certificates/certManager/issuerRef'",
  },
  { values: { serviceMonitor: { enabled: 1 } }, says: "at '/serviceMonitor/enabled': got number, want boolean" },
  { values: { fullnameOverride: 'Gate' }, says: "at '/fullnameOverride': 'Gate' does not match" },
]

it.each(rows)('$values: $says', async ({ values, says }) => {
  await expect(render(values)).rejects.toThrow(says)
})

it('every cause is a value', async () => {
  const causes = Object.fromEntries(causeNames.map((cause) => [cause, 'warn']))
  await expect(render({ causes })).resolves.toBeDefined()
})
