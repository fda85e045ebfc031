import { printable, quoted } from '../../base/text.ts'
import { hostAssumed, pulledName, registryHost, registryPath } from '../reference/index.ts'
import type { Reference } from '../reference/index.ts'
import { closestTags } from './closest-tags.ts'
import type { ImageEvidence, PodEvidence } from './evidence.ts'
import { addPullSecret, createPullSecret, renewPullSecret, serverOf, setImage } from './fixes.ts'
import type { Absent, Failure, Faulty, Invalid } from './facts.ts'
import { wordsOfUnreachable } from './unreachable-words.ts'

export interface Words {
  readonly message: string
  readonly fix: string
}

/** Who asked: pull secrets by name (none: nobody's credential was sent), or the user at the command line. */
export type Readers = readonly string[] | 'own-login'

/** Says a registry's answer in words: what it means, who asked, and what mends it. */
export function wordsOfFailure(
  failure: Failure,
  reference: Reference,
  readers: Readers,
  image: ImageEvidence,
  pod: PodEvidence,
): Words {
  const host = registryHost(reference)
  const { subject } = pod
  switch (failure.kind) {
    case 'absent':
      return wordsOfAbsent(failure, reference, readers, image, pod)
    case 'refused': {
      const secret = readers === 'own-login' ? undefined : readers[0]
      if (readers === 'own-login' || secret === undefined) return refusedAnonymously(reference, image, pod)
      const renew = renewPullSecret(subject, secret, serverOf(host))
      if (failure.at === 'login') {
        const why = failure.detail === 'expired' ? 'has expired' : 'is wrong, revoked or expired'
        return {
          message: `${host} refuses the login of ${secretsNamed(readers)}: the credential ${why}, or it gives no right to ${registryPath(reference)}`,
          fix: renew,
        }
      }
      return {
        message: `${host} lets ${secretsNamed(readers)} in, but not to ${registryPath(reference)}: it does not exist, or that account may not read it`,
        fix: `check the spelling, grant that account the right to pull, or use another: ${renew}${otherHost(reference, image, pod)}`,
      }
    }
    case 'blocked':
      return {
        message: `${host} or something before it answered ${failure.status}, which is not a registry's own refusal (${BLOCKS[failure.detail]})`,
        fix: 'ask who runs the registry or the firewall what blocks it; nodes at another address may fare otherwise',
      }
    case 'throttled': {
      const window = failure.window === undefined ? '' : `; it counts over ${duration(failure.window)}`
      const known = readers === 'own-login' || readers.length > 0
      return {
        message: `${host} takes no more requests for now: its rate limit or a quota is reached${window}`,
        fix: known
          ? 'pull with an account that may pull more, or through a mirror'
          : `pull with an account of your own (${addPullSecret(pod, serverOf(host))}), or through a mirror`,
      }
    }
    case 'unreachable':
      return wordsOfUnreachable(failure, host)
    case 'unfollowed':
      return {
        message:
          failure.host === host
            ? `${host} is not contacted: ${UNSAFE[failure.detail].why}`
            : `${host} sends us to ${printable(failure.host, 100)}, which we do not follow: ${UNSAFE[failure.detail].why}`,
        fix: UNSAFE[failure.detail].fix,
      }
    case 'faulty':
      return wordsOfFaulty(failure)
    case 'invalid':
      return {
        message: `${pulledName(reference)} cannot be accepted by a node: ${INVALID[failure.detail]}`,
        fix: 'push the image again, and look at what stands between the registry and its clients',
      }
    case 'unasked':
      return {
        message: `not asked: the pod has more ${failure.detail === 'too-many-images' ? 'images' : 'credentials for this image'} than we ask for`,
        fix: 'use fewer in one pod',
      }
    case 'out-of-time':
      return {
        message: `no answer from ${host} within the time we have`,
        fix: 'try again; if it stays slow, raise the timeout or put a mirror nearby',
      }
  }
}

function wordsOfAbsent(
  absent: Absent,
  reference: Reference,
  readers: Readers,
  image: ImageEvidence,
  pod: PodEvidence,
): Words {
  const { name, tag, digest } = reference
  const as = readAs(readers)
  if (absent.what === 'repository') {
    return {
      message: `${registryHost(reference)} has no repository ${registryPath(reference)} (${as})`,
      fix: `check the spelling, or push the image${otherHost(reference, image, pod)}`,
    }
  }
  if (digest !== undefined) {
    return {
      message: `no digest ${printable(digest, 80)} in ${name} (${as})`,
      fix: setImage(pod.subject, image.use, `${name}@DIGEST`, ', with a digest that is there; or push it'),
    }
  }
  const wanted = tag ?? 'latest'
  const closest =
    absent.tags === undefined ? [] : closestTags(wanted, absent.tags).map((other) => printable(other, 128))
  const near = closest.length === 0 ? '' : `; closest tags: ${closest.join(', ')}`
  const latest = absent.latest === undefined ? '' : `; :latest is ${printable(absent.latest, 80)}`
  const [first] = closest
  const fix =
    first === undefined
      ? `push it, or ${setImage(pod.subject, image.use, `${name}:TAG`, ', with a tag that is there')}`
      : setImage(pod.subject, image.use, `${name}:${first}`)
  return {
    message: `no tag ${quoted(wanted, 128)} in ${name} (${as})${near}${latest}`,
    fix: fix + (pod.knownHosts.length === 0 ? '' : otherHost(reference, image, pod)),
  }
}

