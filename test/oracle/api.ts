// The lab's API server, as its administrator.
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { Agent, request } from 'undici'
import { parse } from 'yaml'
import { z } from 'zod'

export interface Api {
  /** The answer's body. Throws an ApiError where the status is not 2xx. */
  get(path: string): Promise<KubeObject>
  create(path: string, object: object): Promise<KubeObject>
  replace(path: string, object: object): Promise<KubeObject>
  /** A JSON merge patch. */
  merge(path: string, patch: object): Promise<KubeObject>
  /** At once, without its grace. What is not there is gone. */
  remove(path: string): Promise<void>
  /** The body of a GET, as it comes. */
  stream(path: string, signal: AbortSignal): Promise<Readable>
  close(): Promise<void>
}

export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
  readonly [field: string]: unknown
}

export interface Metadata {
  readonly name: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

export class ApiError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const Kubeconfig = z.object({
  clusters: z.tuple([
    z.object({ cluster: z.object({ server: z.string(), 'certificate-authority-data': z.base64() }) }),
  ]),
  users: z.tuple([
    z.object({ user: z.object({ 'client-certificate-data': z.base64(), 'client-key-data': z.base64() }) }),
  ]),
})

export async function connectApi(kubeconfig: string): Promise<Api> {
  const { clusters, users } = Kubeconfig.parse(parse(await readFile(kubeconfig, 'utf8')))
  const { cluster } = clusters[0]
  const { user } = users[0]
  const pem = (base64: string): string => Buffer.from(base64, 'base64').toString()
  const connect = {
    ca: pem(cluster['certificate-authority-data']),
    cert: pem(user['client-certificate-data']),
    key: pem(user['client-key-data']),
  }
  const dispatcher = new Agent({ connections: 16, connect })

  async function ask(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
    type = 'application/json',
  ): Promise<KubeObject> {
    const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': type } }
    const answer = await request(`${cluster.server}${path}`, { method, dispatcher, ...content })
    const object = (await answer.body.json()) as KubeObject
    if (answer.statusCode < 300) return object
    throw new ApiError(answer.statusCode, String(object['message']))
  }

  return {
    get: (path) => ask('GET', path),
    create: (path, object) => ask('POST', path, object),
    replace: (path, object) => ask('PUT', path, object),
    merge: (path, patch) => ask('PATCH', path, patch, 'application/merge-patch+json'),
    async remove(path) {
      await ask('DELETE', path, { gracePeriodSeconds: 0, propagationPolicy: 'Background' }).catch((error: unknown) => {
        if (!(error instanceof ApiError && error.status === 404)) throw error
      })
    },
    async stream(path, signal) {
      const answer = await request(`${cluster.server}${path}`, { dispatcher, signal, bodyTimeout: 0 })
      if (answer.statusCode < 300) return answer.body
      throw new ApiError(answer.statusCode, await answer.body.text())
    },
    close: () => dispatcher.close(),
  }
}

/** Where objects of a kind are, or one of them. */
export function pathOf(kind: string, namespace?: string, name?: string): string {
  const [api, resource] = resources[kind] ?? []
  if (api === undefined || resource === undefined) throw new Error(`the oracle knows no ${kind}`)
  const where = namespace === undefined ? '' : `/namespaces/${namespace}`
  return `${api}${where}/${resource}${name === undefined ? '' : `/${name}`}`
}

const resources: Readonly<Record<string, readonly [string, string]>> = {
  Namespace: ['/api/v1', 'namespaces'],
  Node: ['/api/v1', 'nodes'],
  Pod: ['/api/v1', 'pods'],
  Secret: ['/api/v1', 'secrets'],
  ServiceAccount: ['/api/v1', 'serviceaccounts'],
  Deployment: ['/apis/apps/v1', 'deployments'],
  Job: ['/apis/batch/v1', 'jobs'],
}
