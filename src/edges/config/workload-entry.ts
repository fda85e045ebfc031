import { quoted } from '../../base/text.ts'
import { customKindPresets } from '../../engine/workload/index.ts'
import type { CustomKind } from '../../engine/workload/index.ts'
import { didYouMean } from './nearest.ts'
import { readScalar, typeOf } from './scalar.ts'
import type { ScalarReading } from './scalar.ts'
import { objectName } from './value-kinds.ts'
import type { ValueKind } from './value-kinds.ts'

const PRESETS = Object.keys(customKindPresets)

/** The name of a preset. */
export const presetName: ValueKind<readonly CustomKind[]> = {
  placeholder: 'NAME',
  accepts: `a preset (${PRESETS.join(', ')}), or a map of group, versions, kind, resource and template`,
  read: (text) => (Object.hasOwn(customKindPresets, text) ? customKindPresets[text] : undefined),
}

const group: ValueKind<string> = {
  placeholder: '',
  accepts: 'the group of a custom resource, such as argoproj.io',
  read: (text) => (text.includes('.') ? objectName.read(text) : undefined),
}

const version: ValueKind<string> = {
  placeholder: '',
  accepts: 'a version, such as v1alpha1, or *',
  read: (text) => (/^(\*|[a-z][a-z0-9]{0,62})$/.test(text) ? text : undefined),
}

const kind: ValueKind<string> = {
  placeholder: '',
  accepts: 'a kind, such as Rollout',
  read: (text) => (/^[A-Z][A-Za-z0-9]{0,62}$/.test(text) ? text : undefined),
}

const resource: ValueKind<string> = {
  placeholder: '',
  accepts: 'a resource as the API server names it, such as rollouts',
  read: (text) => (/^[a-z][a-z0-9-]{0,62}$/.test(text) && !text.endsWith('-') ? text : undefined),
}

const MOST_STEPS = 10

const template: ValueKind<string> = {
  placeholder: '',
  accepts: 'the path of a pod template by names alone, such as spec.template; none leads through a list',
  read(text) {
    const steps = text.split('.')
    const fits = steps.length <= MOST_STEPS && steps.every((step) => /^[A-Za-z][A-Za-z0-9-]{0,62}$/.test(step))
    return fits && !steps.includes('constructor') && !steps.includes('prototype') ? text : undefined
  },
}

const FIELDS = { group, kind, resource, template }
const KEYS = ['group', 'versions', 'kind', 'resource', 'template']

/** An entry of `workloads`: a preset's name, or a kind of one's own. */
export function readWorkloadEntry(entry: unknown): ScalarReading<readonly CustomKind[]> {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    const preset = readScalar(entry, presetName)
    if (preset.kind === 'read' || typeof entry !== 'string') return preset
    return refused(preset.message + didYouMean(entry, PRESETS))
  }
  const fields = new Map<string, unknown>(Object.entries(entry))
  const unknown = [...fields.keys()].find((key) => !KEYS.includes(key))
  if (unknown !== undefined) return refused(`there is no key ${quoted(unknown, 80)}${didYouMean(unknown, KEYS)}`)
  const found: Record<string, string> = {}
  for (const [key, accepted] of Object.entries(FIELDS)) {
    const read = readScalar(fields.get(key), accepted)
    if (read.kind === 'refused') return refused(`${key}: ${read.message}`)
    found[key] = read.value
  }
  const versions = readVersions(fields.get('versions'))
  if (versions.kind === 'refused') return versions
  return {
    kind: 'read',
    value: [{ ...(found as Omit<Record<keyof CustomKind, string>, 'versions'>), versions: versions.value }],
  }
}

function readVersions(list: unknown): ScalarReading<readonly string[]> {
  if (!Array.isArray(list) || list.length === 0) {
    const what = Array.isArray(list) ? 'an empty list' : typeOf(list)
    return refused(`versions: ${what} is not a list of versions, such as [v1alpha1]`)
  }
  const versions: string[] = []
  for (const each of list) {
    const read = readScalar(each, version)
    if (read.kind === 'refused') return refused(`versions: ${read.message}`)
    versions.push(read.value)
  }
  return { kind: 'read', value: versions }
}

function refused(message: string): ScalarReading<never> {
  return { kind: 'refused', message }
}
