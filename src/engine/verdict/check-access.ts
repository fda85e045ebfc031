import type { Reference } from '../reference/index.ts'
import { registryHost } from '../reference/index.ts'
import { combineAnswers } from './access.ts'
import type { Access } from './access.ts'
import { causeOfFailure } from './failure-cause.ts'
import type { Finding } from './causes.ts'
import type { ImageEvidence, PodEvidence } from './evidence.ts'
import type { Found } from './facts.ts'
import { wordsOfFailure } from './failure-words.ts'

export interface AccessCheck {
  readonly findings: readonly Finding[]
  /** The image, where somebody saw it. */
  readonly found: Found | undefined
  /** Whose credential saw it; undefined for anonymous. */
  readonly reader: string | undefined
}

/** Whether a node gets at the manifest: what the answers to every matching credential come to. */
export function checkAccess(reference: Reference, image: ImageEvidence, pod: PodEvidence): AccessCheck {
  const [first, ...rest] = image.answers
  if (first === undefined) return { findings: [], found: undefined, reader: undefined }
  const access = combineAnswers([first, ...rest])
  if (access.kind === 'found') return { findings: [], found: access.found, reader: access.reader }
  if (access.failure.kind !== 'refused') return nothing(plain(access, reference, image, pod))
  if (image.nodeCredentials) return nothing(unverifiable(reference))
  if (isPending(pod)) return absentSecret(access, reference, image, pod)
  const unread = pod.secrets.find(({ state }) => state.kind === 'unreadable')
  if (unread !== undefined || pod.account.state === 'unreadable') {
    const what = unread === undefined ? `service account ${pod.account.name}` : `pull secret "${unread.name}"`
    return nothing({
      cause: 'view-incomplete',
      detail: unread === undefined ? 'account' : 'secret',
      message: `refused without ${what}, which we could not read`,
      fix: 'let us read it: see the log for the RBAC rule that is missing',
    })
  }
  return nothing(plain(access, reference, image, pod))
}

function nothing(finding: Finding): AccessCheck {
  return { findings: [finding], found: undefined, reader: undefined }
}

function plain(
  access: Access & { kind: 'failed' },
  reference: Reference,
  image: ImageEvidence,
  pod: PodEvidence,
): Finding {
  const { cause, detail } = causeOfFailure(access.failure)
  return { cause, detail, ...wordsOfFailure(access.failure, reference, access.readers, image, pod) }
}

function unverifiable(reference: Reference): Finding {
  const host = registryHost(reference)
  return {
    cause: 'access-unverifiable',
    detail: undefined,
    message: `${host} refuses us, but nodes may hold credentials of their own for it`,
    fix: `if nodes hold none for ${host}, take it out of nodes.credentials`,
  }
}

function isPending(pod: PodEvidence): boolean {
  return pod.account.state === 'pending' || pod.secrets.some(({ state }) => state.kind === 'pending')
}

// Where the secret is not at hand, what the user's own login shows of the image decides; a good image still needs the secret.
function absentSecret(
  access: Access & { kind: 'failed' },
  reference: Reference,
  image: ImageEvidence,
  pod: PodEvidence,
): AccessCheck {
  const sight = image.ownSight
  if (
    sight !== undefined &&
    sight.kind !== 'found' &&
    sight.kind !== 'refused' &&
    causeOfFailure(sight).outcome === 'failing'
  ) {
    return nothing(plain({ kind: 'failed', failure: sight, readers: [] }, reference, image, pod))
  }
  const waiting = pod.secrets.filter(({ state }) => state.kind === 'pending').map(({ name }) => `pull secret "${name}"`)
  if (pod.account.state === 'pending') waiting.push(`the pull secrets of service account ${pod.account.name}`)
  const seen = sight?.kind === 'found' ? 'it exists (seen with your own login), and the pod needs a secret: ' : ''
  const { fix } = wordsOfFailure(access.failure, reference, [], image, pod)
  return {
    findings: [
      {
        cause: 'pull-secret-absent',
        detail: undefined,
        message: `${registryHost(reference)} refuses ${reference.path}; ${seen}${waiting.join(', ')} may yet come`,
        fix,
      },
    ],
    found: sight?.kind === 'found' ? sight : undefined,
    reader: undefined,
  }
}
