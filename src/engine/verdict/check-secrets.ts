import { printable, quoted } from '../../base/text.ts'
import { needsPull } from '../nodes/index.ts'
import type { ImageEvidence, PodEvidence } from './evidence.ts'
import type { Finding } from './causes.ts'
import { renewPullSecret } from './fixes.ts'

/**
 * `pull-secret-malformed`: the kubelet decodes every pull secret before any pull, and one that fails takes all the
 * pod's images with it (facts seen on a node, "Credentials"). An image that is never pulled is not touched.
 */
export function checkSecrets({ parsed, use, presence }: ImageEvidence, pod: PodEvidence): readonly Finding[] {
  if (parsed.kind === 'invalid' || !needsPull(use.pullPolicy, presence)) return []
  for (const { name, state } of pod.secrets) {
    if (state.kind !== 'malformed') continue
    return [
      {
        cause: 'pull-secret-malformed',
        detail: undefined,
        message: `pull secret ${quoted(name, 80)} does not decode (${decodeError(state.error)}), which fails every image of the pod that has to be pulled`,
        // What it was for cannot be read, and need not be the registry of this image.
        fix: `take it out of imagePullSecrets, or make it again: ${renewPullSecret(pod.subject, name, 'HOST')}`,
      },
    ]
  }
  return []
}

// Go quotes the character at which it stops reading, which here is one of a secret.
function decodeError(error: string): string {
  return printable(error.replace(/invalid character '.{1,12}?'(?= )/u, 'invalid character'), 160)
}
