import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/edges/config/index.ts'
import type { Command, Config, ConfigReading } from '../../../src/edges/config/index.ts'
import { defaultPolicy, noExemptions } from '../../../src/engine/policy/index.ts'

interface Given {
  readonly command?: Command
  readonly argv?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
}

function load({ command = 'serve', argv = [], env = {}, files = {} }: Given): Promise<ConfigReading> {
  const readFile = (path: string): Promise<string> => {
    const text = files[path]
    return text === undefined
      ? Promise.reject(Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' }))
      : Promise.resolve(text)
  }
  return loadConfig({ command, argv, env, readFile })
}

async function configOf(given: Given): Promise<Config> {
  const reading = await load(given)
  if (reading.kind !== 'config') throw new Error(JSON.stringify(reading))
  return reading.config
}

const certificates = {
  mode: 'files',
  secret: 'pullable-tls',
  service: 'pullable',
  webhookConfiguration: 'pullable',
} as const

/** `serve` with a configuration file of this content. */
const withFile = (text: string): Given => ({ argv: ['--config', '/etc/p.yaml'], files: { '/etc/p.yaml': text } })

describe('loadConfig', () => {
  it('has the defaults of the design', async () => {
    const config = await configOf({ command: 'check', argv: ['shop.yaml'] })
    expect(config).toEqual({
      ...defaultPolicy,
      workloads: [],
      controllers: [],
      mutators: { harmless: [] },
      nodes: { platforms: [], credentials: config.nodes.credentials },
      registries: { insecure: [], allowAddresses: [] },
      cluster: {},
      timeoutMs: 10_000,
      check: { inputs: ['shop.yaml'], output: 'text', failOn: 'denied', color: 'auto', quiet: false },
      serve: { port: 8443, metricsPort: 8080, certificates },
      audit: { output: 'text', color: 'auto', configMap: 'pullable-forecasts', least: 100 },
      demo: { once: false },
    })
    expect(config.nodes.credentials).toEqual(
      expect.arrayContaining(['*.dkr.ecr.*.amazonaws.com', 'gcr.io', '*.gcr.io', '*.pkg.dev', '*.azurecr.io']),
    )
  })

  it('takes every flag of check', async () => {
    const { check, ...rest } = await configOf({
      command: 'check',
      argv: [
        ...['-o', 'json', '--level=strict', '--fail-on', 'undetermined', '-n', 'shop', '--color', 'never', '-q'],
        ...['--docker-config', 'none', '--view', 'cluster', '--hosts-dir', 'certs.d', '--ca-file', 'ca.pem'],
        ...['--platform', 'linux/amd64,linux/arm64', '--platform', 'linux/arm/v7', '--timeout', '1m30s'],
        ...[
          '--insecure-registry',
          'a.test:5000, [::1]:5000',
          '--insecure-registry=b',
          'one.yaml',
          '-',
          '--',
          '-odd.yaml',
        ],
      ],
    })
    expect(check).toEqual({
      inputs: ['one.yaml', '-', '-odd.yaml'],
      ...{ output: 'json', level: 'strict', failOn: 'undetermined', namespace: 'shop', color: 'never', quiet: true },
      dockerConfig: 'none',
    })
    expect({ ...rest, nodes: { ...rest.nodes, credentials: [] } }).toMatchObject({
      nodes: {
        platforms: [
          { os: 'linux', architecture: 'amd64' },
          { os: 'linux', architecture: 'arm64' },
          { os: 'linux', architecture: 'arm', variant: 'v7' },
        ],
        hostsDir: 'certs.d',
      },
      registries: { insecure: ['a.test:5000', '[::1]:5000', 'b'], caFile: 'ca.pem' },
      view: 'cluster',
      timeoutMs: 90_000,
    })
  })

  const clusters: readonly (readonly [Given, Config['cluster']])[] = [
    [{ argv: ['--kubeconfig', 'k', '--context=a'] }, { kubeconfig: 'k', context: 'a' }],
    [
      { env: { PULLABLE_KUBECONFIG: 'k', PULLABLE_CONTEXT: 'arn:aws:eks:eu-1:1:cluster/shop' } },
      { kubeconfig: 'k', context: 'arn:aws:eks:eu-1:1:cluster/shop' },
    ],
    [{ argv: ['--context=a'], env: { KUBECONFIG: 'k', PULLABLE_CONTEXT: 'b' } }, { context: 'a' }],
    [{ env: { KUBECONFIG: 'k' } }, {}],
  ]
  it.each(clusters)('takes the cluster from %j', async (given, cluster) => {
    expect((await configOf(given)).cluster).toEqual(cluster)
    expect((await configOf({ ...given, command: 'check', argv: [...(given.argv ?? []), '-'] })).cluster).toEqual(
      cluster,
    )
  })

  it('takes a view from the file', async () => {
    expect((await configOf(withFile('view: cluster'))).view).toBe('/etc/cluster')
  })

  it('takes short flags as kubectl does', async () => {
    for (const argv of [['-ojson'], ['-o=json'], ['-o', 'json'], ['-qojson']]) {
      const { check } = await configOf({ command: 'check', argv: [...argv, '-n=shop', '-'] })
      expect([check.output, check.namespace, check.inputs]).toEqual(['json', 'shop', ['-']])
    }
  })

  it('takes every flag of serve and of demo', async () => {
    const serve = await configOf({
      argv: [
        ...['--port', '0', '--metrics-port', '9090', '--tls-cert-file', 'c', '--tls-private-key-file', 'k'],
        ...['--client-ca-file', 'ca', '--mode', 'audit'],
      ],
    })
    expect([serve.mode, serve.serve]).toEqual([
      'audit',
      { port: 0, metricsPort: 9090, tlsCertFile: 'c', tlsPrivateKeyFile: 'k', clientCAFile: 'ca', certificates },
    ])
    const { audit, cluster } = await configOf({
      command: 'audit',
      argv: ['-ojson', '-n', 'policy', '--configmap=f', '--least', '7', '--color=never', '--context=shop'],
      env: { PULLABLE_AUDIT_OUTPUT: 'text', PULLABLE_OUTPUT: 'foul' },
    })
    expect([audit, cluster]).toEqual([
      { output: 'json', namespace: 'policy', configMap: 'f', least: 7, color: 'never' },
      { context: 'shop' },
    ])
    const demo = await configOf({ command: 'demo', argv: ['--once', '--port', '9443'] })
    expect(demo.demo).toEqual({ once: true, port: 9443 })
  })

  it('takes every key of the file', async () => {
    const text = `\uFEFFmode: audit
defaults: { enforce: none, warn: baseline, audit: none }
floor: baseline
templates: warn
workloads: [argo-rollouts, { group: acme.test, versions: [v1, v2beta1], kind: Machine, resource: machines, template: spec.pod.template }]
controllers: ["system:serviceaccount:argo:rollouts"]
mutators: { harmless: [inject.corp.test, "*.safe.test"] }
causes: { rate-limited: deny, registry-unreachable.dns: allow }
nodes: { platforms: [linux/s390x], credentials: ["*.corp.test"], hostsDir: certs.d }
registries: { insecure: ["a:5000"], caFile: ../ca.pem, allowAddresses: [169.254.20.10, "fd00::/8"] }
cluster: { kubeconfig: kube/config, context: kind-shop }
timeout: 2s
check: { output: json, level: strict, failOn: undetermined, namespace: shop, color: never, quiet: true, dockerConfig: none }
serve: { port: 1, metricsPort: 2, tlsCertFile: c, tlsPrivateKeyFile: k, clientCAFile: ca, drain: 1m, forecasts: f, certificates: { mode: files, secret: s, service: v, webhookConfiguration: w.x } }
`
    expect(await configOf(withFile(text))).toEqual({
      mode: 'audit',
      defaults: { enforce: 'none', warn: 'baseline', audit: 'none' },
      floor: 'baseline',
      templates: 'warn',
      workloads: [
        {
          group: 'argoproj.io',
          versions: ['v1alpha1'],
          kind: 'Rollout',
          resource: 'rollouts',
          template: 'spec.template',
        },
        {
          group: 'acme.test',
          versions: ['v1', 'v2beta1'],
          kind: 'Machine',
          resource: 'machines',
          template: 'spec.pod.template',
        },
      ],
      controllers: ['system:serviceaccount:argo:rollouts'],
      mutators: { harmless: ['inject.corp.test', '*.safe.test'] },
      causes: { 'rate-limited': 'deny', 'registry-unreachable.dns': 'allow' },
      exemptions: noExemptions,
      nodes: {
        platforms: [{ os: 'linux', architecture: 's390x' }],
        credentials: ['*.corp.test'],
        hostsDir: '/etc/certs.d',
      },
      registries: { insecure: ['a:5000'], caFile: '/ca.pem', allowAddresses: ['169.254.20.10', 'fd00::/8'] },
      cluster: { kubeconfig: '/etc/kube/config', context: 'kind-shop' },
      timeoutMs: 2000,
      check: {
        ...{ inputs: [], output: 'json', level: 'strict', failOn: 'undetermined', namespace: 'shop', color: 'never' },
        ...{ quiet: true, dockerConfig: 'none' },
      },
      serve: {
        ...{ port: 1, metricsPort: 2, tlsCertFile: '/etc/c', tlsPrivateKeyFile: '/etc/k', clientCAFile: '/etc/ca' },
        ...{ drainMs: 60_000, forecasts: 'f' },
        ...{ certificates: { mode: 'files', secret: 's', service: 'v', webhookConfiguration: 'w.x' } },
      },
      audit: { output: 'text', color: 'auto', configMap: 'pullable-forecasts', least: 100 },
      demo: { once: false },
    } satisfies Config)
  })

  it('takes exemptions, each by its name or with a reason', async () => {
    const text = `exemptions:
  namespaces: [cert-manager, { name: shop-2, reason: OPS-12 }]
  users:
    - system:serviceaccount:argocd:argocd-server
    - { name: jane@corp.test, reason: null }
  groups: [{ name: "oidc:Platform Team" }]
  runtimeClasses: [kata, 42]
  images:
    - ghcr.io/acme/**
    - { name: index.docker.io/library/*, reason: 1042 }
  registries: { registry.corp.test:5000: skip, "*.azurecr.io": warn, index.docker.io: warn }
`
    const config = await configOf(withFile(text))
    expect(config.exemptions).toEqual({
      namespaces: [{ name: 'cert-manager' }, { name: 'shop-2', reason: 'OPS-12' }],
      users: [{ name: 'system:serviceaccount:argocd:argocd-server' }, { name: 'jane@corp.test' }],
      groups: [{ name: 'oidc:Platform Team' }],
      runtimeClasses: [{ name: 'kata' }, { name: '42' }],
      images: [
        { name: { text: 'ghcr.io/acme/**', host: 'ghcr.io', components: ['acme'], below: true } },
        {
          name: { text: 'index.docker.io/library/*', host: 'docker.io', components: ['library', '*'], below: false },
          reason: '1042',
        },
      ],
      registries: { 'registry.corp.test:5000': 'skip', '*.azurecr.io': 'warn', 'docker.io': 'warn' },
    })
    expect(
      (await configOf({ ...withFile(text), command: 'check', argv: ['--config', '/etc/p.yaml', '-'] })).exemptions,
    ).toEqual(config.exemptions)
    expect(Object.isFrozen(config.exemptions.images[0]?.name.components)).toBe(true)
  })

  it('takes certificates of its own, and an end at once', async () => {
    const { serve } = await configOf(withFile('serve: { drain: 0, certificates: { mode: self } }'))
    expect(serve).toEqual({
      port: 8443,
      metricsPort: 8080,
      drainMs: 0,
      certificates: { ...certificates, mode: 'self' },
    })
  })

  it('believes the flag before the variable, and that before the file', async () => {
    const files = { 'p.yaml': 'timeout: 1s\nserve: { port: 1, metricsPort: 1 }\nregistries: { insecure: [a, b] }' }
    const env = {
      ...{ PULLABLE_CONFIG: 'p.yaml', PULLABLE_TIMEOUT: '2s', PULLABLE_PORT: '2', PULLABLE_VIEW: '' },
      PULLABLE_INSECURE_REGISTRY: 'c,d',
    }
    const config = await configOf({ files, env, argv: ['--port', '3', '--port', '4'] })
    expect([config.timeoutMs, config.serve, config.registries.insecure, config.view]).toEqual([
      2000,
      { port: 4, metricsPort: 1, certificates },
      ['c', 'd'],
      undefined,
    ])
  })

  it('passes over the variables that a Service named pullable gives to every pod beside it', async () => {
    const env = {
      PULLABLE_PORT: 'tcp://10.0.0.7:443',
      PULLABLE_SERVICE_HOST: '10.0.0.7',
      PULLABLE_PORT_443_TCP_PORT: '443',
    }
    expect((await configOf({ env })).serve.port).toBe(8443)
  })

  it('is frozen to its depth', async () => {
    const config = await configOf({ argv: ['--platform', 'linux/amd64'] })
    expect(
      [config, config.nodes, config.nodes.platforms[0], config.causes].every((part) => Object.isFrozen(part)),
    ).toBe(true)
  })

  it.each([
    ['an empty file', ''],
    ['only comments', '# nothing yet\n'],
    ['keys without values', 'nodes:\ncauses:\nview:\ncheck:\n  output:\n'],
  ])('takes %s', async (_, text) => {
    expect(await configOf(withFile(text))).toEqual(await configOf({}))
  })

  it('enforces in check, whatever the file says', async () => {
    expect(
      (await configOf({ ...withFile('mode: audit'), command: 'check', argv: ['--config', '/etc/p.yaml', '-'] })).mode,
    ).toBe('enforce')
  })
})

/** A kind that is right but for this. */
function custom(wrong: string): string {
  const right = {
    group: 'acme.test',
    versions: '[v1]',
    kind: 'Machine',
    resource: 'machines',
    template: 'spec.template',
  }
  const key = wrong.split(':', 1)[0]
  const rest = Object.entries(right).filter(([name]) => name !== key)
  return `workloads: [{${[wrong, ...rest.map(([name, value]) => `${name}: ${value}`)].join(', ')}}]`
}

describe('misuse', () => {
  const cases: readonly (readonly [Given, string])[] = [
    [{ argv: ['--platfrom', 'x'] }, 'pullable serve has no flag "--platfrom"; did you mean --platform?'],
    [{ argv: ['--tlscertfile=x'] }, 'pullable serve has no flag "--tlscertfile"; did you mean --tls-cert-file?'],
    [{ argv: ['--zebra'] }, 'pullable serve has no flag "--zebra" (see pullable serve --help)'],
    [{ argv: ['-x'] }, 'pullable serve has no flag "-x" (see pullable serve --help)'],
    [{ argv: ['--\u001b[31mred'] }, 'pullable serve has no flag "-- [31mred" (see pullable serve --help)'],
    [{ argv: ['--output', 'json'] }, '--output is a flag of pullable check, not of serve'],
    [{ argv: ['extra'] }, 'pullable serve takes no arguments'],
    [
      { command: 'check' },
      'nothing to check: name files or directories, or - for standard input (see pullable check --help)',
    ],
    [
      { argv: ['--timeout', '10'] },
      '--timeout: "10" is not a duration above zero and up to 1h, such as 500ms, 10s or 1m30s',
    ],
    [{ argv: ['--port'] }, '--port needs a value: a port, 0 to 65535'],
    [{ argv: ['--port', '-q'] }, '--port needs a value: a port, 0 to 65535'],
    [{ argv: ['--port=-1'] }, '--port: "-1" is not a port, 0 to 65535'],
    [{ argv: ['--port', '65536'] }, '--port: "65536" is not a port, 0 to 65535'],
    [{ argv: ['--view='] }, '--view: "" is not the path of a directory'],
    [{ argv: ['--context='] }, '--context: "" is not the name of a context in a kubeconfig'],
    [
      { argv: ['--view=v', '--context=c', '--kubeconfig=k'] },
      '--view declares the whole cluster, and --kubeconfig reads one: give one of them',
    ],
    [
      { argv: ['--view=v'], env: { PULLABLE_CONTEXT: 'c' } },
      '--view declares the whole cluster, and --context reads one: give one of them',
    ],
    [
      { ...withFile('cluster: {context: c}'), env: { PULLABLE_VIEW: 'v' } },
      '--view declares the whole cluster, and --context reads one: give one of them',
    ],
    [{ argv: ['--mode', 'dry'] }, '--mode: "dry" is not audit or enforce'],
    [
      { argv: ['--platform', 'amd64,linux'] },
      '--platform: "amd64" is not a platform, such as linux/amd64 or linux/arm/v7',
    ],
    [
      { argv: ['--insecure-registry', 'http://a'] },
      '--insecure-registry: "http://a" is not a registry host without a scheme or path, such as registry.local:5000',
    ],
    [{ env: { PULLABLE_MODE: 'x' } }, 'PULLABLE_MODE: "x" is not audit or enforce'],
    [
      { argv: ['--tls-cert-file', 'c'] },
      '--tls-cert-file and --tls-private-key-file go together: give both, or neither',
    ],
    [{ argv: ['--config', 'no.yaml'] }, 'the configuration file "no.yaml" cannot be read: no such file'],
    [
      withFile('serve: {tlsCertFile: c, tlsPrivateKeyFile: k, certificates: {mode: self}}'),
      'serve.certificates.mode: with self there are no --tls-cert-file and --tls-private-key-file',
    ],
    [withFile('workloads: argo-rollouts'), '/etc/p.yaml: workloads: "argo-rollouts" is not a list'],
    [
      withFile('workloads: [argo-rollout]'),
      '/etc/p.yaml: workloads[0]: "argo-rollout" is not a preset (argo-rollouts, keda, knative, openkruise), or a map of group, versions, kind, resource and template; did you mean argo-rollouts?',
    ],
    [
      withFile('workloads: [constructor]'),
      '/etc/p.yaml: workloads[0]: "constructor" is not a preset (argo-rollouts, keda, knative, openkruise), or a map of group, versions, kind, resource and template',
    ],
    [
      withFile('workloads: [knative, [keda]]'),
      '/etc/p.yaml: workloads[1]: a list is not a preset (argo-rollouts, keda, knative, openkruise), or a map of group, versions, kind, resource and template',
    ],
    [
      withFile('workloads: [{kind: Rollout, path: spec.template}]'),
      '/etc/p.yaml: workloads[0]: there is no key "path"',
    ],
    [
      withFile(custom('group: apps')),
      '/etc/p.yaml: workloads[0]: group: "apps" is not the group of a custom resource, such as argoproj.io',
    ],
    [withFile(custom('kind: rollout')), '/etc/p.yaml: workloads[0]: kind: "rollout" is not a kind, such as Rollout'],
    [withFile(custom('kind:')), '/etc/p.yaml: workloads[0]: kind: nothing is not a kind, such as Rollout'],
    [
      withFile(custom('resource: Rollouts')),
      '/etc/p.yaml: workloads[0]: resource: "Rollouts" is not a resource as the API server names it, such as rollouts',
    ],
    [
      withFile(custom('versions: v1')),
      '/etc/p.yaml: workloads[0]: versions: "v1" is not a list of versions, such as [v1alpha1]',
    ],
    [
      withFile(custom('versions: []')),
      '/etc/p.yaml: workloads[0]: versions: an empty list is not a list of versions, such as [v1alpha1]',
    ],
    [
      withFile(custom('versions: [V1]')),
      '/etc/p.yaml: workloads[0]: versions: "V1" is not a version, such as v1alpha1, or *',
    ],
    ...[
      'spec.jobs[0].template',
      'spec..template',
      '.spec',
      '',
      'spec.__proto__',
      'constructor',
      'spec.*',
      '$.spec',
    ].map((path): readonly [Given, string] => [
      withFile(custom(`template: "${path}"`)),
      `/etc/p.yaml: workloads[0]: template: "${path}" is not the path of a pod template by names alone, such as spec.template; none leads through a list`,
    ]),
    [
      withFile('controllers: [""]'),
      '/etc/p.yaml: controllers[0]: "" is not the name of a user or group as the API server gives it, up to 512 characters',
    ],
    [withFile('controllers: robot'), '/etc/p.yaml: controllers: "robot" is not a list'],
    [{ argv: ['--templates', 'no'] }, '--templates: "no" is not auto, deny or warn'],
    [
      withFile('mutators: {harmless: ["*"]}'),
      '/etc/p.yaml: mutators.harmless[0]: "*" is not the name of a webhook or policy, such as inject.example.com, or *.example.com for all that end so',
    ],
    [
      withFile('mutators: {harmless: ["*.*.test"]}'),
      '/etc/p.yaml: mutators.harmless[0]: "*.*.test" is not the name of a webhook or policy, such as inject.example.com, or *.example.com for all that end so',
    ],
    [withFile('serve: {certificates: self}'), '/etc/p.yaml: serve.certificates: "self" is not a map of keys to values'],
    [
      withFile('serve: {certificates: {mode: cert-manager}}'),
      '/etc/p.yaml: serve.certificates.mode: "cert-manager" is not files or self',
    ],
    [
      withFile('serve: {certificates: {secret: ../other}}'),
      '/etc/p.yaml: serve.certificates.secret: "../other" is not the name of an object: at most 253 lower-case letters, digits, - and .',
    ],
    [
      withFile('serve: {certificates: {service: a.b}}'),
      '/etc/p.yaml: serve.certificates.service: "a.b" is not the name of a Service: at most 63 lower-case letters, digits and -',
    ],
    [
      withFile('serve: {drain: 1h}'),
      '/etc/p.yaml: serve.drain: "1h" is not a duration from 0 to 5m, such as 0, 10s or 1m30s',
    ],
    [withFile('mod: audit'), '/etc/p.yaml: there is no key "mod"; did you mean mode?'],
    [withFile('hostsDir: x'), '/etc/p.yaml: there is no key "hostsDir"; did you mean nodes.hostsDir?'],
    [withFile('nodes: {hostDirs: x}'), '/etc/p.yaml: there is no key "nodes.hostDirs"; did you mean nodes.hostsDir?'],
    [withFile('zebra: x'), '/etc/p.yaml: there is no key "zebra"'],
    [withFile('__proto__: {mode: audit}'), '/etc/p.yaml: there is no key "__proto__"'],
    [withFile('- a'), '/etc/p.yaml: a list is not a map of keys to values'],
    [withFile('nodes: linux'), '/etc/p.yaml: nodes: "linux" is not a map of keys to values'],
    [withFile('registries: {insecure: a}'), '/etc/p.yaml: registries.insecure: "a" is not a list'],
    [withFile('serve: {port: 1.5}'), '/etc/p.yaml: serve.port: "1.5" is not a port, 0 to 65535'],
    [
      withFile('timeout: {s: 1}'),
      '/etc/p.yaml: timeout: a map is not a duration above zero and up to 1h, such as 500ms, 10s or 1m30s',
    ],
    [
      withFile('nodes: {platforms: [linux/amd64, linux]}'),
      '/etc/p.yaml: nodes.platforms[1]: "linux" is not a platform, such as linux/amd64 or linux/arm/v7',
    ],
    [withFile('causes: {rate-limited: no}'), '/etc/p.yaml: causes.rate-limited: "no" is not allow, warn or deny'],
    [
      withFile('causes: {rate-limted: deny}'),
      '/etc/p.yaml: causes: "rate-limted" is not a cause, such as rate-limited or registry-unreachable.dns; did you mean rate-limited?',
    ],
    [
      withFile('causes: {rate-limited.: deny}'),
      '/etc/p.yaml: causes: "rate-limited." is not a cause, such as rate-limited or registry-unreachable.dns; did you mean rate-limited?',
    ],
    [
      withFile('causes: {registry-unreachable.dnss: deny}'),
      '/etc/p.yaml: causes: "registry-unreachable.dnss" is not a cause, such as rate-limited or registry-unreachable.dns; did you mean registry-unreachable.dns?',
    ],
    [withFile('exemptions: [shop]'), '/etc/p.yaml: exemptions: a list is not a map of keys to values'],
    [
      withFile('exemptions: {namespace: [shop]}'),
      '/etc/p.yaml: there is no key "exemptions.namespace"; did you mean exemptions.namespaces?',
    ],
    [withFile('exemptions: {namespaces: shop}'), '/etc/p.yaml: exemptions.namespaces: "shop" is not a list'],
    [
      withFile('exemptions: {namespaces: [shop, team-*]}'),
      '/etc/p.yaml: exemptions.namespaces[1]: "team-*" is not the name of a namespace: at most 63 lower-case letters, digits and -',
    ],
    [
      withFile('exemptions: {namespaces: [{name: shop, ticket: OPS-1}]}'),
      '/etc/p.yaml: exemptions.namespaces[0]: there is no key "ticket"; an entry has a name and a reason',
    ],
    [
      withFile('exemptions: {namespaces: [{__proto__: {name: shop}}]}'),
      '/etc/p.yaml: exemptions.namespaces[0]: there is no key "__proto__"; an entry has a name and a reason',
    ],
    [
      withFile('exemptions: {namespaces: [{reason: OPS-1}]}'),
      '/etc/p.yaml: exemptions.namespaces[0]: name: nothing is not the name of a namespace: at most 63 lower-case letters, digits and -',
    ],
    [
      withFile('exemptions: {users: [{name: jane, reason: [OPS-1]}]}'),
      '/etc/p.yaml: exemptions.users[0]: reason: a list is not a line of text, up to 200 characters',
    ],
    [
      withFile('exemptions: {users: [{name: jane, reason: "a\\nb"}]}'),
      '/etc/p.yaml: exemptions.users[0]: reason: "a b" is not a line of text, up to 200 characters',
    ],
    [
      withFile('exemptions: {users: [""]}'),
      '/etc/p.yaml: exemptions.users[0]: "" is not the name of a user or group as the API server gives it, up to 512 characters',
    ],
    [
      withFile('exemptions: {groups: [[system:masters]]}'),
      '/etc/p.yaml: exemptions.groups[0]: a list is not the name of a user or group as the API server gives it, up to 512 characters',
    ],
    [
      withFile('exemptions: {runtimeClasses: [Kata]}'),
      '/etc/p.yaml: exemptions.runtimeClasses[0]: "Kata" is not the name of an object: at most 253 lower-case letters, digits, - and .',
    ],
    [
      withFile('exemptions: {images: [nginx]}'),
      '/etc/p.yaml: exemptions.images[0]: "nginx" is not a registry and a repository in lower case without a tag, such as ghcr.io/acme/*, ghcr.io/acme/** (all below) or docker.io/library/nginx',
    ],
    [
      withFile('exemptions: {registries: [ghcr.io]}'),
      '/etc/p.yaml: exemptions.registries: a list is not a map of keys to values',
    ],
    [
      withFile('exemptions: {registries: {ghcr.io: allow}}'),
      '/etc/p.yaml: exemptions.registries.ghcr.io: "allow" is not skip or warn',
    ],
    [
      withFile('exemptions: {registries: {ghcr.io/acme: skip}}'),
      '/etc/p.yaml: exemptions.registries: "ghcr.io/acme" is not a registry host in lower case, where * stands for a part of a label, such as ghcr.io or *.azurecr.io',
    ],
    [withFile('a: b: c'), '/etc/p.yaml:1: not YAML: Nested mappings are not allowed in compact mappings'],
    [withFile('mode: audit\nmode: audit'), '/etc/p.yaml:2: not YAML: Map keys must be unique'],
    [withFile('x'.repeat(300_000)), '/etc/p.yaml: too large for a configuration file'],
  ]
  it.each(cases)('%j', async (given, message) => {
    expect(await load(given)).toEqual({ kind: 'misuse', message })
  })
})
