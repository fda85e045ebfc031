import { asksRegistry, decide, ignoredBy, invalidLabels } from '../policy/index.ts'
import type { Decided, Exemption, InvalidLabel, PolicyConfig, PolicyContext } from '../policy/index.ts'
import { judgeImage, notJudged, restsOnSecrets } from '../verdict/index.ts'
import type { Finding, ImageEvidence, ImageVerdict, PodEvidence, Running } from '../verdict/index.ts'
import { specPathOf } from '../workload/index.ts'
import type { CustomKind, ImageUse, Workload } from '../workload/index.ts'
import { createHaste } from './haste.ts'
import type { After } from './haste.ts'
import { gatherImages } from './images.ts'
import type { ImagePorts } from './images.ts'
import { knownHosts } from './known-hosts.ts'
import { findLanding } from './landing.ts'
import type { Candidates } from './landing.ts'
import { mayChange } from './may-change.ts'
import { isPulled, placeUses } from './place-uses.ts'
import type { PlacedUse } from './place-uses.ts'
import type { ClusterView, Reading, ReadRunning, Rewriting } from './ports.ts'
import { runningImages } from './running.ts'
import { gatherSecrets, noPullSecrets } from './secrets.ts'

/** What a review stands on; all of it is given, nothing is reached for. */
export interface ReviewDeps extends ImagePorts {
  readonly view: ClusterView
  readonly policy: PolicyConfig
  /** Hosts for which nodes hold credentials of their own: `*.dkr.ecr.*.amazonaws.com`. */
  readonly nodeCredentials: readonly string[]
  /** Absent: what pods run is not looked at. */
  readonly running?: ReadRunning | undefined
  /** Kinds beside Kubernetes' own that are judged. */
  readonly customKinds?: readonly CustomKind[]
  /** Absent: nothing is known that rewrites pods. */
  readonly rewriting?: Rewriting | undefined
  /** Whoever sends a review may be anybody, so what the keys of a secret say is not repeated. */
  readonly discreet?: boolean
  /** Absent: nobody waits for the answer, and every image has the whole time. */
  readonly after?: After | undefined
}

export interface ReviewTask {
  readonly workload: Workload
  /** The request's namespace, else the object's. */
  readonly namespace: string
  /** Those of the workload's uses that are in question. */
  readonly uses: readonly ImageUse[]
  readonly maker: PolicyContext['maker']
  /** The object is in the cluster already. */
  readonly exists: boolean
  /** The API server has merged the service account's pull secrets. */
  readonly merged: boolean
}

export interface Reviewed {
  /** In the order of the uses. */
  readonly verdicts: readonly ImageVerdict[]
  readonly decided: Decided<Finding>
  /** Why what would be denied is a warning: it is no pod yet, and may change. Fit to print. */
  readonly advisory?: string | undefined
  /** Labels of the namespace that say no level. */
  readonly invalid: readonly InvalidLabel[]
  /** The label by which the namespace is left alone: then nothing was looked at. */
  readonly ignored: Exemption | undefined
}

/**
 * One object through all stages, top to bottom:
 * workload -> references -> nodes -> pull secrets -> keyring -> image facts -> verdict -> decision.
 */
