import { describe, expect, it } from 'vitest'
import { at, podSpec, render } from './render.ts'
import type { Rendered } from './render.ts'
import { restrictedProblems } from './restricted.ts'
import type { PodSpec } from './restricted.ts'
import { valueSets, valuesOf } from './value-sets.ts'

/** The two ways in which an operator asks for what "restricted" forbids. */
const beyondRestricted: Readonly<Record<string, readonly string[]>> = {
  "the host's network": ['hostNetwork', 'containers[0].ports: hostPort'],
  'mirrors of the node': ['volumes: hostPath'],
}

describe('pods', () => {
  it.each(valueSets)('keep to Pod Security "restricted", and write nowhere: $name', async ({ name, values }) => {
    const rendered = await render(values)
    expect(restrictedProblems(webhookSpec(rendered))).toEqual(beyondRestricted[name] ?? [])
    const test = rendered.of('Pod')[0]?.['spec'] as PodSpec
    expect(restrictedProblems(test)).toEqual([])
    for (const { containers } of [webhookSpec(rendered), test])
      for (const { securityContext } of containers) expect(securityContext?.readOnlyRootFilesystem).toBe(true)
  })

  it('are replaced without a gap', async () => {
    const rendered = await render({})
    expect(rendered.get('Deployment')['spec']).toMatchObject({
      replicas: 2,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    })
    expect(podSpec(rendered)).toMatchObject({
      terminationGracePeriodSeconds: 35,
      // The variables of a Service with our name would be taken for configuration.
      enableServiceLinks: false,
      containers: [
        {
          args: ['serve', '--config=/etc/pullable/config/config.yaml'],
          readinessProbe: { httpGet: { path: '/readyz', port: 'metrics' } },
          livenessProbe: { httpGet: { path: '/healthz', port: 'metrics' } },
          ports: [
            { name: 'https', containerPort: 8443 },
            { name: 'metrics', containerPort: 8080 },
          ],
          resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
        },
      ],
    })
    expect(rendered.get('PodDisruptionBudget')['spec']).toMatchObject({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    })
  })

  it('make room for each other where they share the ports of a node', async () => {
    const rendered = await render(valuesOf("the host's network"))
    expect(rendered.get('Deployment')['spec']).toMatchObject({
      strategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    })
    expect(podSpec(rendered)).toMatchObject({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' })
  })

  it.each(valueSets)('are the ones that Service, budget, policy and spread select: $name', async ({ values }) => {
    const rendered = await render(values)
    const [deployment] = rendered.of('Deployment')
    const selector = at(deployment, 'spec.selector.matchLabels') as Readonly<Record<string, string>>
    expect(at(deployment, 'spec.template.metadata.labels')).toMatchObject(selector)
    expect(at(rendered.of('Service')[0], 'spec.selector')).toEqual(selector)
    for (const each of rendered.of('PodDisruptionBudget'))
      expect(at(each, 'spec.selector.matchLabels')).toEqual(selector)
    for (const each of rendered.of('NetworkPolicy')) expect(at(each, 'spec.podSelector.matchLabels')).toEqual(selector)
    // The test's own pod is no part of the Service.
    expect(rendered.of('Pod')[0]?.metadata.labels['app.kubernetes.io/component']).toBe('test')
  })

  it('are spread over nodes and zones', async () => {
    const selector = {
      'app.kubernetes.io/name': 'pullable',
      'app.kubernetes.io/instance': 'pullable',
      'app.kubernetes.io/component': 'webhook',
    }
    const over = (topologyKey: string): object => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: selector },
      matchLabelKeys: ['pod-template-hash'],
    })
    expect(at(podSpec(await render({})), 'topologySpreadConstraints')).toEqual([
      over('kubernetes.io/hostname'),
      over('topology.kubernetes.io/zone'),
    ])
    const placed = podSpec(await render(valuesOf('placement')))
    expect(placed).toMatchObject(pick(valuesOf('placement'), ['affinity', 'tolerations', 'topologySpreadConstraints']))
    expect(at(placed, 'nodeSelector')).toEqual({
      'kubernetes.io/os': 'linux',
      'node-role.kubernetes.io/control-plane': '',
    })
    expect(at(placed, 'priorityClassName')).toBe('system-cluster-critical')
  })

  it('are started anew with a new configuration', async () => {
    const checksums = await Promise.all(
      [{}, { floor: 'none' }, { floor: 'baseline' }].map(async (values) => {
        const rendered = await render(values)
        return at(rendered.get('Deployment'), 'spec.template.metadata.annotations.checksum/config')
      }),
    )
    expect(checksums[0]).toBe(checksums[1])
    expect(checksums[0]).not.toBe(checksums[2])
  })

  it('take the image by tag or digest', async () => {
    const image = async (values: object): Promise<unknown> =>
      at(podSpec(await render({ image: values })), 'containers.0.image')
    expect(await image({})).toBe('pullable:0.1.0')
    expect(await image({ registry: 'r.example:5000', repository: 'a/b', tag: 'v2' })).toBe('r.example:5000/a/b:v2')
    const digest = `sha256:${'0'.repeat(64)}`
    expect(await image({ registry: 'r.example', tag: 'v2', digest })).toBe(`r.example/pullable@${digest}`)
  })

  it('are told of proxies, by value or from a Secret that must hold the one for HTTPS', async () => {
    const environment = async (values: object): Promise<unknown> =>
      (at(podSpec(await render(values)), 'containers.0.env') as readonly unknown[]).slice(1)
    const from = (key: string, more: object = {}): object => {
      return { name: key, valueFrom: { secretKeyRef: { name: 'proxy-login', key, ...more } } }
    }
    expect(await environment({})).toEqual([])
    expect(await environment(valuesOf('behind a proxy'))).toEqual([
      { name: 'HTTPS_PROXY', value: 'https://proxy.example:3129/' },
      { name: 'HTTP_PROXY', value: 'proxy.example:3128' },
      { name: 'NO_PROXY', value: 'registry.local,.svc,10.0.0.0/8' },
    ])
    expect(await environment(valuesOf('behind a proxy with a password, asking for certificates'))).toEqual([
      from('HTTPS_PROXY'),
      from('HTTP_PROXY', { optional: true }),
      { name: 'NO_PROXY', value: '.svc' },
    ])
  })
})

function webhookSpec(rendered: Rendered): PodSpec {
  return podSpec(rendered) as PodSpec
}

function pick(from: Readonly<Record<string, unknown>>, keys: readonly string[]): object {
  return Object.fromEntries(keys.map((key) => [key, from[key]]))
}