function readAs(readers: Readers): string {
  if (readers === 'own-login') return 'read with your own login'
  return readers.length === 0 ? 'read anonymously' : `read with ${secretsNamed(readers)}`
}

function refusedAnonymously(reference: Reference, image: ImageEvidence, pod: PodEvidence): Words {
  const host = registryHost(reference)
  const missing = pod.secrets
    .filter(({ state }) => state.kind === 'absent' || state.kind === 'pending')
    .map(({ name }) => name)
  const ignored = pod.secrets.filter(({ state }) => state.kind === 'ignored').map(({ name }) => name)
  const tried =
    missing.length > 0
      ? `${secretsNamed(missing)} ${missing.length > 1 ? 'are' : 'is'} not there`
      : ignored.length > 0
        ? `${secretsNamed(ignored)} ${ignored.length > 1 ? 'are' : 'is'} of a type that the kubelet ignores`
        : pod.secrets.length > 0
          ? 'no pull secret of the pod is for this host'
          : 'the pod has no pull secret'
  const near = image.nearMisses[0]
  return {
    message: `${host} refuses ${registryPath(reference)} to anonymous: it does not exist or it is private, and ${tried}${near === undefined ? '' : ` (${near.message})`}`,
    fix:
      (missing[0] === undefined
        ? addPullSecret(pod, serverOf(host))
        : createPullSecret(pod.subject, missing[0], serverOf(host))) + otherHost(reference, image, pod),
  }
}

// A name without a registry host is the commonest mistake of all: say first what it was taken for.
function otherHost(reference: Reference, image: ImageEvidence, pod: PodEvidence): string {
  if (!hostAssumed(image.use.image)) return ''
  const meant = meantInstead(reference, pod)
  return meant === undefined
    ? `; or name the registry: no host is named, so Docker Hub is assumed`
    : `; or did you mean ${meant}?`
}

/** For an image that names no host: itself, on the first host that the pod names elsewhere. */
export function meantInstead({ path, tag, digest }: Reference, pod: PodEvidence): string | undefined {
  const [known] = pod.knownHosts
  if (known === undefined) return undefined
  const version = digest === undefined ? (tag === undefined ? '' : `:${tag}`) : `@${digest}`
  return `${known}/${path.replace(/^library\//, '')}${version}`
}

function wordsOfFaulty({ detail, status, host }: Faulty): Words {
  const at = printable(host, 100)
  const fix = 'look at the registry and what stands before it; try again'
  switch (detail) {
    case 'status':
      return { message: `${at} answered ${status}`, fix }
    case 'token-service':
      return { message: `the token service at ${at} gives no usable answer${status === 0 ? '' : ` (${status})`}`, fix }
    case 'not-a-registry':
      return {
        message: `what ${at} answered is not a registry's answer`,
        fix: 'check the host: a web page or a proxy answers in its place',
      }
    case 'redirects':
      return { message: `${at} redirects in a loop, or too often`, fix }
    case 'challenge':
      return { message: `${at} asks for a login in a way that no node understands`, fix }
  }
}

const BLOCKS = {
  firewall: 'a firewall, an address list or a proxy',
  policy: 'a policy or scan that blocks the image',
  legal: 'legal reasons',
} as const

const UNSAFE = {
  address: {
    why: 'the address is not one for a registry',
    fix: 'if that is meant, list the address under registries.allowAddresses in the configuration',
  },
  loopback: {
    why: 'that is the machine that we run on, not the node',
    fix: 'give the hosts.toml that the nodes have for it (--hosts-dir), or, if the nodes are this machine, list the address under registries.allowAddresses in the configuration',
  },
  downgrade: {
    why: 'it downgrades to plain HTTP',
    fix: 'if that is meant, list that host under registries.insecure (--insecure-registry)',
  },
  scheme: { why: 'it is not HTTP at all', fix: 'look at the registry and what stands before it' },
} as const

const INVALID: Record<Invalid['detail'], string> = {
  'digest-mismatch': 'the content does not have the digest that was asked for',
  'digest-header': 'the digest that the registry names is none',
  'too-large': 'the manifest is over the limit of 4,393,216 bytes',
  'media-type': 'the media type and the content do not fit',
  malformed: 'the content is malformed',
  size: 'the content is not as long as its descriptor says',
  empty: 'its descriptor says that it is empty',
  'config-missing': 'its config is not in the repository',
  'child-missing': 'the manifest that its index names for the platform is not in the repository',
}

export function wordsOfInvalid(detail: Invalid['detail']): string {
  return INVALID[detail]
}

/** `pull secrets "a", "b"`; at most three. */
export function secretsNamed(names: readonly string[]): string {
  const shown = [...new Set(names)].slice(0, 3).map((name) => quoted(name, 80))
  return `pull ${shown.length > 1 ? 'secrets' : 'secret'} ${shown.join(', ')}`
}

function duration(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600} h`
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`
}