export async function review(task: ReviewTask, deps: ReviewDeps, signal: AbortSignal): Promise<Reviewed> {
  const labels = await deps.view.namespace(task.namespace, signal)
  const blind = labels.kind === 'unreadable'
  const context: PolicyContext = {
    config: deps.policy,
    labels: labels.kind === 'found' ? labels.value.labels : blind ? undefined : {},
    maker: task.maker,
  }
  const said = { invalid: invalidLabels(context), ignored: ignoredBy(context.labels) }
  if (task.uses.length === 0 || !asksRegistry(context)) return { verdicts: [], decided: decide([], context), ...said }

  const { namespace } = task
  const candidates = await findLanding(task.workload.placement, deps.view, signal)
  const uses = placeUses(task.uses, candidates.nodes, deps.policy.exemptions)
  let asked: Promise<string | undefined> | undefined
  const whyMayChange = (): Promise<string | undefined> => (asked ??= mayChange(task, labels, deps, signal))
  const isDenied = async (judge: (running: Running) => ImageVerdict, at: number): Promise<boolean> => {
    const denies = (verdict: ImageVerdict): boolean =>
      decide([{ ...verdict, exemption: uses[at]?.exemption }], context).decision === 'deny'
    const alone = judge(NONE)
    if (!denies(alone) || (await whyMayChange()) !== undefined) return false
    const sight = { namespace, uses: uses.slice(at, at + 1), verdicts: [alone], candidates }
    const running = await runningImages(sight, deps.running, signal)
    return running === undefined || denies(judge(running))
  }
  const place: Place = { uses, candidates, blind, isDenied }
  const first = await look(task, place, deps, { signal, fresh: false })
  // What was read a moment ago may have been mended since, perhaps by the same `kubectl apply`. The second look decides.
  const again = first.aged && first.verdicts.some(restsOnSecrets)
  const seen = again ? await look(task, place, deps, { signal, fresh: true }) : first
  const running = await runningImages({ namespace, uses, verdicts: seen.verdicts, candidates }, deps.running, signal)
  const verdicts = running === undefined ? seen.verdicts : seen.judge(running)
  const bad = verdicts.some(({ findings }) => findings.length > 0)
  const advisory = bad ? await whyMayChange() : undefined
  const judged = verdicts.map((verdict, at) => ({ ...verdict, exemption: uses[at]?.exemption }))
  return { verdicts, decided: decide(judged, { ...context, advisory: advisory !== undefined }), advisory, ...said }
}

/** No pod is known to run anything. */
const NONE: ReadonlySet<string> = new Set()

interface Place {
  readonly uses: readonly PlacedUse[]
  readonly candidates: Candidates
  readonly blind: boolean
  /** Whether what is known of one image alone denies the object. */
  readonly isDenied: (judge: (running: Running) => ImageVerdict, at: number) => Promise<boolean>
}

interface Look {
  readonly verdicts: readonly ImageVerdict[]
  /** The same, where pods run these images. */
  readonly judge: (running: Running) => readonly ImageVerdict[]
  /** It rests on secrets or an account that came from a cache. */
  readonly aged: boolean
}

async function look(task: ReviewTask, place: Place, deps: ReviewDeps, reading: Reading): Promise<Look> {
  const { workload, namespace, merged } = task
  const { landing } = place.candidates
  const { discreet = false } = deps
  const pullSecrets = place.uses.some(isPulled)
    ? await gatherSecrets({ workload, namespace, merged }, deps.view, reading)
    : noPullSecrets(workload)
  const hosts = landing.kind === 'hosts' ? landing.hosts : []
  const asking = { uses: place.uses, pullSecrets, hosts, nodeCredentials: deps.nodeCredentials, discreet }
  const pod: PodEvidence = {
    subject: subjectOf(task),
    secrets: pullSecrets.secrets,
    account: pullSecrets.account,
    landing,
    knownHosts: knownHosts(
      workload.uses.map(({ image }) => image),
      discreet ? [] : pullSecrets.keys,
    ),
    blindNamespace: place.blind,
  }
  const judge = (image: ImageEvidence, at: number, running: Running): ImageVerdict =>
    place.uses[at]?.exemption?.by === 'image' ? notJudged(image.use) : judgeImage(image, { ...pod, running })
  const haste = createHaste(reading.signal, deps.after)
  const images = await gatherImages(asking, deps, haste.signal, async (image, at) => {
    const others = place.uses.length > 1
    if (others && (await place.isDenied((running) => judge(image, at, running), at))) haste.begin()
  })
  const judgeAll = (running: Running): readonly ImageVerdict[] => images.map((image, at) => judge(image, at, running))
  return { verdicts: judgeAll(NONE), judge: judgeAll, aged: pullSecrets.aged }
}

function subjectOf({ workload, namespace, exists }: ReviewTask): PodEvidence['subject'] {
  const { apiVersion, kind, name, template, specField } = workload
  // What `kubectl set image` does not know may have the name of what it knows.
  const known = specPathOf(apiVersion, kind) !== undefined
  return { kind, name, namespace, template, specField, exists: exists && known }
}
