import { quoted } from '../../base/text.ts'
import { parseReference } from '../reference/index.ts'
import type { ImageEvidence, PodEvidence } from './evidence.ts'
import type { Finding } from './causes.ts'
import { setImage } from './fixes.ts'

/** What `:latest` is now: its digest; undefined where it is not there; `unasked` where nobody could tell. */
export type Latest = { readonly digest: string | undefined } | 'unasked'

/** `reference-invalid`, `tag-missing`, `tag-latest`: what the image string says by itself. */
export function checkReference(
  { parsed, use }: ImageEvidence,
  { subject }: PodEvidence,
  latest: Latest,
): readonly Finding[] {
  if (parsed.kind === 'invalid') {
    const meant = mended(use.image)
    return [
      {
        cause: 'reference-invalid',
        detail: undefined,
        message: `${quoted(parsed.error, 160)}${hintOf(use.image)}`,
        fix:
          meant === undefined
            ? setImage(subject, use, 'HOST/REPOSITORY:TAG', ', with the repository in lower case')
            : setImage(subject, use, meant),
      },
    ]
  }
  const { name, tag, digest } = parsed.reference
  if (digest !== undefined) return []
  const pin =
    latest === 'unasked' || latest.digest === undefined
      ? ''
      : `, or pin what :latest is now: ${name}:latest@${latest.digest}`
  if (tag === undefined) {
    const gone =
      latest !== 'unasked' && latest.digest === undefined ? ', and there is none' : ', whatever that is by then'
    return [
      {
        cause: 'tag-missing',
        detail: undefined,
        message: `neither tag nor digest is named, so nodes pull :latest${gone}`,
        fix: setImage(subject, use, `${name}:TAG`, pin),
      },
    ]
  }
  if (tag !== 'latest') return []
  return [
    {
      cause: 'tag-latest',
      detail: undefined,
      message: 'the tag latest may be another image tomorrow',
      fix: setImage(subject, use, `${name}:TAG`, `, with a tag that stays${pin}`),
    },
  ]
}

// Read more liberally than the node does, but only to explain.
function hintOf(image: string): string {
  if (/^https?:\/\//i.test(image)) return ' (an image has no https:// before it)'
  if (/\$\(|\$\{|\{\{|^\$/.test(image)) return ' (a variable was left unexpanded)'
  if (/^\s|\s$/.test(image)) return ' (there is white space around it)'
  return ''
}

// The tag keeps its case: only the host and the repository are lowered.
function mended(image: string): string | undefined {
  const bare = image.trim().replace(/^https?:\/\//i, '')
  const slash = bare.lastIndexOf('/') + 1
  const [last = ''] = bare.slice(slash).split(/[:@]/, 1)
  const end = slash + last.length
  const meant = bare.slice(0, end).toLowerCase() + bare.slice(end)
  return meant.length < 512 && parseReference(meant).kind === 'parsed' ? meant : undefined
}
