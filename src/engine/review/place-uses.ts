import { needsPull, presenceOf } from '../nodes/index.ts'
import type { Node, Presence } from '../nodes/index.ts'
import { imageExemption } from '../policy/index.ts'
import type { Exemption, Exemptions } from '../policy/index.ts'
import { parseReference } from '../reference/index.ts'
import type { ParsedReference } from '../reference/index.ts'
import type { ImageUse } from '../workload/index.ts'

/** An image use, read, and what the lists of the nodes where the pod may land say of the image. */
export interface PlacedUse {
  readonly use: ImageUse
  readonly parsed: ParsedReference
  /** Undefined where it does not matter, or no node is known. */
  readonly presence: Presence | undefined
  /** What the configuration exempts the image by. */
  readonly exemption: Exemption | undefined
}

const MOST_SOUGHT = 64 // different images of one pod; each is looked up on every candidate node, of which there may be thousands

/** References, what they are exempt by, and where they are already. */
export function placeUses(
  uses: readonly ImageUse[],
  candidates: readonly Node[],
  exemptions: Exemptions,
): readonly PlacedUse[] {
  const sought = new Map<string, Presence | undefined>()
  return uses.map((use) => {
    const parsed = parseReference(use.image)
    const exemption = parsed.kind === 'parsed' ? imageExemption(parsed.reference, exemptions) : undefined
    if (parsed.kind === 'invalid' || exemption?.by === 'image' || use.pullPolicy === 'Always')
      return { use, parsed, presence: undefined, exemption }
    if (!sought.has(use.image) && sought.size < MOST_SOUGHT)
      sought.set(use.image, presenceOf(use.image, parsed.reference, candidates))
    const presence = sought.get(use.image)
    // A registry that nobody has to ask is not passed over.
    const idle = exemption?.by === 'registry-skip' && !needsPull(use.pullPolicy, presence)
    return { use, parsed, presence, exemption: idle ? undefined : exemption }
  })
}

/** Whether a node has to pull it, and that is judged: then the pull secrets matter. */
export function isPulled({ use, parsed, presence, exemption }: PlacedUse): boolean {
  return parsed.kind === 'parsed' && exemption?.by !== 'image' && needsPull(use.pullPolicy, presence)
}

/** Whether a registry is asked for it. */
export function isAsked(placed: PlacedUse): boolean {
  return placed.exemption?.by !== 'registry-skip' && isPulled(placed)
}
