import { printable, quoted } from '../../base/text.ts'
import { hostAssumed, pulledName, registryHost } from '../reference/index.ts'
import type { Reference } from '../reference/index.ts'
import type { ImageUse } from '../workload/index.ts'
import type { Note } from './causes.ts'
import type { ImageEvidence, PodEvidence } from './evidence.ts'
import type { Found } from './facts.ts'
import { meantInstead } from './failure-words.ts'

const LOW = 0.1 // of the registry's limit

/** What is worth knowing and never denies. `refused`: the image could not be had, so that its name is in question. */
export function notesOf(
  reference: Reference,
  found: Found | undefined,
  refused: boolean,
  image: ImageEvidence,
  pod: PodEvidence,
): readonly Note[] {
  const notes: Note[] = []
  for (const { name, state } of pod.secrets) {
    if (state.kind === 'absent')
      notes.push({
        code: 'pull-secret-missing',
        message: `pull secret ${quoted(name, 80)} is not in namespace ${printable(pod.subject.namespace, 63)}`,
      })
    if (state.kind === 'ignored')
      notes.push({
        code: 'pull-secret-ignored',
        message: `pull secret ${quoted(name, 80)} is of type ${quoted(state.type, 80)}, which the kubelet ignores; it takes kubernetes.io/dockerconfigjson`,
      })
  }
  if (pod.account.state === 'absent')
    notes.push({
      code: 'service-account-missing',
      message: `service account ${quoted(pod.account.name, 80)} is not in namespace ${printable(pod.subject.namespace, 63)}`,
    })
  for (const miss of image.nearMisses) notes.push({ code: 'pull-secret-no-match', message: miss.message })
  if (found?.rate !== undefined && found.rate.remaining <= found.rate.limit * LOW) {
    notes.push({
      code: 'rate-limit-low',
      message: `${registryHost(reference)} allows ${found.rate.remaining} more pulls of ${found.rate.limit}`,
    })
  }
  if (found !== undefined && reference.digest === undefined) {
    notes.push({
      code: 'digest-available',
      message: `to pin it: ${reference.name}:${reference.tag ?? 'latest'}@${found.digest}`,
    })
  }
  if (refused && hostAssumed(image.use.image))
    notes.push({ code: 'host-assumed', message: assumption(image.use.image, reference, pod) })
  if (/\.svc(\.|:|$)/.test(reference.domain)) {
    notes.push({
      code: 'cluster-dns-host',
      message: `${reference.domain} is a name of the cluster's own DNS, which nodes usually cannot resolve`,
    })
  }
  if (pod.landing.kind === 'unknown' && found !== undefined && platformMatters(found.document, image.use.role)) {
    notes.push({ code: 'platforms-unknown', message: 'no Node object and no --platform, so platforms are not judged' })
  }
  return notes
}

// Nothing of an image volume is executed, so a single manifest mounts anywhere.
function platformMatters({ kind }: Found['document'], role: ImageUse['role']): boolean {
  return kind === 'index' || (kind === 'manifest' && role !== 'volume')
}

function assumption(image: string, reference: Reference, pod: PodEvidence): string {
  const meant = meantInstead(reference, pod)
  return `${quoted(image)} is read as ${pulledName(reference)}${meant === undefined ? '' : `; did you mean ${meant}?`}`
}
