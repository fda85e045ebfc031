import { normalizePlatform, readRuntime } from '../platform/index.ts'
import type { Platform } from '../platform/index.ts'
import type { Node, Taint } from './node.ts'

const OS_LABEL = 'kubernetes.io/os'
const CPU_LABEL = 'kubernetes.io/arch'
const BUILD_LABEL = 'node.kubernetes.io/windows-build'

/**
 * Reads a Node object. What it does not say, or says in another type, reads as unsaid; undefined where it is no Node or has no name.
 * `nodeInfo` is believed before the labels (facts, "Candidate nodes").
 */
export function readNode(object: unknown): Node | undefined {
  const kind = own(object, 'kind')
  if (kind !== undefined && kind !== 'Node') return undefined
  const metadata = own(object, 'metadata')
  const name = text(own(metadata, 'name'))
  if (name === '') return undefined
  const spec = own(object, 'spec')
  const info = own(own(object, 'status'), 'nodeInfo')
  const labels = readLabels(own(metadata, 'labels'))
  return {
    name,
    labels,
    taints: readTaints(own(spec, 'taints')),
    unschedulable: own(spec, 'unschedulable') === true,
    platform: readPlatform(info, labels),
    runtime: readRuntime(text(own(info, 'containerRuntimeVersion'))),
    assumed: false,
  }
}

/** A node that stands for `--platform`: it has that platform, and whatever else a pod asks for. */
export function assumedNode(platform: Platform): Node {
  const { os, architecture } = platform
  return {
    name: '',
    // The older pair of labels too: the kubelet still sets it, and selectors still use it.
    labels: {
      [OS_LABEL]: os,
      [CPU_LABEL]: architecture,
      'beta.kubernetes.io/os': os,
      'beta.kubernetes.io/arch': architecture,
    },
    taints: [],
    unschedulable: false,
    platform,
    runtime: readRuntime(''),
    assumed: true,
  }
}

function readPlatform(info: unknown, labels: Node['labels']): Platform | undefined {
  const os = text(own(info, 'operatingSystem')) || text(own(labels, OS_LABEL))
  const architecture = text(own(info, 'architecture')) || text(own(labels, CPU_LABEL))
  if (os === '' || architecture === '') return undefined
  const osVersion = text(own(labels, BUILD_LABEL))
  const platform = normalizePlatform({ os, architecture, ...(os === 'windows' && { osVersion }) })
  // No Node says which variant of ARM it is; `v7` would be our guess.
  return platform.architecture === 'arm' ? { os: platform.os, architecture: 'arm' } : platform
}

function readLabels(labels: unknown): Node['labels'] {
  if (typeof labels !== 'object' || labels === null) return {}
  return Object.fromEntries(
    Object.entries(labels).filter((label): label is [string, string] => typeof label[1] === 'string'),
  )
}

function readTaints(taints: unknown): readonly Taint[] {
  if (!Array.isArray(taints)) return []
  return taints.map((taint: unknown) => ({
    key: text(own(taint, 'key')),
    value: text(own(taint, 'value')),
    effect: text(own(taint, 'effect')),
  }))
}

function own(object: unknown, key: string): unknown {
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, key)) return undefined
  return (object as Readonly<Record<string, unknown>>)[key]
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
