import { isDeepStrictEqual } from 'node:util'

import type { ImageUse, Workload } from '../workload/index.ts'

/**
 * The image uses that this request brings (design, "What is checked, when"): all of what is created, and of an update those
 * that changed, or all where pull secrets, service account, runtime class or placement changed. Scaling, labels, finalizers: none.
 *
 * Uses are matched by role and name, not by place in their list: an ephemeral container is one more name.
 */
export function usesToJudge(operation: string, workload: Workload, old: Workload | undefined): readonly ImageUse[] {
  if (operation !== 'UPDATE' || old?.kind !== workload.kind) return workload.uses
  if (!sameSurroundings(workload, old)) return workload.uses
  const before = new Set(old.uses.map(identity))
  return workload.uses.filter((use) => !before.has(identity(use)))
}

function sameSurroundings(workload: Workload, old: Workload): boolean {
  return (
    workload.serviceAccount === old.serviceAccount &&
    // A runtime class may be exempt: what came in under one is judged when it leaves it.
    workload.runtimeClass === old.runtimeClass &&
    workload.pullSecretsSaid === old.pullSecretsSaid &&
    isDeepStrictEqual(workload.pullSecrets, old.pullSecrets) &&
    samePlacement(workload, old)
  )
}

function samePlacement(workload: Workload, old: Workload): boolean {
  // A pod that sits on a node stays there: a toleration that is added to it places nothing anew.
  const { nodeName } = workload.placement
  if (!workload.template && nodeName !== '' && nodeName === old.placement.nodeName) return true
  return isDeepStrictEqual(workload.placement, old.placement)
}

function identity({ role, name, image, pullPolicy }: ImageUse): string {
  return JSON.stringify([role, name, image, pullPolicy])
}
