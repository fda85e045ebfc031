import { describe, expect, test } from 'vitest'

import { makerOf, usesToJudge, whyNotJudged } from '../../../src/engine/admission/index.ts'
import type { AdmissionRequest, JudgingScope } from '../../../src/engine/admission/index.ts'
import type { Workload } from '../../../src/engine/workload/index.ts'
import { placement, request, use, workload } from './build.ts'

describe('whyNotJudged', () => {
  const resource = (group: string, name: string) => ({ group, version: 'v1', resource: name })
  const kind = (group: string, name: string) => ({ group, version: 'v1', kind: name })
  const pods = resource('', 'pods')
  const nodes = ['system:nodes', 'system:authenticated']
  const machine = {
    group: 'acme.test',
    versions: ['v1'],
    kind: 'Machine',
    resource: 'machines',
    template: 'spec.template',
  }
  const rows: readonly [string, Partial<AdmissionRequest>, Partial<JudgingScope>, string | undefined][] = [
    ['a pod', {}, {}, undefined],
    ['an update', { operation: 'UPDATE' }, {}, undefined],
    ['a deletion', { operation: 'DELETE', object: null }, {}, 'operation'],
    ['exec', { operation: 'CONNECT', subResource: 'exec', kind: kind('', 'PodExecOptions') }, {}, 'operation'],
    ['an operation of the future', { operation: 'GROW' }, {}, 'operation'],
    ['a status', { operation: 'UPDATE', subResource: 'status' }, {}, 'subresource'],
    ['an eviction', { subResource: 'eviction', kind: kind('policy', 'Eviction') }, {}, 'subresource'],
    ['a binding', { subResource: 'binding', kind: kind('', 'Binding') }, {}, 'subresource'],
    ['a resize', { operation: 'UPDATE', subResource: 'resize' }, {}, 'subresource'],
    ...['attach', 'exec', 'log', 'portforward', 'proxy'].map(
      (subResource): [string, Partial<AdmissionRequest>, object, string] => [
        `${subResource}, made as no server makes it`,
        { subResource },
        {},
        'subresource',
      ],
    ),
    ['a subresource in other letters', { operation: 'UPDATE', subResource: 'Status' }, {}, undefined],
    ['an ephemeral container', { operation: 'UPDATE', subResource: 'ephemeralcontainers' }, {}, undefined],
    ['a subresource of the future', { operation: 'UPDATE', subResource: 'newcontainers' }, {}, undefined],
    ...['status', 'scale', 'newthing'].map((subResource): [string, Partial<AdmissionRequest>, object, string] => [
      `${subResource} of a Deployment`,
      { subResource, kind: kind('apps', 'Deployment'), resource: resource('apps', 'deployments') },
      {},
      'subresource',
    ]),
    ['pods of another group', { subResource: 'x', resource: resource('metrics.k8s.io', 'pods') }, {}, 'subresource'],
    ['a Deployment', { kind: kind('apps', 'Deployment') }, {}, undefined],
    ['a CronJob', { kind: kind('batch', 'CronJob') }, {}, undefined],
    ['a ConfigMap', { kind: kind('', 'ConfigMap') }, {}, 'kind'],
    ['a Deployment of another group', { kind: kind('acme.test', 'Deployment') }, {}, 'kind'],
    ['a custom kind', { kind: kind('acme.test', 'Machine') }, { customKinds: [machine] }, undefined],
    ['another kind of its group', { kind: kind('acme.test', 'Engine') }, { customKinds: [machine] }, 'kind'],
    ['a kind of prototypes', { kind: kind('', 'constructor') }, {}, 'kind'],
    ['kube-system', { namespace: 'kube-system' }, {}, 'system-namespace'],
    ['kube-node-lease', { namespace: 'kube-node-lease' }, {}, 'system-namespace'],
    ['kube-public', { namespace: 'kube-public' }, {}, undefined],
    ['our own', { namespace: 'pullable-system' }, {}, 'own-namespace'],
    ['no namespace, where we have none', { namespace: '' }, { ownNamespace: '' }, undefined],
    ['being deleted', { operation: 'UPDATE' }, { workload: workload({ deleting: true }) }, 'being-deleted'],
    ['a mirror pod', { groups: nodes }, { workload: workload({ mirror: true }) }, 'mirror-pod'],
    ['an annotation that anyone can write', {}, { workload: workload({ mirror: true }) }, undefined],
    ["a kubelet's other pod", { groups: nodes }, { workload: workload() }, undefined],
  ]
  test.each(rows)('%s', (_name, changes, scope, expected) => {
    const asked = request({ resource: pods, ...changes })
    expect(whyNotJudged(asked, { ownNamespace: 'pullable-system', ...scope })).toBe(expected)
  })
})

