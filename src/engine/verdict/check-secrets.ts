import { quoted } from '../../base/text.ts'
import type { ImageEvidence, PodEvidence } from './evidence.ts'
import type { Finding } from './causes.ts'

/**
 * `pull-secret-malformed`: the kubelet decodes every pull secret before any pull, and one that fails takes all the
 * pod's images with it (facts seen on a node, "Credentials"). An image that is never pulled is not touched.
 */
export function checkSecrets({ use }: ImageEvidence, pod: PodEvidence): readonly Finding[] {
  if (use.pullPolicy === 'Never') return []
  for (const { name, state } of pod.secrets) {
    if (state.kind !== 'malformed') continue
    return [
      {
        cause: 'pull-secret-malformed',
        detail: undefined,
        message: `pull secret ${quoted(name, 80)} does not decode (${state.error}), which fails every image of the pod`,
        fix: `make it again with kubectl create secret docker-registry, or take it out of imagePullSecrets`,
      },
    ]
  }
  return []
}
