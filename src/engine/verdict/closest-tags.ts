import { distance } from 'fastest-levenshtein'

const MOST_SHOWN = 3
const MOST_COMPARED = 1000 // one page of tags, as much as the registry edge asks for
/** What distribution-spec lets a tag be. Tags go into commands that people paste, so nothing else is shown. */
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/

/**
 * The tags most like `wanted`, best first, at most three: those that begin with it (or it with them) before others,
 * then by edit distance, then by name. Tags that share nothing with it are left out.
 */
export function closestTags(wanted: string, tags: readonly string[]): readonly string[] {
  const ranked = tags
    .slice(0, MOST_COMPARED)
    .filter((tag) => TAG.test(tag) && tag !== wanted)
    .map((tag) => ({
      tag,
      related: tag.startsWith(wanted) || wanted.startsWith(tag),
      far: distance(bare(tag), bare(wanted)),
    }))
    .filter(({ related, far, tag }) => related || far < Math.max(tag.length, wanted.length))
  ranked.sort((a, b) => Number(b.related) - Number(a.related) || a.far - b.far || (a.tag < b.tag ? -1 : 1))
  return ranked.slice(0, MOST_SHOWN).map(({ tag }) => tag)
}

// `v1.2` for `1.2` is the commonest slip of all, so it counts as no distance.
function bare(tag: string): string {
  return tag.replace(/^v(?=\d)/i, '').toLowerCase()
}
