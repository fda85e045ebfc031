import { quoted } from '../../base/text.ts'
import type { Reference } from '../reference/index.ts'
import { registryHost, registryPath } from '../reference/index.ts'
import { combineAnswers } from './access.ts'
import { causeOfFailure } from './failure-cause.ts'
import type { Finding } from './causes.ts'
import type { ImageEvidence, PodEvidence } from './evidence.ts'
import type { Failure, Found, Refused } from './facts.ts'
import { toBeRead } from './fixes.ts'
import { secretsNamed, wordsOfFailure } from './failure-words.ts'
import type { Readers } from './failure-words.ts'

export interface AccessCheck {
  readonly findings: readonly Finding[]
  /** The image, where somebody saw it. */
  readonly found: Found | undefined
  /** The pull secret that saw it; undefined for anonymous. */
  readonly reader: string | undefined
}

/** Whether a node gets at the manifest: what the answers to every matching credential come to. */
export function checkAccess(reference: Reference, image: ImageEvidence, pod: PodEvidence): AccessCheck {
  const [first, ...rest] = image.answers
  if (first === undefined) return { findings: [], found: undefined, reader: undefined }
  const access = combineAnswers([first, ...rest])
  if (access.kind === 'found') return { findings: [], found: access.found, reader: access.reader }
  const { failure, readers } = access
  const sight = image.ownSight
  if (failure.kind === 'refused' && !image.nodeCredentials && isPending(pod) && sight !== undefined) {
    // Where the secret is not at hand, what the user's own login shows of the image decides; a good image still needs the secret.
    if (sight.kind === 'found')
      return { findings: [absentSecret(failure, reference, image, pod)], found: sight, reader: undefined }
    if (sight.kind !== 'refused' && causeOfFailure(sight).outcome === 'failing')
      return nothing(plain(sight, 'own-login', reference, image, pod))
  }
  return nothing(findingOfFailure(failure, readers, reference, image, pod))
}

/** A failure with pull secrets and node credentials weighed: a refusal is certain only where nobody could know more than we do. */
export function findingOfFailure(
  failure: Failure,
  readers: readonly string[],
  reference: Reference,
  image: ImageEvidence,
  pod: PodEvidence,
): Finding {
  if (failure.kind !== 'refused') return plain(failure, readers, reference, image, pod)
  if (image.nodeCredentials) return unverifiable(reference, readers)
  if (isPending(pod)) return absentSecret(failure, reference, image, pod)
  return unread(reference, pod) ?? plain(failure, readers, reference, image, pod)
}

function nothing(finding: Finding): AccessCheck {
  return { findings: [finding], found: undefined, reader: undefined }
}

function plain(
  failure: Failure,
  readers: Readers,
  reference: Reference,
  image: ImageEvidence,
  pod: PodEvidence,
): Finding {
  const { cause, detail } = causeOfFailure(failure)
  return { cause, detail, ...wordsOfFailure(failure, reference, readers, image, pod) }
}

function unverifiable(reference: Reference, readers: readonly string[]): Finding {
  const host = registryHost(reference)
  const whom = readers.length === 0 ? 'us' : secretsNamed(readers)
  return {
    cause: 'access-unverifiable',
    detail: undefined,
    message: `${host} refuses ${registryPath(reference)} to ${whom}: it does not exist or it is private; nodes may hold credentials of their own for this host`,
    fix: `check the spelling, and that nodes may pull it; if nodes hold no credentials for ${host}, take it out of nodes.credentials`,
  }
}

function unread(reference: Reference, pod: PodEvidence): Finding | undefined {
  const refused = `${registryHost(reference)} refuses ${registryPath(reference)}`
  for (const { name, state } of pod.secrets) {
    if (state.kind !== 'unreadable') continue
    return {
      cause: 'view-incomplete',
      detail: 'secret',
      message: `${refused} without pull secret ${quoted(name, 80)}, which we could not read (${state.detail})`,
      fix: toBeRead('get secrets in this namespace'),
    }
  }
  if (pod.account.state !== 'unreadable') return undefined
  return {
    cause: 'view-incomplete',
    detail: 'account',
    message: `${refused} without the pull secrets of service account ${quoted(pod.account.name, 80)}, which we could not read`,
    fix: toBeRead('get serviceaccounts in this namespace'),
  }
}

function isPending(pod: PodEvidence): boolean {
  return pod.account.state === 'pending' || pod.secrets.some(({ state }) => state.kind === 'pending')
}

function absentSecret(failure: Refused, reference: Reference, image: ImageEvidence, pod: PodEvidence): Finding {
  const waiting = pod.secrets
    .filter(({ state }) => state.kind === 'pending')
    .slice(0, 3)
    .map(({ name }) => `pull secret ${quoted(name, 80)}`)
  if (pod.account.state === 'pending') waiting.push(`service account ${quoted(pod.account.name, 80)}`)
  const seen =
    image.ownSight?.kind === 'found'
      ? 'it exists (read with your own login), and the pod needs a pull secret'
      : 'it does not exist or it is private'
  return {
    cause: 'pull-secret-absent',
    detail: undefined,
    message: `${registryHost(reference)} refuses ${registryPath(reference)} as it is: ${seen}; ${waiting.join(', ')} may yet come`,
    fix: wordsOfFailure(failure, reference, [], image, pod).fix,
  }
}
