import { describe, expect, it } from 'vitest'
import { customKindPresets, specPathOf } from '../../src/engine/workload/index.ts'
import { at, render } from './render.ts'
import type { Manifest, Rendered } from './render.ts'
import { CA_BUNDLE, valueSets, valuesOf } from './value-sets.ts'

interface Webhook {
  readonly name: string
  readonly rules: readonly {
    readonly apiGroups: readonly string[]
    readonly apiVersions: readonly string[]
    readonly resources: readonly string[]
    readonly operations: readonly string[]
    readonly scope: string
  }[]
  readonly matchConditions: readonly { readonly name: string; readonly expression: string }[]
  readonly clientConfig: Readonly<Record<string, unknown>>
  readonly namespaceSelector: unknown
}

/** Every namespaced kind of the groups in which the engine knows one, as Kubernetes 1.36 serves them, by resource. */
const served: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  v1: {
    bindings: 'Binding',
    configmaps: 'ConfigMap',
    endpoints: 'Endpoints',
    events: 'Event',
    limitranges: 'LimitRange',
    persistentvolumeclaims: 'PersistentVolumeClaim',
    pods: 'Pod',
    podtemplates: 'PodTemplate',
    replicationcontrollers: 'ReplicationController',
    resourcequotas: 'ResourceQuota',
    secrets: 'Secret',
    serviceaccounts: 'ServiceAccount',
    services: 'Service',
  },
  'apps/v1': {
    controllerrevisions: 'ControllerRevision',
    daemonsets: 'DaemonSet',
    deployments: 'Deployment',
    replicasets: 'ReplicaSet',
    statefulsets: 'StatefulSet',
  },
  'batch/v1': { cronjobs: 'CronJob', jobs: 'Job' },
}

const common = {
  admissionReviewVersions: ['v1'],
  failurePolicy: 'Ignore',
  matchPolicy: 'Equivalent',
  sideEffects: 'None',
  timeoutSeconds: 10,
  clientConfig: { service: { name: 'pullable', namespace: 'pullable-system', path: '/validate', port: 443 } },
  namespaceSelector: {
    matchExpressions: [
      {
        key: 'kubernetes.io/metadata.name',
        operator: 'NotIn',
        values: ['kube-system', 'kube-node-lease', 'pullable-system'],
      },
      { key: 'pullable.dev/ignore', operator: 'DoesNotExist' },
    ],
  },
}

