// Objects of an API server, what a script says that it is to answer, and how an answer is sent.
import type { ServerResponse } from 'node:http'

export const KINDS = {
  nodes: 'Node',
  pods: 'Pod',
  namespaces: 'Namespace',
  secrets: 'Secret',
  configmaps: 'ConfigMap',
  events: 'Event',
  serviceaccounts: 'ServiceAccount',
  validatingwebhookconfigurations: 'ValidatingWebhookConfiguration',
  mutatingwebhookconfigurations: 'MutatingWebhookConfiguration',
  mutatingadmissionpolicies: 'MutatingAdmissionPolicy',
  mutatingadmissionpolicybindings: 'MutatingAdmissionPolicyBinding',
} as const

export type ApiResource = keyof typeof KINDS

export function isResource(name: string): name is ApiResource {
  return Object.hasOwn(KINDS, name)
}

export interface ApiObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown }
  readonly [key: string]: unknown
}

export interface ApiRoute {
  /** Of the path, without the query; `*` at the end stands for anything. */
  readonly path: string
  /** Only requests of this method. */
  readonly method?: string
  /** Only watches, or only what is none. */
  readonly watch?: boolean
  readonly times?: number
  readonly answer: ApiAnswer
}

export interface ApiAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly hang?: boolean
  readonly reset?: boolean
  /** Answers as if nothing were scripted, after a while. */
  readonly delayMs?: number
}

/** Whether a route's path is this one. */
export function matches(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern
}

/** The API server's own form of an answer that is no object. */
export function statusOf(code: number, reason: string): Readonly<Record<string, unknown>> {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code, details: {} }
}

/** JSON, or text and bytes as they are. */
export function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: ApiAnswer['headers'] = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))
}
