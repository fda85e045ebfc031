import { buildKeyring, readPullSecret } from '../credentials/index.ts'
import type { AuthEntry, Keyring, PullSecret } from '../credentials/index.ts'
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
  /** Some of it came from a cache. */
  readonly aged: boolean
}

export interface SecretsTask {
  readonly workload: Workload
  readonly namespace: string
  /** The API server has copied the service account's secrets into the pod already: true of a Pod under review, of nothing else. */
  readonly merged: boolean
}

/** For a pod of which no image has to be pulled: the kubelet decodes none, and we read none. */
export function noPullSecrets({ serviceAccount }: Workload): PullSecrets {
  const account: AccountEvidence = { name: serviceAccount, state: 'unasked' }
  return { account, secrets: [], keyring: buildKeyring([]), keys: [], aged: false }
}

const MOST_SECRETS = 64 // more than any pod names; each is a read of the API server

/**
 * Pull secrets to a keyring. The account's secrets count only where the pod names none, as the ServiceAccount admission
 * plugin has it (facts of the kubelet's pull, 3.1); the kubelet then reads the named secrets in order.
 */
export async function gatherSecrets(task: SecretsTask, view: ClusterView, reading: Reading): Promise<PullSecrets> {
  const { workload, namespace } = task
  const account: AccountRead =
    workload.pullSecretsSaid || task.merged
      ? { state: 'unasked', names: workload.pullSecrets, aged: false }
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
    aged: account.aged || read.some(({ aged }) => aged),
  }
}

// One stands for all that are left out: it might be the one that opens the registry.
function unread(name: string): SecretEvidence {
  return { name, state: { kind: 'unreadable', detail: 'too many' } }
}

interface AccountRead {
  readonly state: AccountEvidence['state']
  readonly names: readonly string[]
  readonly aged: boolean
}

async function readAccount(
  { workload, namespace }: SecretsTask,
  view: ClusterView,
  reading: Reading,
): Promise<AccountRead> {
  const account = await view.serviceAccount(namespace, workload.serviceAccount, reading)
  if (account.kind === 'found') return { state: 'read', names: account.value.pullSecrets, aged: account.aged === true }
  return { state: lackOf(account, workload.template), names: [], aged: false }
}

interface SecretRead {
  readonly evidence: SecretEvidence
  readonly entries: readonly AuthEntry[] | undefined
  readonly aged: boolean
}

function readSecret(name: string, read: Read<PullSecret>, template: boolean): SecretRead {
  if (read.kind === 'found') {
    const aged = read.aged === true
    const reading = readPullSecret(read.value)
    if (reading.kind === 'entries')
      return { evidence: { name, state: { kind: 'read' } }, entries: reading.entries, aged }
    return { evidence: { name, state: reading }, entries: undefined, aged }
  }
  if (read.kind === 'unreadable') return { evidence: { name, state: read }, entries: undefined, aged: false }
  const kind = lackOf(read, template) === 'absent' ? 'absent' : 'pending'
  return { evidence: { name, state: { kind } }, entries: undefined, aged: false }
}

// What a template lacks may be there by the time its pods are made: `kubectl apply -f .` goes file by file.
function lackOf(
  read: Exclude<Read<unknown>, { kind: 'found' }>,
  template: boolean,
): 'absent' | 'pending' | 'unreadable' {
  if (read.kind === 'unreadable') return 'unreadable'
  return read.kind === 'unsaid' || template ? 'pending' : 'absent'
}