describe('usesToJudge', () => {
  const app = use('app', 'nginx:1')
  const side = use('side', 'envoy:1')
  const init = use('init', 'busybox:1', { role: 'init' })
  const debug = use('debug', 'busybox:2', { role: 'ephemeral' })
  const old = workload({ uses: [init, app, side] })
  const template = { template: true, kind: 'Deployment' }
  const toleration = { key: 'gpu', operator: 'Exists', value: '', effect: 'NoSchedule' }
  const tolerant = placement({ tolerations: [toleration] })
  const onNode = placement({ nodeName: 'node-1' })

  const rows: readonly [string, Workload, Workload | undefined, readonly string[]][] = [
    ['nothing of ours', workload({ uses: [init, app, side], name: 'renamed' }), old, []],
    ['being deleted, with a finalizer less', workload({ uses: [init, app, side], deleting: true }), old, []],
    ['in another order', workload({ uses: [init, side, { ...app, field: 'elsewhere' }] }), old, []],
    ['an image', workload({ uses: [init, { ...app, image: 'nginx:2' }, side] }), old, ['app']],
    ['a pull policy', workload({ uses: [init, { ...app, pullPolicy: 'Always' }, side] }), old, ['app']],
    ['one more', workload({ uses: [...old.uses, use('more', 'nginx:1')] }), old, ['more']],
    ['one less', workload({ uses: [app] }), old, []],
    ['an ephemeral container', workload({ uses: [...old.uses, debug] }), old, ['debug']],
    ['a second one', workload({ uses: [debug, { ...debug, name: 'again' }] }), workload({ uses: [debug] }), ['again']],
    [
      'the same name in another role',
      workload({ uses: [{ ...app, role: 'init' }] }),
      workload({ uses: [app] }),
      ['app'],
    ],
    [
      'images that change places',
      workload({
        uses: [
          { ...app, image: 'envoy:1' },
          { ...side, image: 'nginx:1' },
        ],
      }),
      workload({ uses: [app, side] }),
      ['app', 'side'],
    ],
    ['the runtime class', workload({ uses: [init, app], runtimeClass: 'kata' }), old, ['init', 'app']],
    ['the service account', workload({ uses: [init, app], serviceAccount: 'builder' }), old, ['init', 'app']],
    ['a pull secret', workload({ uses: [init, app], pullSecrets: ['a'], pullSecretsSaid: true }), old, ['init', 'app']],
    ['pull secrets said to be none', workload({ uses: [init, app], pullSecretsSaid: true }), old, ['init', 'app']],
    [
      'a toleration in a template',
      workload({ ...template, uses: [app], placement: tolerant }),
      workload({ ...template, uses: [app] }),
      ['app'],
    ],
    ['a toleration of a pod that waits', workload({ uses: [app], placement: tolerant }), old, ['app']],
    [
      'a toleration of a pod on its node',
      workload({ uses: [app], placement: { ...tolerant, nodeName: 'node-1' } }),
      workload({ uses: [app], placement: onNode }),
      [],
    ],
    ['a node', workload({ uses: [app], placement: onNode }), old, ['app']],
    [
      'a selector',
      workload({ ...template, uses: [app], placement: placement({ nodeSelector: { a: 'b' } }) }),
      workload({ ...template, uses: [app] }),
      ['app'],
    ],
    ['no old object to compare with', workload({ uses: [app] }), undefined, ['app']],
  ]
  test.each(rows)('an update of: %s', (_name, now, before, names) => {
    expect(usesToJudge('UPDATE', now, before).map(({ name }) => name)).toEqual(names)
  })

  test('all of what is created', () => {
    expect(usesToJudge('CREATE', old, undefined)).toEqual(old.uses)
    expect(usesToJudge('CREATE', old, old)).toEqual(old.uses)
  })

  test('a toleration in another order of its keys is the same', () => {
    const reordered = { effect: 'NoSchedule', value: '', operator: 'Exists', key: 'gpu' }
    const before = workload({ placement: tolerant })
    expect(usesToJudge('UPDATE', workload({ placement: placement({ tolerations: [reordered] }) }), before)).toEqual([])
  })
})

describe('makerOf', () => {
  const owned = workload({ controller: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1' } })
  const controllerAccount = 'system:serviceaccount:kube-system:replicaset-controller'
  const rows: readonly [string, string, Workload, readonly string[], string][] = [
    ['a person', 'jane', workload(), [], 'person'],
    ['a person who names an owner', 'jane', owned, [], 'person'],
    ['a controller', controllerAccount, owned, [], 'controller'],
    ['a controller, for nobody', controllerAccount, workload(), [], 'person'],
    ['the controller manager', 'system:kube-controller-manager', owned, [], 'controller'],
    ...['daemon-set', 'statefulset', 'job', 'cronjob', 'replication', 'deployment'].map(
      (name): [string, string, Workload, readonly string[], string] => [
        `the ${name} controller`,
        `system:serviceaccount:kube-system:${name}-controller`,
        owned,
        [],
        'controller',
      ],
    ),
    ['its name in another namespace', 'system:serviceaccount:shop:replicaset-controller', owned, [], 'person'],
    [
      'a configured one',
      'system:serviceaccount:argo:rollouts',
      owned,
      ['system:serviceaccount:argo:rollouts'],
      'controller',
    ],
    [
      'one that is not',
      'system:serviceaccount:argo:rollouts-2',
      owned,
      ['system:serviceaccount:argo:rollouts'],
      'person',
    ],
    ['nobody', '', owned, [], 'person'],
  ]
  test.each(rows)('%s', (_name, username, object, configured, expected) => {
    expect(makerOf(request({ username }), object, configured)).toBe(expected)
  })
})
