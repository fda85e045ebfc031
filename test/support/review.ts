import { request } from 'node:https'

export interface Reviewed {
  readonly status: number
  /** The whole answer, headers in JSON first. */
  readonly text: string
  readonly response: ReviewResponse | undefined
}

export interface ReviewResponse {
  readonly uid: string
  readonly allowed: boolean
  readonly status?: { readonly code: number; readonly message: string }
  readonly warnings?: readonly string[]
}

export const UID = '705ab4f5-6393-11e8-b7cc-42010a800002'

/** An AdmissionReview of an object that is created, as an API server sends it. */
export function reviewOf(object: object, request: object = {}): object {
  const { kind = '' } = object as { kind?: string }
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: UID,
      kind: { group: '', version: 'v1', kind },
      resource: { group: '', version: 'v1', resource: `${kind.toLowerCase()}s` },
      name: 'web',
      namespace: 'shop',
      operation: 'CREATE',
      userInfo: { username: 'someone', groups: ['system:authenticated'] },
      object,
      oldObject: null,
      dryRun: false,
      options: { apiVersion: 'meta.k8s.io/v1', kind: 'CreateOptions' },
      ...request,
    },
  }
}

/** Posts a body to a webhook on this machine. */
export function post(
  port: number,
  ca: string,
  body: string | Buffer,
  { path = '/validate?timeout=10s', headers = {} }: { path?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<Reviewed> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        ca,
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
      },
      (answer) => {
        const pieces: Buffer[] = []
        answer.on('data', (piece: Buffer) => pieces.push(piece))
        answer.on('error', reject)
        answer.on('end', () => {
          const text = Buffer.concat(pieces).toString()
          const { response } = (text.startsWith('{') ? JSON.parse(text) : {}) as { response?: ReviewResponse }
          resolve({ status: answer.statusCode ?? 0, text: `${JSON.stringify(answer.headers)}\n${text}`, response })
        })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}
