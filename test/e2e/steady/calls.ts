// A steady stream of calls to the API server, whatever becomes of them, and what did.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin, Answer } from './admin.ts'

export type Said =
  /** It was done, or would have been. */
  | 'admitted'
  /** By the product, with its reasons. */
  | 'denied'
  /** The API server did not get an answer from the product. */
  | 'failed'
  /** There was no API server. */
  | 'no server'
  /** It said anything else. */
  | 'other'

export interface Called {
  readonly kind: string
  /** When it was sent, by `performance.now()`. */
  readonly at: number
  readonly ms: number
  readonly wants: 'admitted' | 'denied'
  readonly said: Said
  /** What came with it: an error's message, warnings. */
  readonly words: string
}

/** One call, which is kept. `name` is that of the object that was made. */
export type Call = (
  wants: Called['wants'],
  method: 'POST' | 'PATCH' | 'DELETE',
  path: string,
  object?: object,
) => Promise<{ readonly said: Said; readonly name: string }>

export interface Kind {
  readonly name: string
  /** Some calls, one after the other. */
  run(call: Call): Promise<void>
}

export interface Stream {
  /** What was answered so far. */
  readonly called: readonly Called[]
  /** Waits for what has been started by now. */
  answered(): Promise<void>
  /** Starts no more, and waits for what is on its way. */
  stop(): Promise<void>
}

/** Starts the kinds in turn, so many a second. */
export function callSteadily(admin: Admin, perSecond: number, kinds: readonly Kind[]): Stream {
  const called: Called[] = []
  const open = new Set<Promise<void>>()
  let going = true

  const callsOf =
    (kind: string): Call =>
    async (wants, method, path, object) => {
      const at = performance.now()
      const answer = await admin.ask(method, path, object).catch(String)
      const judged = typeof answer === 'string' ? ({ said: 'no server', words: answer } as const) : judge(answer)
      called.push({ kind, at, ms: performance.now() - at, wants, ...judged })
      return { said: judged.said, name: typeof answer === 'string' ? '' : nameIn(answer) }
    }

  async function run(): Promise<void> {
    const began = performance.now()
    for (let count = 0; going; count++) {
      // Those that a busy machine kept us from starting in time are started at once.
      const early = began + (count * 1000) / perSecond - performance.now()
      if (early > 0) await sleep(early)
      const kind = kinds[count % kinds.length] as Kind
      const started = kind.run(callsOf(kind.name))
      open.add(started)
      void started.finally(() => open.delete(started))
    }
  }
  const running = run()

  return {
    called,
    async answered() {
      await Promise.all(open)
    },
    async stop() {
      going = false
      await running
      await Promise.all(open)
    },
  }
}

interface Status {
  readonly message?: string
  readonly metadata?: { readonly name?: string }
}

function judge({ status, warnings, body }: Answer): { readonly said: Said; readonly words: string } {
  if (status < 300) return { said: 'admitted', words: warnings.join('\n') }
  const { message = body } = statusIn(body)
  const words = `${String(status)} ${message}`
  if (/^admission webhook "\w+\.pullable\.dev" denied the request: /.test(message)) return { said: 'denied', words }
  return { said: message.includes('failed calling webhook') ? 'failed' : 'other', words }
}

function nameIn({ body }: Answer): string {
  return statusIn(body).metadata?.name ?? ''
}

/** What stands before the API server, or its own doors, may answer with a text. */
function statusIn(body: string): Status {
  try {
    return JSON.parse(body) as Status
  } catch {
    return {}
  }
}
