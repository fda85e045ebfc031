import { quoted } from '../base/text.ts'
import type { ClusterView, Read, ReadRunning } from '../engine/review/index.ts'

/** A cluster that has not answered so often, and never before, is away. */
const ENOUGH = 3

const NOTHING: Read<never> = { kind: 'unreadable', detail: 'unreachable' }

export interface Telling {
  /** `the cluster of context "shop"` */
  readonly cluster: string
  /** What kept the last read from it: `connection refused`. */
  readonly why: () => string | undefined
  readonly warn: (message: string) => void
}

/**
 * The view of a cluster, for a user at a terminal: what cannot be read is said once, with what it means. A cluster that has never
 * answered is asked no more, so that a long run does not wait for it at every object.
 */
export function toldOnce(view: ClusterView, { cluster, why, warn }: Telling): ClusterView {
  const told = new Set<string>()
  let reached = false
  let failures = 0

  function tell(key: string, message: string): void {
    if (told.has(key)) return
    told.add(key)
    warn(message)
  }

  async function read<T>(what: string, signal: AbortSignal, ask: () => Promise<Read<T>>): Promise<Read<T>> {
    if (!reached && failures >= ENOUGH) return NOTHING
    const answer = await ask()
    if (answer.kind !== 'unreadable') {
      reached = true
      return answer
    }
    switch (answer.detail) {
      case 'forbidden':
        reached = true
        tell(what, `${cluster} does not let you read ${what}: what rests on them is undetermined`)
        break
      case 'too-large':
        reached = true
        break
      case 'stale':
      case 'unreachable':
        failures += 1
        // Our own time that is over tells nothing of the cluster.
        if (!signal.aborted || !reached) {
          const reason = why()
          tell(
            '',
            `${cluster} cannot be read${reason === undefined ? '' : ` (${reason})`}: what rests on its secrets, accounts, namespaces and nodes is undetermined`,
          )
        }
    }
    return answer
  }

  return {
    namespace: (name, signal) => read('namespaces', signal, () => view.namespace(name, signal)),
    serviceAccount: (namespace, name, reading) =>
      read(`service accounts in ${quoted(namespace, 63)}`, reading.signal, () =>
        view.serviceAccount(namespace, name, reading),
      ),
    secret: (namespace, name, reading) =>
      read(`secrets in ${quoted(namespace, 63)}`, reading.signal, () => view.secret(namespace, name, reading)),
    nodes: (signal) => read('nodes', signal, () => view.nodes(signal)),
  }
}

/** Says once, of all namespaces together, that pods may not be read. */
export function toldOfPods(read: ReadRunning, warn: (message: string) => void): ReadRunning {
  let told = false
  return async (namespace, signal) => {
    const answer = await read(namespace, signal)
    if (answer.kind === 'unreadable' && answer.detail === 'forbidden' && !told) {
      told = true
      warn('pods may not be read: an image that cannot be pulled is undetermined, since one of them may run it')
    }
    return answer
  }
}
