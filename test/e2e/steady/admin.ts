// The API server as its administrator asks it: directly, over connections that are kept, for who asks much.
import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { parse } from 'yaml'

export interface Answer {
  readonly status: number
  readonly warnings: readonly string[]
  readonly body: string
}

export interface Admin {
  /** Rejects where no answer came. */
  ask(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, object?: object): Promise<Answer>
  close(): void
}

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } },
  ]
  readonly users: readonly [
    { readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string } },
  ]
}

/** Longer than the API server gives a webhook. */
const TIMEOUT_MS = 40_000

export async function connectAdmin(kubeconfig: string): Promise<Admin> {
  const { clusters, users } = parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig
  const [{ cluster }] = clusters
  const [{ user }] = users
  const pem = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8')
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 512,
    ca: pem(cluster['certificate-authority-data']),
    cert: pem(user['client-certificate-data']),
    key: pem(user['client-key-data']),
  })
  return {
    ask: (method, path, object) =>
      new Promise((resolve, reject) => {
        const body = object === undefined ? '' : JSON.stringify(object)
        const headers = {
          'content-type': method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json',
          // Node would send that of a DELETE without it.
          'content-length': Buffer.byteLength(body),
        }
        const options = { agent, method, headers, signal: AbortSignal.timeout(TIMEOUT_MS) }
        const sent = request(`${cluster.server}${path}`, options, (answer) => {
          const pieces: Buffer[] = []
          answer.on('data', (piece: Buffer) => pieces.push(piece))
          answer.on('error', reject)
          answer.on('end', () => {
            const { warning = '' } = answer.headers as { readonly warning?: string }
            const warnings = warning === '' ? [] : warning.split(/, (?=299 )/)
            resolve({ status: answer.statusCode ?? 0, warnings, body: Buffer.concat(pieces).toString('utf8') })
          })
        })
        sent.on('error', reject)
        sent.end(body)
      }),
    close: () => agent.destroy(),
  }
}
