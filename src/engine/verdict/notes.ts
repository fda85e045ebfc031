import { quoted } from '../../base/text.ts'
import { hostAssumed, registryHost } from '../reference/index.ts'
import type { Reference } from '../reference/index.ts'
import type { Note } from './causes.ts'
import type { ImageEvidence, PodEvidence } from './evidence.ts'
import type { Found } from './facts.ts'

const LOW = 0.1 // of the registry's limit

/** What is worth knowing and never denies. `troubled`: the image has a finding that is not a matter of policy. */
export function notesOf(
  reference: Reference,
  found: Found | undefined,
  troubled: boolean,
  image: ImageEvidence,
  pod: PodEvidence,
): readonly Note[] {
  const notes: Note[] = []
  for (const { name, state } of pod.secrets) {
    if (state.kind === 'absent')
      notes.push({
        code: 'pull-secret-missing',
        message: `pull secret ${quoted(name, 80)} is not in namespace ${pod.subject.namespace}`,
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
      message: `service account ${quoted(pod.account.name, 80)} is not in namespace ${pod.subject.namespace}`,
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
  if (troubled && hostAssumed(image.use.image))
    notes.push({ code: 'host-assumed', message: assumption(image.use.image, reference, pod) })
  if (/\.svc(\.|:|$)/.test(reference.domain)) {
    notes.push({
      code: 'cluster-dns-host',
      message: `${reference.domain} is a name of the cluster's own DNS, which nodes usually cannot resolve`,
    })
  }
  if (found?.document.kind === 'index' && pod.landing.kind === 'unknown') {
    notes.push({ code: 'platforms-unknown', message: 'no Node object and no --platform, so platforms are not judged' })
  }
  return notes
}

function assumption(image: string, reference: Reference, pod: PodEvidence): string {
  const [known] = pod.knownHosts
  const meant = known === undefined ? '' : `; did you mean ${known}/${reference.path.replace(/^library\//, '')}?`
  return `${quoted(image)} is read as ${reference.name}${meant}`
}
