import { objectExemption } from '../policy/index.ts'
import type { RefusedPods, PodsSeen } from '../report/index.ts'
import { causeNames } from '../verdict/index.ts'
import type { Cause } from '../verdict/index.ts'
import { readWorkload } from '../workload/index.ts'
import type { Workload } from '../workload/index.ts'
import type { NamespaceView, ReadPods } from './ports.ts'
import { review } from './review.ts'
import type { ReviewDeps } from './review.ts'

/** Milliseconds for all of it: whoever labels a namespace waits, and less would cut off an ordinary registry. */
const BUDGET = 3_000
/** Different pods, in what matters: those of one ReplicaSet are one. */
const MOST_KINDS = 200
const AT_ONCE = 8

interface Group {
  readonly workload: Workload
  readonly pods: string[]
}

/** The pods that run in a namespace, judged as if each were made anew under its new labels. Nothing of it is kept. */
export async function lookAtPods(
  namespace: NamespaceView,
  readPods: ReadPods,
  deps: ReviewDeps,
  deadline: AbortSignal,
): Promise<PodsSeen> {
  const signal = deps.after === undefined ? deadline : AbortSignal.any([deadline, deps.after(BUDGET)])
  const listed = await readPods(namespace.name, signal)
  if (listed.kind === 'unreadable') return { kind: 'unreadable', detail: listed.detail }
  if (listed.kind !== 'found') return { kind: 'looked', refused: [], unknown: 0, more: false }
  const groups = groupsOf(listed.value.pods, namespace.name, deps)
  const view = { ...deps.view, namespace: () => Promise.resolve({ kind: 'found', value: namespace } as const) }
  const judging: ReviewDeps = { ...deps, view, after: undefined }
  const refused = new Map<string, { causes: readonly Cause[]; pods: string[] }>()
  const queue = groups.slice(0, MOST_KINDS)
  let known = 0
  async function work(): Promise<void> {
    for (let group = queue.shift(); group !== undefined && !signal.aborted; group = queue.shift()) {
      const seen = await judge(group.workload, namespace.name, judging, signal)
      if (seen.late) continue
      known += group.pods.length
      if (seen.causes.length === 0) continue
      const key = seen.causes.join()
      const same = refused.get(key) ?? { causes: seen.causes, pods: [] }
      same.pods.push(...group.pods)
      refused.set(key, same)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  const all = groups.reduce((sum, { pods }) => sum + pods.length, 0)
  const sorted = [...refused.values()].map(({ causes, pods }): RefusedPods => ({ causes, pods: pods.sort() }))
  return { kind: 'looked', refused: sorted, unknown: all - known, more: listed.value.more }
}

/** Pods that differ in nothing that a verdict looks at are one. Those that end, and a kubelet's own, are passed over. */
function groupsOf(pods: readonly unknown[], namespace: string, { policy }: ReviewDeps): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const pod of pods) {
    const reading = readWorkload(pod)
    if (reading.kind !== 'workload' || reading.workload.deleting || reading.workload.mirror) continue
    const { runtimeClass, uses, serviceAccount, pullSecrets, controller, ...rest } = reading.workload
    const subject = { namespace, username: '', groups: [], runtimeClass }
    if (objectExemption(subject, policy.exemptions) !== undefined) continue
    // Where it sits now says nothing of where its successor will.
    const placement = { ...rest.placement, nodeName: '' }
    const workload: Workload = { ...reading.workload, placement }
    const key = JSON.stringify([uses, serviceAccount, pullSecrets, controller === undefined, placement])
    const group = groups.get(key) ?? { workload, pods: [] }
    group.pods.push(workload.name)
    groups.set(key, group)
  }
  return [...groups.values()]
}

async function judge(
  workload: Workload,
  namespace: string,
  deps: ReviewDeps,
  signal: AbortSignal,
): Promise<{ readonly causes: readonly Cause[]; readonly late: boolean }> {
  const maker = workload.controller === undefined ? 'person' : 'controller'
  const task = { workload, namespace, uses: workload.uses, maker, exists: false, merged: true } as const
  const { decided } = await review(task, deps, signal)
  const findings = decided.images.flatMap((image) => image.findings)
  const refusing = new Set(
    findings.filter(({ decision, wouldDeny }) => decision === 'deny' || wouldDeny).map(({ finding }) => finding.cause),
  )
  const causes = causeNames.filter((cause) => refusing.has(cause))
  return { causes, late: causes.length === 0 && findings.some(({ finding }) => finding.cause === 'deadline') }
}
