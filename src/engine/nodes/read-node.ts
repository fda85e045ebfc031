import { normalizePlatform, readRuntime } from '../platform/index.ts'
import type { Platform } from '../platform/index.ts'
import { hostKeyOf } from './hosts.ts'
import { NO_IMAGES, readImageList } from './image-list.ts'
import type { Node, Taint } from './node.ts'

const OS_LABEL = 'kubernetes.io/os'
const CPU_LABEL = 'kubernetes.io/arch'
const BUILD_LABEL = 'node.kubernetes.io/windows-build'

/**
 * Reads a Node object. What it does not say, or says in another type, reads as unsaid; undefined where it is no Node or has no name.
 * `nodeInfo` is believed before the labels (facts, "Candidate nodes").
 * Thousands of nodes list the same images: `intern` may answer with a string that is equal and kept already.
 */
export function readNode(object: unknown, intern: (text: string) => string = asItIs): Node | undefined {
  const kind = own(object, 'kind')
  if (kind !== undefined && kind !== 'Node') return undefined
  const metadata = own(object, 'metadata')
  const name = text(own(metadata, 'name'))
  if (name === '') return undefined
  const spec = own(object, 'spec')
  const status = own(object, 'status')
  const info = own(status, 'nodeInfo')
  const labels = readLabels(own(metadata, 'labels'))
  const platform = readPlatform(info, labels)
  const runtime = readRuntime(text(own(info, 'containerRuntimeVersion')))
  return {
    name,
    labels,
    taints: readTaints(own(spec, 'taints')),
    unschedulable: own(spec, 'unschedulable') === true,
    platform,
    runtime,
    hostKey: platform === undefined ? '' : intern(hostKeyOf({ platform, runtime })),
    images: readImageList(own(status, 'images'), intern),
    verifies: verifiesCredentials(text(own(info, 'kubeletVersion'))),
    assumed: false,
  }
}

/** A node that stands for `--platform`: it has that platform, and whatever else a pod asks for. */
export function assumedNode(platform: Platform): Node {
  const { os, architecture } = platform
  const runtime = readRuntime('')
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
    runtime,
    hostKey: hostKeyOf({ platform, runtime }),
    images: NO_IMAGES,
    verifies: true,
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

// The gate is on by default since 1.35; a version that cannot be read may be any (facts of the kubelet's pull, 2.3).
function verifiesCredentials(kubelet: string): boolean {
  const [, major, minor] = /^v(\d{1,4})\.(\d{1,4})\b/.exec(kubelet) ?? []
  return major !== '1' || Number(minor) >= 35
}

function asItIs(text: string): string {
  return text
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
