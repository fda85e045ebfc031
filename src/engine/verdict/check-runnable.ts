import { printable } from '../../base/text.ts'
import { formatPlatform } from '../platform/index.ts'
import type { Host, Platform } from '../platform/index.ts'
import type { Reference } from '../reference/index.ts'
import { describeArtifact } from './artifact.ts'
import { causeNames } from './causes.ts'
import type { Finding } from './causes.ts'
import type { ImageEvidence, PodEvidence } from './evidence.ts'
import type { Document, Found, Invalid } from './facts.ts'
import { wordsOfInvalid } from './failure-words.ts'
import { selectPlatform } from './fixes.ts'
import { judgeDocument } from './judgement.ts'
import type { Judgement } from './judgement.ts'

interface Judged {
  readonly host: Host | undefined
  readonly judgement: Judgement
}

type Unhappy = Exclude<Judgement, { kind: 'runs' }>

/** Whether what was found runs (or mounts) where the pod may land: platforms, artifact kinds, missing children. */
export function checkRunnable(
  reference: Reference,
  found: Found,
  image: ImageEvidence,
  pod: PodEvidence,
): readonly Finding[] {
  const { landing } = pod
  const hosts = landing.kind === 'hosts' && landing.hosts.length > 0 ? landing.hosts : [undefined]
  const judged: readonly Judged[] = hosts.map((host) => ({
    host,
    judgement: judgeDocument(found.document, host, image.use.role),
  }))
  const findings: Finding[] = []
  const finding = aggregate(reference, judged, found, pod)
  if (finding !== undefined) findings.push(finding)
  if (landing.kind === 'hosts' && landing.nodes === 0) {
    findings.push({
      cause: 'no-candidate-node',
      detail: undefined,
      message: "no node of the cluster fits the pod's node name, selector, affinity and tolerations",
      fix: `check nodeSelector, affinity and tolerations under ${pod.subject.specField}, unless a node pool grows from zero`,
    })
  }
  if (landing.kind === 'unreadable') {
    findings.push({
      cause: 'view-incomplete',
      detail: 'nodes',
      message: `the nodes could not be read (${landing.detail}), so platforms are not judged`,
      fix: 'let us read nodes: see the log for the RBAC rule that is missing',
    })
  }
  return findings
}

// All hosts fail: the image fails. Some: it depends on the scheduler. Where a runtime's choice is open, so is the answer.
function aggregate(
  reference: Reference,
  judged: readonly Judged[],
  found: Found,
  pod: PodEvidence,
): Finding | undefined {
  const unhappy = judged.flatMap(({ host, judgement }) => (judgement.kind === 'runs' ? [] : [{ host, judgement }]))
  const failing = unhappy.filter(({ judgement }) => judgement.kind === 'fails')
  const [worst] = [
    ...(failing.length === judged.length ? failing : unhappy.filter(({ judgement }) => judgement.kind === 'open')),
  ].sort((a, b) => order(a.judgement) - order(b.judgement))
  if (worst !== undefined) {
    const blind = pod.landing.kind === 'hosts' && pod.landing.unplatformed > 0 && worst.judgement.kind === 'fails'
    return blind ? unseenPlatforms() : finding(worst.judgement, reference, judged, found, pod)
  }
  return failing.length === 0
    ? undefined
    : partial(
        failing.map(({ host }) => host),
        found,
        judged,
        pod,
      )
}

function order(judgement: Unhappy): number {
  return causeNames.indexOf(judgement.cause)
}

