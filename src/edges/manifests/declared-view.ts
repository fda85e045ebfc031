import { Secret } from '../../base/secret.ts'
import type { PullSecret } from '../../engine/credentials/index.ts'
import { readNode } from '../../engine/nodes/index.ts'
import type { Node } from '../../engine/nodes/index.ts'
import type { ClusterView, NamespaceView, Read, ServiceAccountView } from '../../engine/review/index.ts'

export interface DeclaredCluster {
  /** True: what the objects lack, the cluster lacks (`--view`). False: it may yet come. */
  readonly complete: boolean
  /** Of objects that name none. */
  readonly defaultNamespace: string
  /** They stand for `--platform`, where the objects have no Node. */
  readonly assumedNodes: readonly Node[]
}

type Fields = Readonly<Record<string, unknown>>

/** The cluster that the objects declare. Of two with one name the last counts, as when both are applied. */
export function declaredView(objects: readonly Fields[], cluster: DeclaredCluster): ClusterView {
  const namespaces = new Map<string, NamespaceView>()
  const secrets = new Map<string, PullSecret>()
  const accounts = new Map<string, ServiceAccountView>()
  const nodes = new Map<string, Node>()

  for (const object of objects) {
    if (textOf(object, 'apiVersion') !== 'v1') continue
    const metadata = fieldsOf(object, 'metadata')
    const name = textOf(metadata, 'name')
    if (name === undefined) continue
    const key = `${textOf(metadata, 'namespace') ?? cluster.defaultNamespace}/${name}`
    switch (textOf(object, 'kind')) {
      case 'Namespace':
        namespaces.set(name, { name, labels: stringsOf(fieldsOf(metadata, 'labels')) })
        break
      case 'Secret':
        secrets.set(key, readSecret(name, object))
        break
      case 'ServiceAccount':
        accounts.set(key, { name, pullSecrets: pullSecretsOf(object) })
        break
      case 'Node': {
        const node = readNode(object)
        if (node !== undefined) nodes.set(name, node)
        break
      }
      default:
    }
  }

  const known = nodes.size > 0 ? [...nodes.values()] : cluster.assumedNodes
  function answer<T>(value: T | undefined): Promise<Read<T>> {
    if (value !== undefined) return Promise.resolve({ kind: 'found', value })
    return Promise.resolve({ kind: cluster.complete ? 'absent' : 'unsaid' })
  }
  return {
    namespace: (name) => answer(namespaces.get(name)),
    serviceAccount: (namespace, name) => answer(accounts.get(`${namespace}/${name}`)),
    secret: (namespace, name) => answer(secrets.get(`${namespace}/${name}`)),
    nodes: () => Promise.resolve(known.length === 0 ? { kind: 'unsaid' } : { kind: 'found', value: known }),
  }
}

/** `stringData` is written over `data`, as the API server does it. */
function readSecret(name: string, object: Fields): PullSecret {
  const data = new Map<string, Secret>()
  for (const [key, value] of Object.entries(stringsOf(fieldsOf(object, 'data')))) data.set(key, new Secret(value))
  for (const [key, value] of Object.entries(stringsOf(fieldsOf(object, 'stringData')))) {
    data.set(key, new Secret(Buffer.from(value, 'utf8').toString('base64')))
  }
  return { name, type: textOf(object, 'type') ?? 'Opaque', data: Object.fromEntries(data) }
}

function pullSecretsOf(account: Fields): readonly string[] {
  const list = Object.hasOwn(account, 'imagePullSecrets') ? account['imagePullSecrets'] : undefined
  if (!Array.isArray(list)) return []
  const names = (list as readonly unknown[]).map((each) => textOf(asFields(each), 'name'))
  return names.filter((name) => name !== undefined)
}

function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

function fieldsOf(fields: Fields, key: string): Fields {
  return asFields(Object.hasOwn(fields, key) ? fields[key] : undefined)
}

/** Undefined where it is no text, or an empty one. */
function textOf(fields: Fields, key: string): string | undefined {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The entries whose values are strings. The API server takes no others. */
function stringsOf(fields: Fields): Readonly<Record<string, string>> {
  const strings = Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(strings)
}
