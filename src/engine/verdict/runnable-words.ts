import { printable } from '../../base/text.ts'
import { formatPlatform } from '../platform/index.ts'
import type { Host, Platform } from '../platform/index.ts'
import type { Reference } from '../reference/index.ts'
import { describeArtifact } from './artifact.ts'
import type { Finding } from './causes.ts'
import type { PodEvidence } from './evidence.ts'
import type { Found, Invalid } from './facts.ts'
import { wordsOfInvalid } from './failure-words.ts'
import { selectPlatform } from './fixes.ts'
import type { Judgement } from './judgement.ts'
import { hostsNamed, platformsIn, platformsOf } from './platform-names.ts'

type Unhappy = Exclude<Judgement, { kind: 'runs' | 'part' }>

/** Says in words how `hosts` take what was found. */
export function findingOf(
  judgement: Unhappy,
  hosts: readonly (Host | undefined)[],
  reference: Reference,
  found: Found,
  pod: PodEvidence,
): Finding {
  const { cause, detail } = judgement
  const wanted = hostsNamed(hosts)
  switch (cause) {
    case 'platform-none':
      return {
        cause,
        detail,
        message: `no ${wanted} in ${platformsOf(found.document)}`,
        fix: `build the image for ${wanted} too${elsewhere(platformsIn(found.document)[0], pod)}`,
      }
    case 'platform-mismatch': {
      const config = judgement.kind === 'fails' ? judgement.config : undefined
      const is = config === undefined ? 'another platform' : printable(formatPlatform(config), 60)
      return {
        cause,
        detail,
        message: `the image is for ${is}, and the nodes are ${wanted}: it pulls, and then cannot run`,
        fix: `build the image for ${wanted}${elsewhere(config, pod)}`,
      }
    }
    case 'manifest-unsupported': {
      const manifest = judgement.kind === 'fails' ? judgement.manifest : undefined
      const what =
        manifest === undefined
          ? (UNSUPPORTED[detail ?? ''] ?? 'it is no image')
          : `it is ${printable(describeArtifact(manifest), 120)}, not an image`
      return {
        cause,
        detail,
        message: `nodes can do nothing with ${reference.name} here: ${what}`,
        fix:
          FIXES[detail ?? ''] ?? 'name an image; a chart is installed with helm, a signature belongs beside an image',
      }
    }
    case 'manifest-invalid':
      return {
        cause,
        detail,
        message: `a node cannot take this image: ${wordsOfInvalid(detail as Invalid['detail'])}`,
        fix: 'push the image again, whole; a clean-up of untagged manifests may have taken a part of it',
      }
    case 'runtime-dependent':
      return runtimesFinding(hosts, detail, judgement.kind === 'open' ? judgement.why : undefined)
    default:
      return {
        cause,
        detail,
        message: `a part of the image was not read: ${UNREAD[detail ?? ''] ?? 'a bound of ours was reached'}`,
        fix: 'name the manifest of one platform by its digest, or make the index smaller',
      }
  }
}

/** `platform-partial`. */
export function partialFinding(
  able: readonly (Host | undefined)[],
  unable: readonly (Host | undefined)[],
  found: Found,
  pod: PodEvidence,
): Finding {
  const select = able[0] === undefined ? undefined : selectPlatform(pod.subject, able[0].platform)
  const has = platformsOf(found.document)
  return {
    cause: 'platform-partial',
    detail: undefined,
    message: `runs on ${hostsNamed(able)} nodes, not on ${hostsNamed(unable)} ones, and the scheduler may choose either (the image has ${has})`,
    fix: `build the image for ${hostsNamed(unable)} too${select === undefined ? '' : `, or keep it off other nodes: ${select}`}`,
  }
}

/** `runtime-dependent`. `why` completes "it depends: ...". */
export function runtimesFinding(
  hosts: readonly (Host | undefined)[],
  detail: string | undefined,
  why?: string,
): Finding {
  const reason = why ?? DEPENDS[detail ?? ''] ?? 'runtimes differ here'
  return {
    cause: 'runtime-dependent',
    detail,
    message: `whether ${hostsNamed(hosts)} takes this image depends on the container runtime: ${reason}`,
    fix: MENDS[detail ?? ''] ?? 'build an image for exactly that platform, in the OCI or Docker schema 2 format',
  }
}

/** Some candidates do not say their platform, and the others cannot run the image. */
export function unseenPlatforms(): Finding {
  return {
    cause: 'view-incomplete',
    detail: 'nodes',
    message: 'no node whose platform is known can run this image, but some nodes do not say their platform',
    fix: 'see that nodes have a status, or the labels kubernetes.io/os and kubernetes.io/arch',
  }
}

// No candidate is of the image's platform, but the cluster may have such nodes.
function elsewhere(platform: Platform | undefined, pod: PodEvidence): string {
  const select = platform === undefined ? undefined : selectPlatform(pod.subject, platform)
  if (platform === undefined || select === undefined) return ''
  return `, or, if the cluster has ${printable(formatPlatform(platform), 60)} nodes, ${select}`
}

const UNSUPPORTED: Readonly<Record<string, string>> = {
  'empty-index': 'its index is empty',
  schema1: 'it is in the Docker schema 1 format, which containerd dropped in 2.1',
  'media-type': 'its media type is that of no image',
}

const FIXES: Readonly<Record<string, string>> = {
  'empty-index': 'push the index again, with the images of its platforms',
  schema1: 'pull it with an older client, and push it again in the OCI or Docker schema 2 format',
}

const MENDS: Readonly<Record<string, string>> = {
  'artifact-volume': 'pack what is to be mounted as an image, with tar layers and an image config',
  'media-type': 'look at what stands between the registry and its clients: it spells Content-Type in a way of its own',
}

const UNREAD: Readonly<Record<string, string>> = {
  'index-depth': 'its indexes are nested too deep',
  'index-size': 'its index has too many entries',
}

const DEPENDS: Readonly<Record<string, string>> = {
  index: 'the index has only entries that some runtimes take and others do not',
  schema1: 'it is in the Docker schema 1 format',
  'config-type': 'its config is of no type that all runtimes know',
  'artifact-volume': 'artifacts mount as volumes in some only',
  'media-type': 'its media type has capitals or a space, which containerd takes for another type',
}
