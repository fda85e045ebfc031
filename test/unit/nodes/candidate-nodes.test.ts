import { expect, test } from 'vitest'
import { assumedNode, candidateNodes, readNode } from '../../../src/engine/nodes/index.ts'
import type { Node, Taint } from '../../../src/engine/nodes/index.ts'
import type { Placement, Requirement, Toleration } from '../../../src/engine/workload/index.ts'

const ANYWHERE: Placement = {
  nodeName: '',
  nodeSelector: {},
  terms: undefined,
  tolerations: [],
  os: '',
  daemonSet: false,
  hostNetwork: false,
}

const taint = (written: string): Taint => {
  const [rest = '', effect = ''] = written.split(':')
  const [key = '', value = ''] = rest.split('=')
  return { key, value, effect }
}

function node(name: string, labels: Record<string, string>, ...taints: string[]): Node {
  const read = readNode({ metadata: { name, labels } })
  if (read === undefined) throw new Error('no node')
  return { ...read, taints: taints.map(taint) }
}

const linux = { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' }
const NODES: readonly Node[] = [
  node('plain', linux),
  node('zoned', { ...linux, zone: 'a', cores: '8' }),
  node('other', { ...linux, zone: 'b', cores: '-0016', 'kubernetes.io/arch': 'arm64' }),
  node('gpu', { ...linux, gpu: 'yes' }, 'gpu=yes:NoSchedule'),
  node('spot', linux, 'spot=:NoExecute'),
  node('soft', linux, 'soft=:PreferNoSchedule'),
  { ...node('drained', linux, 'node.kubernetes.io/unschedulable:NoSchedule'), unschedulable: true },
  node(
    'sick',
    linux,
    'node.kubernetes.io/unreachable:NoExecute',
    'node.cloudprovider.kubernetes.io/uninitialized=true:NoSchedule',
  ),
  node('win', { 'kubernetes.io/os': 'windows', 'kubernetes.io/arch': 'amd64' }),
  node('dark', { mystery: '1' }),
]
const OPEN = ['plain', 'zoned', 'other', 'soft', 'drained', 'sick', 'win', 'dark']

function names(placement: Partial<Placement>, nodes = NODES): readonly string[] {
  return candidateNodes({ ...ANYWHERE, ...placement }, nodes).map(({ name }) => name)
}

function tolerating(...tolerations: Partial<Toleration>[]): Partial<Placement> {
  return { tolerations: tolerations.map((own) => ({ key: '', operator: '', value: '', effect: '', ...own })) }
}

// `zone In a b`
function requirement(written: string): Requirement {
  const [key = '', operator = '', ...values] = written.split(' ')
  return { key, operator, values }
}

const affinity = (...terms: string[][]): Partial<Placement> => ({
  terms: terms.map((term) => ({ expressions: term.map(requirement), fields: [] })),
})
const fields = (...terms: string[][]): Partial<Placement> => ({
  terms: terms.map((term) => ({ expressions: [], fields: term.map(requirement) })),
})
const without = (...gone: string[]): string[] => OPEN.filter((name) => !gone.includes(name))

test.each<[what: string, placement: Partial<Placement>, expected: readonly string[]]>([
  ['nothing asked', {}, OPEN],
  ['a DaemonSet', { daemonSet: true, hostNetwork: true }, OPEN],

  ['tolerates all', tolerating({ operator: 'Exists' }), NODES.map(({ name }) => name)],
  [
    'tolerates by key',
    tolerating({ key: 'gpu', operator: 'Exists' }),
    ['plain', 'zoned', 'other', 'gpu', ...OPEN.slice(3)],
  ],
  ['by value', tolerating({ key: 'gpu', value: 'yes' }), ['plain', 'zoned', 'other', 'gpu', ...OPEN.slice(3)]],
  [
    'Equal',
    tolerating({ key: 'gpu', operator: 'Equal', value: 'yes', effect: 'NoSchedule' }),
    ['plain', 'zoned', 'other', 'gpu', ...OPEN.slice(3)],
  ],
  ['another value', tolerating({ key: 'gpu', value: 'no' }), OPEN],
  ['another effect', tolerating({ key: 'gpu', operator: 'Exists', effect: 'NoExecute' }), OPEN],
  ['another key', tolerating({ key: 'gpus', operator: 'Exists' }), OPEN],
  [
    'numbers are behind a gate',
    tolerating({ key: 'gpu', operator: 'Gt', value: '1' }, { key: 'gpu', operator: 'Lt', value: 'yes' }),
    OPEN,
  ],

  ['a selector', { nodeSelector: { zone: 'a' } }, ['zoned']],
  ['a selector of two', { nodeSelector: { zone: 'a', cores: '9' } }, []],
  ['an empty value is not an absent label', { nodeSelector: { zone: '' } }, []],
  ['no such label, though objects have it', { nodeSelector: { constructor: 'x' } }, []],
  ['a selector with an affinity', { nodeSelector: { zone: 'a' }, ...affinity(['zone In b']) }, []],

  ['In', affinity(['zone In b c']), ['other']],
  ['NotIn matches where the key is absent', affinity(['zone NotIn a']), without('zoned')],
  ['Exists', affinity(['zone Exists']), ['zoned', 'other']],
  ['DoesNotExist', affinity(['zone DoesNotExist']), without('zoned', 'other')],
  ['Gt', affinity(['cores Gt 7']), ['zoned']],
  ['Gt is strict', affinity(['cores Gt 8']), []],
  ['Lt, below zero', affinity(['cores Lt -15']), ['other']],
  ['Lt, with a sign', affinity(['cores Lt +9']), ['zoned', 'other']],
  ['Gt, to the end of int64', affinity(['cores Gt -9223372036854775808']), ['zoned', 'other']],
  ['Gt, beyond int64', affinity(['cores Gt -9223372036854775809']), []],
  ['Gt of no number', affinity(['cores Gt six']), []],
  ['Gt where the label is no number', affinity(['zone Gt 1']), []],
  ['terms are alternatives', affinity(['zone In a'], ['zone In b']), ['zoned', 'other']],
  ['expressions are all needed', affinity(['zone Exists', 'cores Gt 0']), ['zoned']],
  ['no terms', { terms: [] }, []],
  ['an empty term matches nothing', affinity([], ['zone In a']), ['zoned']],
  ['an invalid term is skipped', affinity(['zone In'], ['zone Near a'], ['zone Exists a'], ['zone In b']), ['other']],
  ['an invalid expression spoils its term', affinity(['zone Exists', 'cores Gt 1 2']), []],

  ['by name', fields(['metadata.name In plain']), ['plain']],
  ['not by name', fields(['metadata.name NotIn plain']), without('plain')],
  ['two names are not valid', fields(['metadata.name In plain zoned']), []],
  ['another field is empty', fields(['metadata.uid In plain']), []],
  ['another field, not', fields(['metadata.uid NotIn plain']), OPEN],
  ['Exists is not valid for a field', fields(['metadata.name Exists']), []],
  [
    'expressions and fields of one term',
    { terms: [{ expressions: [requirement('zone Exists')], fields: [requirement('metadata.name In other')] }] },
    ['other'],
  ],

  ['an OS, where it is known', { os: 'linux' }, without('win')],
  ['Windows', { os: 'windows' }, ['win', 'dark']],

  ['a named node', { nodeName: 'plain' }, ['plain']],
  ['a named node that repels the scheduler', { nodeName: 'gpu' }, ['gpu']],
  ['a named node that evicts', { nodeName: 'spot' }, []],
  [
    'a named node that evicts others',
    { nodeName: 'spot', ...tolerating({ key: 'spot', operator: 'Exists' }) },
    ['spot'],
  ],
  ['a named node that is sick', { nodeName: 'sick' }, ['sick']],
  ['a named node without the label', { nodeName: 'plain', nodeSelector: { zone: 'a' } }, []],
  ['a named node of another OS', { nodeName: 'win', os: 'linux' }, []],
  ['no node of that name', { nodeName: 'gone' }, []],
])('%s', (_, placement, expected) => {
  expect(names(placement)).toEqual(expected)
})

const ASSUMED = [
  assumedNode({ os: 'linux', architecture: 'amd64' }),
  assumedNode({ os: 'linux', architecture: 'arm64' }),
]

test.each<[what: string, placement: Partial<Placement>, expected: readonly string[]]>([
  ['nothing asked', {}, ['amd64', 'arm64']],
  ['its CPU', { nodeSelector: { 'kubernetes.io/arch': 'arm64' } }, ['arm64']],
  ['its CPU, by the older label', { nodeSelector: { 'beta.kubernetes.io/arch': 'arm64' } }, ['arm64']],
  ['its CPU, by affinity', affinity(['kubernetes.io/arch NotIn arm64']), ['amd64']],
  ['another OS', { nodeSelector: { 'kubernetes.io/os': 'windows' } }, []],
  [
    'what is not known holds',
    { nodeSelector: { zone: 'a' }, ...affinity(['disk In ssd', 'gpu Gt 1']) },
    ['amd64', 'arm64'],
  ],
  ['so does the absence', affinity(['gpu DoesNotExist', 'kubernetes.io/arch In arm64']), ['arm64']],
  ['any name', { nodeName: 'n7' }, ['amd64', 'arm64']],
  ['any field', fields(['metadata.name In n7']), ['amd64', 'arm64']],
  ['an empty term still matches nothing', affinity([]), []],
])('assumed nodes: %s', (_, placement, expected) => {
  const found = candidateNodes({ ...ANYWHERE, ...placement }, ASSUMED)
  expect(found.map(({ platform }) => platform?.architecture)).toEqual(expected)
})

test('a pod of a great many wishes does not make the nodes expensive', () => {
  const many = Array.from({ length: 5000 }, (_, at) => node(`n${at}`, linux, 'a=:NoSchedule', 'b=:NoSchedule'))
  const greedy = tolerating(...Array.from({ length: 50_000 }, (_, at) => ({ key: `k${at}`, operator: 'Exists' })))
  const start = performance.now()
  expect(names(greedy, many)).toHaveLength(5000)
  expect(performance.now() - start).toBeLessThan(1000)
})
