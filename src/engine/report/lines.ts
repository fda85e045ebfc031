import { quoted } from '../../base/text.ts'
import type { ObjectResult } from './result.ts'

const MOST_BYTES = 1024 // design, "Words that users meet": at most 1 KiB in all
const ROOM_FOR_MORE = 24 // `and 199 more`, with its line break
const MOST_WARNINGS = 8 // the API server cuts all warnings short once they pass 4096 characters
const LONGEST_WARNING = 480

/** `spec.containers[0].image "ghcr.io/acme/web:v2": manifest-unknown: no tag "v2" in ghcr.io/acme/web. Fix: …` */
export function findingLine(
  field: string,
  image: string,
  { cause, message, fix }: { cause: string; message: string; fix: string },
): string {
  return `${field} ${quoted(image)}: ${cause}: ${message}. Fix: ${fix}`
}

/** The text of a denial: a line for each denying finding, in the order of the fields; undefined where nothing denies. */
export function denialText(result: ObjectResult): string | undefined {
  const lines = linesOf(result, 'deny')
  if (lines.length === 0) return undefined
  const kept: string[] = []
  let bytes = 0
  for (const line of lines) {
    const shown = cut(line, MOST_BYTES - ROOM_FOR_MORE)
    const size = Buffer.byteLength(shown) + 1
    if (bytes + size > MOST_BYTES - ROOM_FOR_MORE + 1) break
    kept.push(shown)
    bytes += size
  }
  const more = lines.length - kept.length
  if (more > 0) kept.push(`and ${more} more`)
  return kept.join('\n')
}

/** One line for each finding that warns; `wouldDeny` tells those that `enforce` would have denied. */
export function warningLines(
  result: ObjectResult,
  wouldDeny: (image: number, finding: number) => boolean,
): readonly string[] {
  const lines = result.images.flatMap(({ field, image, findings }, index) =>
    findings.flatMap((finding, at) => {
      if (finding.decision !== 'warn') return []
      return cut(
        `${wouldDeny(index, at) ? 'would be denied: ' : ''}${findingLine(field, image, finding)}`,
        LONGEST_WARNING,
      )
    }),
  )
  if (lines.length <= MOST_WARNINGS) return lines
  return [...lines.slice(0, MOST_WARNINGS - 1), `pullable: and ${lines.length - MOST_WARNINGS + 1} more warnings`]
}

function linesOf(result: ObjectResult, decision: 'deny' | 'warn'): readonly string[] {
  return result.images.flatMap(({ field, image, findings }) =>
    findings.filter((finding) => finding.decision === decision).map((finding) => findingLine(field, image, finding)),
  )
}

// By bytes, and never inside a character.
function cut(line: string, most: number): string {
  if (Buffer.byteLength(line) <= most) return line
  const bytes = Buffer.from(line).subarray(0, most - 3)
  return `${bytes.toString('utf8').replace(/\uFFFD+$/, '')}…`
}