function finding(
  judgement: Unhappy,
  reference: Reference,
  judged: readonly Judged[],
  found: Found,
  pod: PodEvidence,
): Finding {
  const { cause, detail } = judgement
  const has = platformsOf(found.document)
  const wanted = listed(judged.map(({ host }) => host))
  switch (cause) {
    case 'platform-none':
      return {
        cause,
        detail,
        message: `no ${wanted} in ${has}`,
        fix: `build the image for ${wanted} too${elsewhere(found.document, pod)}`,
      }
    case 'platform-mismatch': {
      const of =
        judgement.kind === 'fails' && judgement.config !== undefined
          ? formatPlatform(judgement.config)
          : 'another platform'
      return {
        cause,
        detail,
        message: `the image is for ${printable(of, 60)}, and the nodes are ${wanted}: it pulls, and then cannot run`,
        fix: `build the image for ${wanted}${judgement.kind === 'fails' && judgement.config !== undefined ? or(selectFor(judgement.config, pod)) : ''}`,
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
        fix: 'name an image; a chart is installed with helm, a signature belongs beside an image',
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
      return {
        cause,
        detail,
        message: `whether ${wanted} takes this image depends on its container runtime: ${DEPENDS[detail ?? ''] ?? 'runtimes differ here'}`,
        fix: `build an image for ${wanted}, in the OCI or Docker schema 2 format`,
      }
    default:
      return {
        cause,
        detail,
        message: `a part of the image could not be read (${cause})`,
        fix: 'try again; if it stays so, look at the registry',
      }
  }
}

function partial(
  failing: readonly (Host | undefined)[],
  found: Found,
  judged: readonly Judged[],
  pod: PodEvidence,
): Finding {
  const runs = judged.filter(({ judgement }) => judgement.kind === 'runs').map(({ host }) => host)
  const select =
    runs[0] === undefined ? '' : or(selectPlatform(pod.subject, runs[0].platform.os, runs[0].platform.architecture))
  return {
    cause: 'platform-partial',
    detail: undefined,
    message: `runs on ${listed(runs)} nodes, not on ${listed(failing)} ones, and the scheduler may choose either (the image has ${platformsOf(found.document)})`,
    fix: `build the image for ${listed(failing)} too${select}`,
  }
}

function unseenPlatforms(): Finding {
  return {
    cause: 'view-incomplete',
    detail: 'nodes',
    message: 'no node whose platform is known can run this image, but some nodes do not say their platform',
    fix: 'see that nodes have a status, or the label kubernetes.io/arch',
  }
}

function elsewhere(document: Document, pod: PodEvidence): string {
  if (document.kind !== 'index') return ''
  const offered = document.entries
    .map(({ platform }) => platform)
    .filter((platform) => platform !== undefined && known(platform))
  const [only] = offered
  return only === undefined ? '' : or(selectFor(only, pod))
}

function selectFor(platform: Platform, pod: PodEvidence): string {
  return `keep it off other nodes: ${selectPlatform(pod.subject, platform.os, platform.architecture)}`
}

function or(text: string): string {
  return `, or ${text}`
}

// Attestations sit in an index under this platform, and are for no node.
function known({ os, architecture }: Platform): boolean {
  return os !== 'unknown' && architecture !== 'unknown' && architecture !== ''
}

/** The platforms that a document names, for messages and reports; at most eight, then `and N more`. */
export function platformsOf(document: Document): string {
  const names = platformNames(document)
  if (names.length === 0) return 'no platform'
  const shown = names.slice(0, 8).join(', ')
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown
}

/** The platforms that a document names, in its order, attestations left out. */
export function platformNames(document: Document): readonly string[] {
  if (document.kind === 'index') {
    const named = document.entries.flatMap(({ platform }) =>
      platform !== undefined && known(platform) ? [formatPlatform(platform)] : [],
    )
    return [...new Set(named)].map((name) => printable(name, 40))
  }
  if (document.kind !== 'manifest' || document.config === undefined || 'kind' in document.config) return []
  return known(document.config) ? [printable(formatPlatform(document.config), 40)] : []
}

function listed(hosts: readonly (Host | undefined)[]): string {
  const names = new Set(hosts.map((host) => (host === undefined ? 'a node' : formatPlatform(host.platform))))
  return [...names].slice(0, 6).join(', ')
}

const UNSUPPORTED: Readonly<Record<string, string>> = {
  'empty-index': 'its index is empty',
  schema1: 'it is in the Docker schema 1 format, which containerd dropped in 2.1',
  'media-type': 'its media type is that of no image',
}

const DEPENDS: Readonly<Record<string, string>> = {
  index: 'the index has only entries that some runtimes take and others do not',
  schema1: 'it is in the Docker schema 1 format',
  'config-type': 'its config is of no type that all runtimes know',
  'artifact-volume': 'artifacts mount as volumes in some only',
}