describe('the webhook configuration', () => {
  it('has these three webhooks', async () => {
    const webhooks = webhooksOf(await render({}))
    const [pods, workloads, namespaces] = webhooks
    expect(webhooks).toHaveLength(3)
    expect(pods).toMatchObject({ name: 'pods.pullable.dev', ...common })
    expect(workloads).toMatchObject({ name: 'workloads.pullable.dev', ...common })
    expect(pods?.matchConditions.map(({ name }) => name)).toEqual(['not-a-mirror-pod', 'spec-changes'])
    expect(workloads?.matchConditions.map(({ name }) => name)).toEqual(['spec-changes'])
    expect(namespaces).toMatchObject({ name: 'namespaces.pullable.dev', ...common })
    expect(namespaces?.rules).toEqual([
      {
        apiGroups: [''],
        apiVersions: ['v1'],
        resources: ['namespaces', 'namespaces/status', 'namespaces/finalize'],
        operations: ['CREATE', 'UPDATE'],
        scope: 'Cluster',
      },
    ])
    expect(namespaces?.matchConditions.map(({ name }) => name)).toEqual(['our-labels-change'])
  })

  it('asks about exactly the kinds that are judged, when they are made and changed', async () => {
    const ofPods = webhooksOf(await render({})).filter(({ name }) => name !== 'namespaces.pullable.dev')
    const asked = ofPods.flatMap(({ rules }) =>
      rules.flatMap(({ apiGroups, apiVersions, resources, operations, scope }) =>
        apiGroups.flatMap((group) =>
          apiVersions.flatMap((version) => {
            const apiVersion = group === '' ? version : `${group}/${version}`
            return resources.map((resource) => `${apiVersion} ${resource} ${operations.join()} ${scope}`)
          }),
        ),
      ),
    )
    const judged = Object.entries(served).flatMap(([apiVersion, kinds]) =>
      Object.entries(kinds)
        .filter(([, kind]) => specPathOf(apiVersion, kind) !== undefined)
        .map(([resource]) => `${apiVersion} ${resource} CREATE,UPDATE Namespaced`),
    )
    expect(judged).toHaveLength(9)
    expect(asked.sort()).toEqual([...judged, 'v1 pods/ephemeralcontainers UPDATE Namespaced'].sort())
  })

  it('asks about the kinds that are configured, those of the presets as the engine has them', async () => {
    const webhooks = webhooksOf(await render(valuesOf('custom kinds')))
    const usual = webhooksOf(await render({})).find(({ name }) => name === 'workloads.pullable.dev')
    const rules = webhooks.find(({ name }) => name === 'workloads.pullable.dev')?.rules
    const asked = (group: string, versions: readonly string[], resource: string) => ({
      apiGroups: [group],
      apiVersions: versions,
      resources: [resource],
      operations: ['CREATE', 'UPDATE'],
      scope: 'Namespaced',
    })
    const presets = ['argo-rollouts', 'knative'].flatMap((name) => customKindPresets[name] ?? [])
    expect(presets).toHaveLength(3)
    expect(rules).toEqual([
      ...(usual?.rules ?? []),
      ...presets.map(({ group, versions, resource }) => asked(group, versions, resource)),
      asked('acme.example', ['v1', 'v2'], 'machines'),
    ])
  })

  it('keeps what it must never be in the way of, whatever is added', async () => {
    const webhooks = webhooksOf(await render(valuesOf('failing closed, for some namespaces')))
    const [ofName, ofLabel] = common.namespaceSelector.matchExpressions
    const values = ['kube-system', 'kube-node-lease', 'pullable-system', 'cert-manager']
    for (const webhook of webhooks) {
      // A namespace is never refused for want of an answer.
      const failurePolicy = webhook.name === 'namespaces.pullable.dev' ? 'Ignore' : 'Fail'
      expect(webhook).toMatchObject({ failurePolicy, timeoutSeconds: 5 })
      expect(webhook.namespaceSelector).toEqual({
        matchLabels: { team: 'shop' },
        matchExpressions: [{ ...ofName, values }, ofLabel, { key: 'env', operator: 'In', values: ['prod'] }],
      })
      expect(webhook.matchConditions.at(-1)).toEqual({
        name: 'not-a-robot',
        expression: "request.userInfo.username != 'robot'",
      })
    }
  })

  it.each(valueSets)(
    'points at its Service, and has the authority that its certificates need: $name',
    async ({ name, values }) => {
      const rendered = await render(values)
      const service = rendered.of('Service')[0]
      const [{ targetPort, port } = {}] = at(service, 'spec.ports') as { targetPort?: string; port?: number }[]
      expect([targetPort, port]).toEqual(['https', 443])
      const expected = {
        service: { name: service?.metadata.name, namespace: 'pullable-system', path: '/validate', port: 443 },
        ...(name === 'certificates from files' ? { caBundle: CA_BUNDLE } : {}),
      }
      for (const { clientConfig } of webhooksOf(rendered)) expect(clientConfig).toEqual(expected)
      const annotation = configuration(rendered).metadata.annotations?.['cert-manager.io/inject-ca-from']
      expect(annotation).toBe(name.startsWith('cert-manager') ? 'pullable-system/pullable' : undefined)
    },
  )
})

describe('the guard', () => {
  it('stands before every way to write a label of a namespace', async () => {
    const { spec } = (await render({})).get('ValidatingAdmissionPolicy', 'pullable-guard')
    expect(spec).toMatchObject({
      failurePolicy: 'Fail',
      matchConstraints: {
        matchPolicy: 'Equivalent',
        resourceRules: [
          {
            apiGroups: [''],
            apiVersions: ['v1'],
            resources: ['namespaces', 'namespaces/status', 'namespaces/finalize'],
            operations: ['CREATE', 'UPDATE'],
          },
        ],
      },
    })
  })

  it('denies', async () => {
    const { spec } = (await render({})).get('ValidatingAdmissionPolicyBinding', 'pullable-guard')
    expect(spec).toEqual({ policyName: 'pullable-guard', validationActions: ['Deny'] })
  })
})

function configuration(rendered: Rendered): Manifest {
  const [found] = rendered.of('ValidatingWebhookConfiguration')
  if (found === undefined) throw new Error('no webhook configuration')
  return found
}

function webhooksOf(rendered: Rendered): readonly Webhook[] {
  return configuration(rendered)['webhooks'] as readonly Webhook[]
}
