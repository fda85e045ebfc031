import { buildKeyring, readPullSecret } from '../credentials/index.ts'
import type { AuthEntry, Keyring } from '../credentials/index.ts'
import type { AccountEvidence, SecretEvidence } from '../verdict/index.ts'
import type { Workload } from '../workload/index.ts'
import type { ClusterView, Read, Reading } from './ports.ts'

/** What the kubelet would hold for a pod, and what became of each secret on the way. */
export interface PullSecrets {
  readonly account: AccountEvidence
  readonly secrets: readonly SecretEvidence[]
  readonly keyring: Keyring
  /** The `auths` keys of all secrets, as written. */
  readonly keys: readonly string[]
}

export interface SecretsTask {
  readonly workload: Workload
  readonly namespace: string
  /** The API server has copied the service account's secrets into the pod already: true of a Pod under review, of nothing else. */
  readonly merged: boolean
}

const MOST_SECRETS = 64 // more than any pod names; each is a read of the API server

/**
 * Pull secrets to a keyring. The account's secrets count only where the pod names none, as the ServiceAccount admission
 * plugin has it (facts of the kubelet's pull, 3.1); the kubelet then reads the named secrets in order.
 */
export async function gatherSecrets(task: SecretsTask, view: ClusterView, reading: Reading): Promise<PullSecrets> {
  const { workload, namespace } = task
  const account: { state: AccountEvidence['state']; names: readonly string[] } =
    workload.pullSecretsSaid || task.merged
      ? { state: 'unasked', names: workload.pullSecrets }
      : await readAccount(task, view, reading)
  const named = [...new Set(account.names)]
  const names = named.slice(0, MOST_SECRETS)
  const read = await Promise.all(
    names.map(async (name) => readSecret(name, await view.secret(namespace, name, reading), workload.template)),
  )
  const entries = read.flatMap(({ evidence, entries }) =>
    entries === undefined ? [] : [{ name: evidence.name, entries }],
  )
  return {
    account: { name: workload.serviceAccount, state: account.state },
    secrets: [...read.map(({ evidence }) => evidence), ...named.slice(MOST_SECRETS, MOST_SECRETS + 1).map(unread)],
    keyring: buildKeyring(entries),
    keys: entries.flatMap(({ entries: auths }) => auths.map(({ key }) => key)),
  }
}

// One stands for all that are left out: it might be the one that opens the registry.
function unread(name: string): SecretEvidence {
  return { name, state: { kind: 'unreadable', detail: 'too many' } }
}

async function readAccount(
  { workload, namespace }: SecretsTask,
  view: ClusterView,
  reading: Reading,
): Promise<{ state: AccountEvidence['state']; names: readonly string[] }> {
  const account = await view.serviceAccount(namespace, workload.serviceAccount, reading)
  if (account.kind === 'found') return { state: 'read', names: account.value.pullSecrets }
  return { state: lackOf(account, workload.template), names: [] }
}

function readSecret(
  name: string,
  read: Awaited<ReturnType<ClusterView['secret']>>,
  template: boolean,
): { evidence: SecretEvidence; entries: readonly AuthEntry[] | undefined } {
  if (read.kind === 'found') {
    const reading = readPullSecret(read.value)
    if (reading.kind === 'entries') return { evidence: { name, state: { kind: 'read' } }, entries: reading.entries }
    return { evidence: { name, state: reading }, entries: undefined }
  }
  if (read.kind === 'unreadable') return { evidence: { name, state: read }, entries: undefined }
  return {
    evidence: { name, state: { kind: lackOf(read, template) === 'absent' ? 'absent' : 'pending' } },
    entries: undefined,
  }
}

// What a template lacks may be there by the time its pods are made: `kubectl apply -f .` goes file by file.
function lackOf(
  read: Exclude<Read<unknown>, { kind: 'found' }>,
  template: boolean,
): 'absent' | 'pending' | 'unreadable' {
  if (read.kind === 'unreadable') return 'unreadable'
  return read.kind === 'unsaid' || template ? 'pending' : 'absent'
}
