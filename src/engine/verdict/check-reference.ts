import { quoted } from '../../base/text.ts'
import type { ImageEvidence, PodEvidence } from './evidence.ts'
import type { Finding } from './causes.ts'
import { setImage } from './fixes.ts'

/** `reference-invalid`, `tag-missing`, `tag-latest`: what the image string says by itself. */
export function checkReference({ parsed, use }: ImageEvidence, { subject }: PodEvidence): readonly Finding[] {
  if (parsed.kind === 'invalid') {
    return [
      {
        cause: 'reference-invalid',
        detail: undefined,
        message: `${quoted(parsed.error, 160)}${hintOf(use.image)}`,
        fix: setImage(subject, use, 'HOST/REPOSITORY:TAG, in lower case'),
      },
    ]
  }
  const { name, tag, digest } = parsed.reference
  if (digest !== undefined) return []
  if (tag === undefined) {
    return [
      {
        cause: 'tag-missing',
        detail: undefined,
        message: 'neither tag nor digest is named, so nodes pull :latest, whatever that is by then',
        fix: setImage(subject, use, `${name}:TAG`),
      },
    ]
  }
  if (tag !== 'latest') return []
  return [
    {
      cause: 'tag-latest',
      detail: undefined,
      message: 'the tag latest may be another image tomorrow',
      fix: setImage(subject, use, `${name}:TAG, with a tag that stays`),
    },
  ]
}

// Read more liberally than the node does, but only to explain.
function hintOf(image: string): string {
  if (/^https?:\/\//i.test(image)) return ' (an image has no https:// before it)'
  if (/[$]\(|[$]\{|\{\{/.test(image)) return ' (a variable was left unexpanded)'
  if (/^\s|\s$/.test(image)) return ' (there is white space around it)'
  return ''
}
