import { parseReference, pulledName } from '../reference/index.ts'
import type { ImageList } from './node.ts'

// What the kubelet lists unless it is told otherwise (facts of the kubelet's pull, 2.5): the largest images, and a few names of each.
const USUAL_IMAGES = 50
const MOST_NAMES = 5
/** `nodeStatusMaxImages: -1` lists all; no node that is kept clean has more. */
const MOST_IMAGES = 1000
/** A repository name is at most 255 characters after its host, and a digest 135. */
const LONGEST_NAME = 700

export const NO_IMAGES: ImageList = { names: new Set(), complete: false }

/**
 * Reads `status.images` of a Node. A list that may have been cut is not complete: one of 50 entries or more, one with an image of
 * five names or more, and an empty one, which a node shows before its first report.
 */
export function readImageList(images: unknown, intern: (text: string) => string): ImageList {
  if (!Array.isArray(images) || images.length === 0) return NO_IMAGES
  const list: readonly unknown[] = images
  const names = new Set<string>()
  let complete = list.length < USUAL_IMAGES
  for (const image of list.slice(0, MOST_IMAGES)) {
    const listed = namesOf(image)
    if (listed === undefined || listed.length >= MOST_NAMES) complete = false
    for (const written of (listed ?? []).slice(0, MOST_NAMES)) {
      const name = typeof written === 'string' ? normalized(written) : undefined
      if (name === undefined) complete = false
      else names.add(intern(name))
    }
  }
  return { names, complete }
}

// An image that lost its tag to another has no names, and is none that could be asked for.
function namesOf(image: unknown): readonly unknown[] | undefined {
  if (typeof image !== 'object' || image === null) return undefined
  const names: unknown = Object.hasOwn(image, 'names') ? (image as { readonly names: unknown }).names : []
  if (names === null) return []
  return Array.isArray(names) ? names : undefined
}

// Docker lists `nginx:1.25`, and containerd and CRI-O say the host.
function normalized(name: string): string | undefined {
  if (name.length > LONGEST_NAME) return undefined
  if (/^[a-z0-9-]+[.:][^/]*\//.test(name)) return name
  const parsed = parseReference(name)
  return parsed.kind === 'parsed' ? pulledName(parsed.reference) : undefined
}
