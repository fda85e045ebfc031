import { expect, it } from 'vitest'
import { readRunningPod } from '../../../src/engine/nodes/index.ts'

const spec = {
  nodeName: 'n1',
  initContainers: [{ name: 'setup', image: 'busybox:1.36' }],
  containers: [
    { name: 'web', image: 'ghcr.io/acme/web:v2', volumeMounts: [{ name: 'model' }] },
    { name: 'log', image: 'quay.io/acme/log@sha256:' + 'a'.repeat(64) },
  ],
  volumes: [{ name: 'model', image: { reference: 'acme/model:1' } }],
}
const has = (name: string): object => ({ name, imageID: `sha256:${name}` })
const status = {
  phase: 'Running',
  initContainerStatuses: [has('setup')],
  containerStatuses: [has('web'), has('log')],
}
const pod = (changes: object = {}, more: object = {}): object => ({
  metadata: { name: 'p' },
  spec: { ...spec, ...more },
  status: { ...status, ...changes },
})
const all = [
  'docker.io/library/busybox:1.36',
  'ghcr.io/acme/web:v2',
  `quay.io/acme/log@sha256:${'a'.repeat(64)}`,
  'docker.io/acme/model:1',
]

it.each<[string, unknown, readonly string[] | undefined]>([
  ['a pod as a list has it, without a kind', pod(), all],
  ['one that says its kind', { ...pod(), apiVersion: 'v1', kind: 'Pod' }, all],
  ['one that has not started', pod({ phase: 'Pending' }), undefined],
  ['one that has ended', pod({ phase: 'Succeeded' }), undefined],
  ['one on no node', pod({}, { nodeName: '' }), undefined],
  [
    'one of whose images one cannot be pulled',
    pod({ containerStatuses: [has('web'), { name: 'log', imageID: '' }] }),
    all.filter((name) => !name.includes('log')),
  ],
  [
    'one whose statuses are none',
    pod({ initContainerStatuses: 'x', containerStatuses: [null, 7, { name: 'web', imageID: 7 }] }),
    ['docker.io/acme/model:1'],
  ],
  [
    'a status of another list',
    pod({ initContainerStatuses: [], containerStatuses: [has('setup')] }),
    ['docker.io/acme/model:1'],
  ],
  [
    'an ephemeral container',
    pod({ ephemeralContainerStatuses: [has('debug')] }, { ephemeralContainers: [{ name: 'debug', image: 'debug:1' }] }),
    [all[0] ?? '', all[1] ?? '', all[2] ?? '', 'docker.io/library/debug:1', all[3] ?? ''],
  ],
  [
    'the same image twice',
    pod(
      { containerStatuses: [has('a'), has('b')] },
      {
        initContainers: [],
        volumes: [],
        containers: [
          { name: 'a', image: 'x:1' },
          { name: 'b', image: 'docker.io/library/x:1' },
        ],
      },
    ),
    ['docker.io/library/x:1'],
  ],
  [
    'an image that is no reference',
    pod(
      { containerStatuses: [has('a')] },
      { initContainers: [], volumes: [], containers: [{ name: 'a', image: 'X' }] },
    ),
    [],
  ],
  ['a status that is inherited', Object.assign(Object.create({ status }) as object, { spec }), undefined],
  ['a broken pod', pod({}, { containers: 7 }), undefined],
  ['nothing', undefined, undefined],
  ['a list', [], undefined],
])('%s', (_, object, images) => {
  expect(readRunningPod(object)).toEqual(images === undefined ? undefined : { node: 'n1', images })
})
