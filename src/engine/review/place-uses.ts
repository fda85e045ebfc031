import { needsPull, presenceOf } from '../nodes/index.ts'
import type { Node, Presence } from '../nodes/index.ts'
import { parseReference } from '../reference/index.ts'
import type { ParsedReference } from '../reference/index.ts'
import type { ImageUse } from '../workload/index.ts'

/** An image use, read, and what the lists of the nodes where the pod may land say of the image. */
export interface PlacedUse {
  readonly use: ImageUse
  readonly parsed: ParsedReference
  /** Undefined where it does not matter, or no node is known. */
  readonly presence: Presence | undefined
}

const MOST_SOUGHT = 64 // different images of one pod; each is looked up on every candidate node, of which there may be thousands

/** References, and where they are already. */
export function placeUses(uses: readonly ImageUse[], candidates: readonly Node[]): readonly PlacedUse[] {
  const sought = new Map<string, Presence | undefined>()
  return uses.map((use) => {
    const parsed = parseReference(use.image)
    if (parsed.kind === 'invalid' || use.pullPolicy === 'Always') return { use, parsed, presence: undefined }
    if (!sought.has(use.image) && sought.size < MOST_SOUGHT)
      sought.set(use.image, presenceOf(use.image, parsed.reference, candidates))
    return { use, parsed, presence: sought.get(use.image) }
  })
}

/** Whether a registry is asked for it. */
export function isAsked({ use, parsed, presence }: PlacedUse): boolean {
  return parsed.kind === 'parsed' && needsPull(use.pullPolicy, presence)
}
