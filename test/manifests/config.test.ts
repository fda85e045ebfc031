// The chart writes a configuration file: what it writes is what the product reads.
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../src/edges/config/index.ts'
import type { ConfigReading } from '../../src/edges/config/index.ts'
import { at, podSpec, render } from './render.ts'
import type { Rendered } from './render.ts'
import { valueSets, valuesOf } from './value-sets.ts'

describe('the configuration file', () => {
  it.each(valueSets)('is one that the product reads: $name', async ({ values }) => {
    expect(await read(fileOf(await render(values)))).toMatchObject({ kind: 'config' })
  })

  it('says what the values say', async () => {
    const values = {
      ...valuesOf('enforcing'),
      ...valuesOf('mirrors by host, credentials of nodes, registries'),
      ...valuesOf('certificates from files'),
      ...valuesOf('harmless mutators'),
      ...valuesOf('controllers'),
      ...valuesOf('custom kinds'),
      ...valuesOf('behind a proxy with a password, asking for certificates'),
      port: 9443,
      metricsPort: 9080,
      webhook: { timeoutSeconds: 7 },
    }
    expect(parse(fileOf(await render(values)))).toEqual({
      mode: 'enforce',
      timeout: '7s',
      defaults: { enforce: 'strict', warn: 'none', audit: 'baseline' },
      floor: 'baseline',
      causes: { 'rate-limited': 'deny', 'registry-unreachable.dns': 'allow' },
      templates: 'auto',
      workloads: valuesOf('custom kinds')['workloads'],
      controllers: ['system:serviceaccount:argo-rollouts:argo-rollouts'],
      mutators: { harmless: ['inject.example.com', '*.sidecars.example.com'] },
      nodes: {
        credentials: ['*.dkr.ecr.*.amazonaws.com', 'registry.example:5000'],
        hostsDir: '/etc/pullable/hosts',
      },
      registries: {
        caFile: '/etc/pullable/ca/ca.crt',
        insecure: ['registry.local:5000'],
        allowAddresses: ['169.254.20.10'],
      },
      serve: {
        port: 9443,
        metricsPort: 9080,
        clientCAFile: '/etc/pullable/client-ca/ca.crt',
        forecasts: 'pullable-forecasts',
        tlsCertFile: '/etc/pullable/tls/tls.crt',
        tlsPrivateKeyFile: '/etc/pullable/tls/tls.key',
      },
    })
  })

  it('has the exemptions as they are given', async () => {
    const values = valuesOf('exemptions')
    const rendered = await render(values)
    expect(parse(fileOf(rendered))).toMatchObject(values)
    expect(await read(fileOf(rendered))).toMatchObject({
      kind: 'config',
      config: {
        exemptions: {
          namespaces: [
            { name: 'cert-manager' },
            { name: 'shop-migration', reason: 'SHOP-1042, until the move is done' },
          ],
          registries: { 'registry.example:5000': 'skip', '*.azurecr.io': 'warn', localhost: 'warn' },
        },
      },
    })
  })

  it('denies nothing by default, and leaves the preset of credentials alone unless a list is given', async () => {
    const { nodes, ...rest } = parse(fileOf(await render({}))) as { nodes?: unknown; mode: string }
    expect([rest.mode, nodes]).toEqual(['audit', undefined])
    const none = parse(fileOf(await render(valuesOf('no credentials of nodes')))) as { nodes: unknown }
    expect(none.nodes).toEqual({ credentials: [] })
  })
})

describe('the files that it names', () => {
  it('are mounted', async () => {
    const values = {
      ...valuesOf('mirrors by host, credentials of nodes, registries'),
      ...valuesOf('certificates from files'),
      ...valuesOf('behind a proxy with a password, asking for certificates'),
    }
    const rendered = await render(values)
    const spec = podSpec(rendered)
    expect(at(spec, 'volumes')).toEqual([
      { name: 'config', configMap: { name: 'pullable', items: [{ key: 'config.yaml', path: 'config.yaml' }] } },
      {
        name: 'tls',
        secret: {
          secretName: 'my-tls',
          items: [
            { key: 'tls.crt', path: 'tls.crt' },
            { key: 'tls.key', path: 'tls.key' },
          ],
        },
      },
      {
        name: 'hosts',
        configMap: {
          name: 'pullable-hosts',
          items: [
            { key: 'hosts-0.toml', path: '_default/hosts.toml' },
            { key: 'hosts-1.toml', path: 'registry.example:5000/hosts.toml' },
          ],
        },
      },
      { name: 'ca', configMap: { name: 'company-ca', items: [{ key: 'root.pem', path: 'ca.crt' }] } },
      { name: 'client-ca', configMap: { name: 'api-server-ca', items: [{ key: 'client.pem', path: 'ca.crt' }] } },
    ])
    const mounts = at(spec, 'containers.0.volumeMounts') as readonly { name: string; mountPath: string }[]
    expect(mounts.map(({ name, mountPath }) => `${name} ${mountPath}`)).toEqual([
      'config /etc/pullable/config',
      'tls /etc/pullable/tls',
      'hosts /etc/pullable/hosts',
      'ca /etc/pullable/ca',
      'client-ca /etc/pullable/client-ca',
    ])
    expect(rendered.get('ConfigMap', 'pullable-hosts')['data']).toEqual({
      'hosts-0.toml': '[host."https://m.example"]\n',
      'hosts-1.toml': 'server = "https://mirror.example"\n',
    })
  })
})

function fileOf(rendered: Rendered): string {
  const found = rendered.of('ConfigMap').find((each) => Object.keys(each['data'] ?? {}).includes('config.yaml'))
  return (found?.['data'] as Readonly<Record<string, string>>)['config.yaml'] ?? ''
}

async function read(file: string): Promise<ConfigReading> {
  return loadConfig({
    command: 'serve',
    argv: ['--config=config.yaml'],
    env: {},
    readFile: () => Promise.resolve(file),
  })
}
