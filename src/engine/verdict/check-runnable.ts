import type { Host } from '../platform/index.ts'
import type { Reference } from '../reference/index.ts'
import { causeNames, outcomeOf } from './causes.ts'
import type { Finding } from './causes.ts'
import { findingOfFailure } from './check-access.ts'
import type { ImageEvidence, PodEvidence } from './evidence.ts'
import type { Found } from './facts.ts'
import { toBeRead } from './fixes.ts'
import { judgeDocument } from './judgement.ts'
import type { Judgement } from './judgement.ts'
import { hostsNamed } from './platform-names.ts'
import { findingOf, partialFinding, runtimesFinding, unseenPlatforms } from './runnable-words.ts'

interface Judged {
  readonly host: Host | undefined
  readonly judgement: Exclude<Judgement, { kind: 'part' }>
  /** For a part that could not be had. */
  readonly finding: Finding | undefined
}

/** Whether what was found runs (or mounts) where the pod may land: platforms, artifact kinds, missing children. */
export function checkRunnable(
  reference: Reference,
  found: Found,
  reader: string | undefined,
  image: ImageEvidence,
  pod: PodEvidence,
): readonly Finding[] {
  const { landing } = pod
  const hosts = landing.kind === 'hosts' && landing.hosts.length > 0 ? landing.hosts : [undefined]
  const judged = hosts.map((host) => judge(reference, found, reader, host, image, pod))
  const runs = judged.filter(({ judgement }) => judgement.kind === 'runs')
  const failing = judged.filter(({ judgement }) => judgement.kind === 'fails')
  const open = judged.filter(({ judgement }) => judgement.kind === 'open')
  if (failing.length === judged.length) {
    // What fails on any platform needs none to be known.
    const sure = judge(reference, found, reader, undefined, image, pod).judgement.kind === 'fails'
    const blind = landing.kind === 'hosts' && landing.unplatformed > 0 && !sure
    return blind ? [unseenPlatforms()] : findingsOf(failing, reference, found, pod)
  }
  const findings = [...findingsOf(open, reference, found, pod)]
  if (failing.length > 0 && runs.length > 0) findings.push(split(runs, failing, found, pod))
  return findings
}

/** `no-candidate-node`, and nodes that could not be read: where the pod may land is not known. */
export function checkLanding(
  { use }: ImageEvidence,
  { landing, subject }: PodEvidence,
  found: Found | undefined,
): readonly Finding[] {
  if (landing.kind === 'hosts' && landing.nodes === 0) {
    return [
      {
        cause: 'no-candidate-node',
        detail: undefined,
        message: "no node of the cluster fits the pod's node name, selector, affinity and tolerations",
        fix: `check nodeSelector, affinity and tolerations under ${subject.specField}, unless a node pool grows from zero`,
      },
    ]
  }
  const never = use.pullPolicy === 'Never'
  if (landing.kind !== 'unreadable' || (found === undefined && !never)) return []
  const unknown = never ? 'it is not known whether they have the image' : 'platforms are not judged'
  return [
    {
      cause: 'view-incomplete',
      detail: 'nodes',
      message: `the nodes could not be read (${landing.detail}), so ${unknown}`,
      fix: toBeRead('list nodes'),
    },
  ]
}

function judge(
  reference: Reference,
  found: Found,
  reader: string | undefined,
  host: Host | undefined,
  image: ImageEvidence,
  pod: PodEvidence,
): Judged {
  const judgement = judgeDocument(found.document, host, image.use.role)
  if (judgement.kind !== 'part') return { host, judgement, finding: undefined }
  const readers = reader === undefined ? [] : [reader]
  const whole = findingOfFailure(judgement.failure, readers, reference, image, pod)
  const finding = { ...whole, message: `a part of the image could not be read: ${whole.message}` }
  const { cause, detail } = finding
  const kind = outcomeOf(cause) === 'failing' ? 'fails' : 'open'
  return { host, judgement: { kind, cause, detail }, finding }
}

// One finding for each cause, with the hosts on which it is so.
function findingsOf(
  judged: readonly Judged[],
  reference: Reference,
  found: Found,
  pod: PodEvidence,
): readonly Finding[] {
  const groups = new Map<string, { first: Judged; hosts: (Host | undefined)[] }>()
  for (const one of judged) {
    if (one.judgement.kind === 'runs') continue
    const key = `${causeNames.indexOf(one.judgement.cause)} ${one.judgement.detail ?? ''}`
    const group = groups.get(key) ?? { first: one, hosts: [] }
    group.hosts.push(one.host)
    groups.set(key, group)
  }
  return [...groups.values()].flatMap(({ first: { finding, judgement }, hosts }) => {
    if (judgement.kind === 'runs') return []
    return [finding ?? findingOf(judgement, hosts, reference, found, pod)]
  })
}

// Nodes of one platform that fare differently differ in their runtimes; no selector of a platform keeps them apart.
function split(runs: readonly Judged[], failing: readonly Judged[], found: Found, pod: PodEvidence): Finding {
  const able = runs.map(({ host }) => host)
  const unable = failing.map(({ host }) => host)
  const names = new Set(able.map((host) => hostsNamed([host])))
  const [first] = failing
  if (unable.some((host) => names.has(hostsNamed([host]))))
    return runtimesFinding(unable, first?.judgement.kind === 'fails' ? first.judgement.detail : undefined)
  return partialFinding(able, unable, found, pod)
}
