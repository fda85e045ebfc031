// The objects of a scenario, as they are sent to the API server.
import { parseAllDocuments } from 'yaml'
import { NODE } from '../lab/layout.ts'
import type { KubeObject } from './api.ts'
import { namespaceOf } from './schema.ts'

export interface Objects {
  /** Namespaces first, and the scenario's own whether it is written or not. */
  readonly namespaces: readonly KubeObject[]
  readonly nodes: readonly KubeObject[]
  /** Secrets and service accounts. */
  readonly others: readonly KubeObject[]
  /** What is judged. */
  readonly workload: KubeObject
}

const WORKLOADS = ['Pod', 'Deployment', 'Job']
const CLUSTER_WIDE = ['Namespace', 'Node']
const KINDS = [...WORKLOADS, ...CLUSTER_WIDE, 'Secret', 'ServiceAccount']

/** Reads the input, every placeholder of it filled. Throws where it is not what schema.ts asks. */
export function readObjects(scenario: { readonly name: string }, input: string): Objects {
  const own = namespaceOf(scenario)
  const all = parseAllDocuments(input).map((document) => {
    const [problem] = document.errors
    if (problem !== undefined) throw problem
    return document.toJS() as KubeObject
  })
  const objects = all.map((object) => {
    if (!KINDS.includes(object.kind)) throw new Error(`the oracle knows no ${object.kind}`)
    if (CLUSTER_WIDE.includes(object.kind)) return object
    return { ...object, metadata: { namespace: own, ...object.metadata } }
  })
  const of = (...kinds: readonly string[]): readonly KubeObject[] => objects.filter(({ kind }) => kinds.includes(kind))
  const [workload, ...more] = of(...WORKLOADS)
  if (workload === undefined || more.length > 0) throw new Error('the input has not exactly one Pod, Deployment or Job')
  const nodes = of('Node')
  for (const { metadata } of nodes) {
    if (!metadata.name.startsWith(`${scenario.name}-`))
      throw new Error(`a fake node is not called $NAME-${metadata.name}`)
  }
  const named = of('Namespace')
  const ownNamespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: own } }
  const namespaces = named.some(({ metadata }) => metadata.name === own) ? named : [ownNamespace, ...named]
  const accounts = namespaces.map(({ metadata: { name } }) => account(name))
  const written = of('Secret', 'ServiceAccount')
  const others = [...accounts.filter((each) => !written.some((other) => same(each, other))), ...written]
  return {
    namespaces,
    nodes: nodes.map((node) => apart(node, scenario.name)),
    others,
    workload: quick(workload, nodes.length > 0 ? scenario.name : undefined),
  }
}

/** A controller would make it in a moment; pods are refused until then. */
function account(namespace: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } }
}

function same(a: KubeObject, b: KubeObject): boolean {
  return a.kind === b.kind && a.metadata.name === b.metadata.name && a.metadata.namespace === b.metadata.namespace
}

interface Spec {
  readonly [field: string]: unknown
}

/** A fake node is a candidate for its own scenario alone, and is given no pod: nobody would run it. */
function apart(node: KubeObject, name: string): KubeObject {
  const spec = (node['spec'] ?? {}) as { readonly taints?: readonly object[] }
  const taints = [...(spec.taints ?? []), { key: taintOf(name), effect: 'NoSchedule' }]
  return { ...node, spec: { ...spec, taints, unschedulable: true } }
}

function taintOf(name: string): string {
  return `oracle.${NODE}.test/${name}`
}

/** What lets a pod start and end sooner, and changes nothing of its images; and that it tolerates its own fake nodes. */
function quick(workload: KubeObject, tolerates: string | undefined): KubeObject {
  const change = (spec: Spec): Spec => ({
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // Networks are made and taken down one by one.
    hostNetwork: spec['os'] === undefined,
    terminationGracePeriodSeconds: 0,
    ...spec,
    ...(tolerates === undefined
      ? {}
      : {
          tolerations: [
            ...((spec['tolerations'] ?? []) as readonly object[]),
            { key: taintOf(tolerates), operator: 'Exists' },
          ],
        }),
  })
  const spec = workload['spec'] as Spec
  if (workload.kind === 'Pod') return { ...workload, spec: change(spec) }
  const template = spec['template'] as { readonly spec: Spec }
  return { ...workload, spec: { ...spec, template: { ...template, spec: change(template.spec) } } }
}
