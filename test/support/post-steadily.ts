// A stream of reviews at a steady rate, whatever becomes of them, and what did.
import { Agent, request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ReviewResponse } from './review.ts'

export interface Kind {
  readonly name: string
  /** An AdmissionReview. */
  readonly body: string
}

export interface Posted {
  readonly kind: string
  /** When it was sent, by `performance.now()`. */
  readonly at: number
  readonly ms: number
  /** Undefined: no well-formed answer came. */
  readonly response: ReviewResponse | undefined
}

export interface Stream {
  /** What was answered so far. */
  readonly posted: readonly Posted[]
  /** Sends no more, and waits for what is on its way. */
  stop(): Promise<void>
}

/** Posts the kinds in turn, so many a second in all; the API server's own timeout, ten seconds, ends each. */
export function postSteadily(port: number, ca: string, perSecond: number, kinds: readonly Kind[]): Stream {
  const agent = new Agent({ keepAlive: true, maxSockets: 256, ca })
  const posted: Posted[] = []
  const open = new Set<Promise<void>>()
  let going = true

  async function send({ name, body }: Kind): Promise<void> {
    const at = performance.now()
    const response = await answerTo(port, agent, body).catch(() => undefined)
    posted.push({ kind: name, at, ms: performance.now() - at, response })
  }

  async function run(): Promise<void> {
    const began = performance.now()
    for (let count = 0; going; count++) {
      // Those that a busy machine kept us from sending in time are sent at once.
      const due = began + (count * 1000) / perSecond
      if (due > performance.now()) await sleep(due - performance.now())
      const sent = send(kinds[count % kinds.length] as Kind)
      open.add(sent)
      void sent.then(() => open.delete(sent))
    }
  }
  const running = run()

  return {
    posted,
    async stop() {
      going = false
      await running
      await Promise.all(open)
      agent.destroy()
    },
  }
}

const TIMEOUT_MS = 10_000

function answerTo(port: number, agent: Agent, body: string): Promise<ReviewResponse | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const options = { host: '127.0.0.1', port, agent, method: 'POST', path: '/validate?timeout=10s', headers }
    const sent = request({ ...options, signal: AbortSignal.timeout(TIMEOUT_MS) }, (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('error', reject)
      answer.on('end', () => {
        const { response } = JSON.parse(Buffer.concat(pieces).toString()) as { response?: ReviewResponse }
        resolve(answer.statusCode === 200 && typeof response?.allowed === 'boolean' ? response : undefined)
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
