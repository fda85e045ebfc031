import { expect, test } from 'vitest'
import { assumedNode, hostsOf, readNode } from '../../../src/engine/nodes/index.ts'
import type { Node } from '../../../src/engine/nodes/index.ts'

const NODE: Node = {
  name: 'n1',
  labels: {},
  taints: [],
  unschedulable: false,
  platform: undefined,
  runtime: { name: 'unknown', version: '' },
  hostKey: '',
  images: { names: new Set(), complete: false },
  verifies: true,
  assumed: false,
}

test('a node as a cluster gives it', () => {
  const node = readNode({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1', labels: { 'kubernetes.io/arch': 'arm64', 'kubernetes.io/os': 'linux', zone: 'a' } },
    spec: { unschedulable: true, taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule', timeAdded: 'x' }] },
    status: {
      nodeInfo: {
        operatingSystem: 'linux',
        architecture: 'amd64',
        containerRuntimeVersion: 'containerd://2.1.4',
        kubeletVersion: 'v1.34.1',
      },
      images: [{ names: ['docker.io/library/nginx:1.25', 'docker.io/library/nginx@sha256:aa'], sizeBytes: 7 }],
    },
  })
  expect(node).toStrictEqual({
    ...NODE,
    labels: { 'kubernetes.io/arch': 'arm64', 'kubernetes.io/os': 'linux', zone: 'a' },
    taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }],
    unschedulable: true,
    platform: { os: 'linux', architecture: 'amd64' },
    runtime: { name: 'containerd', version: '2.1.4' },
    hostKey: '["linux/amd64",null,"containerd","2.1.4"]',
    images: {
      names: new Set(['docker.io/library/nginx:1.25', 'docker.io/library/nginx@sha256:aa']),
      complete: true,
    },
    verifies: false,
  })
})

test.each([
  ['v1.34.9', false],
  ['v1.34.2-eks-1a2b', false],
  ['v1.30.4+k3s1', false],
  ['v1.35.0', true],
  ['v1.35.0-alpha.1', true],
  ['v1.36.3', true],
  ['v2.0.0', true],
  ['1.34.1', true],
  ['v1', true],
  ['', true],
  [7, true],
])('kubelet %j: verifies credentials %j', (kubeletVersion, verifies) => {
  const node = readNode({ metadata: { name: 'n1' }, status: { nodeInfo: { kubeletVersion } } })
  expect(node?.verifies).toBe(verifies)
})

const labels = (os: string, arch: string, more = {}): object => ({
  metadata: { name: 'n1', labels: { 'kubernetes.io/os': os, 'kubernetes.io/arch': arch, ...more } },
})

test.each<[name: string, object: unknown, platform: Node['platform']]>([
  ['labels alone', labels('linux', 'arm64'), { os: 'linux', architecture: 'arm64' }],
  ['arm says no variant', labels('linux', 'arm'), { os: 'linux', architecture: 'arm' }],
  [
    'a Windows build',
    labels('windows', 'amd64', { 'node.kubernetes.io/windows-build': '10.0.20348' }),
    { os: 'windows', architecture: 'amd64', osVersion: '10.0.20348' },
  ],
  ['Windows without a build', labels('windows', 'amd64'), { os: 'windows', architecture: 'amd64' }],
  [
    'a build on linux is no version',
    labels('linux', 'amd64', { 'node.kubernetes.io/windows-build': '10.0.20348' }),
    { os: 'linux', architecture: 'amd64' },
  ],
  ['no labels', { metadata: { name: 'n1' } }, undefined],
  ['half of it', { metadata: { name: 'n1', labels: { 'kubernetes.io/os': 'linux' } } }, undefined],
  [
    'other types',
    { metadata: { name: 'n1' }, status: { nodeInfo: { operatingSystem: 1, architecture: [] } } },
    undefined,
  ],
])('platform: %s', (_, object, platform) => {
  expect(readNode(object)?.platform).toStrictEqual(platform)
})

test.each<[object: unknown]>([
  [undefined],
  [null],
  ['n1'],
  [[]],
  [{}],
  [{ metadata: { name: '' } }],
  [{ metadata: { name: 7 } }],
  [{ kind: 'Pod', metadata: { name: 'n1' } }],
  [JSON.parse('{"__proto__":{"metadata":{"name":"n1"}}}')],
])('no node: %j', (object) => {
  expect(readNode(object)).toBeUndefined()
})

test('what is of another type is unsaid', () => {
  const node = readNode({
    metadata: { name: 'n1', labels: { a: 1, b: 'x', c: null } },
    spec: { unschedulable: 'yes', taints: [null, 'x', { key: 1, effect: 'NoSchedule' }] },
    status: 'x',
  })
  expect(node).toStrictEqual({
    ...NODE,
    labels: { b: 'x' },
    taints: [
      { key: '', value: '', effect: '' },
      { key: '', value: '', effect: '' },
      { key: '', value: '', effect: 'NoSchedule' },
    ],
  })
})

test('a node that stands for --platform', () => {
  expect(assumedNode({ os: 'linux', architecture: 'arm64' })).toStrictEqual({
    ...NODE,
    name: '',
    labels: {
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'arm64',
      'beta.kubernetes.io/os': 'linux',
      'beta.kubernetes.io/arch': 'arm64',
    },
    platform: { os: 'linux', architecture: 'arm64' },
    hostKey: '["linux/arm64",null,"unknown",""]',
    assumed: true,
  })
})

test('hosts are distinct, sorted, and leave out what has no platform', () => {
  const node = (architecture: string | undefined, version: string): Node => {
    const nodeInfo = { operatingSystem: 'linux', architecture, containerRuntimeVersion: `containerd://${version}` }
    const read = readNode({ metadata: { name: 'n1' }, status: { nodeInfo } })
    if (read === undefined) throw new Error('no node')
    return read
  }
  const host = (architecture: string, version: string): object => ({
    platform: { os: 'linux', architecture },
    runtime: { name: 'containerd', version },
  })
  const nodes = [
    node('arm64', '2.1.4'),
    node('amd64', '2.1.4'),
    node(undefined, '2.1.4'),
    node('amd64', '1.7.2'),
    node('amd64', '2.1.4'),
  ]
  const hosts = [host('amd64', '1.7.2'), host('amd64', '2.1.4'), host('arm64', '2.1.4')]
  expect(hostsOf(nodes)).toStrictEqual(hosts)
  expect(hostsOf(nodes.toReversed())).toStrictEqual(hosts)
  expect(hostsOf([])).toStrictEqual([])
})
