import { customSpecPath } from './custom-kinds.ts'
import type { CustomKind } from './custom-kinds.ts'

const TEMPLATE = ['spec', 'template', 'spec']
const CORE: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec'],
  PodTemplate: ['template', 'spec'],
  ReplicationController: TEMPLATE,
}
const APPS: Readonly<Record<string, readonly string[]>> = {
  Deployment: TEMPLATE,
  ReplicaSet: TEMPLATE,
  StatefulSet: TEMPLATE,
  DaemonSet: TEMPLATE,
}
const BATCH: Readonly<Record<string, readonly string[]>> = {
  Job: TEMPLATE,
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
}

// `extensions` served the kinds of `apps` long ago, and files still say it.
const GROUPS = new Map([
  ['', CORE],
  ['apps', APPS],
  ['extensions', APPS],
  ['batch', BATCH],
])

/**
 * Where the pod spec is in an object of this kind; undefined for what bears none, other groups' kinds of the same name included, unless they
 * are among the `custom` ones.
 */
export function specPathOf(
  apiVersion: string,
  kind: string,
  custom: readonly CustomKind[] = [],
): readonly string[] | undefined {
  const slash = apiVersion.indexOf('/')
  const group = slash === -1 ? '' : apiVersion.slice(0, slash)
  const kinds = GROUPS.get(group)
  if (kinds === undefined) return customSpecPath({ group, version: apiVersion.slice(slash + 1), kind }, custom)
  if (slash === -1 && apiVersion !== 'v1') return undefined
  return Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
}
