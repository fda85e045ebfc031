import { printable, quoted } from '../../base/text.ts'
import { levels } from '../policy/index.ts'
import type { InvalidLabel, MisleadingLabel } from '../policy/index.ts'
import { fullName } from '../verdict/index.ts'
import type { ObjectResult } from './result.ts'

const MOST_BYTES = 1024 // design, "Words that users meet": at most 1 KiB in all
const ROOM_FOR_MORE = 40 // for the line that counts the rest

/** Of an image in a warning: an API server that has many of them cuts each to 256 characters, and the field and the cause must be among those. */
const MOST_OF_IMAGE = 100

/** `spec.containers[0].image "ghcr.io/acme/web:v2": manifest-unknown: no tag "v2" in ghcr.io/acme/web. Fix: …` */
export function findingLine(
  field: string,
  image: string,
  { cause, message, fix }: { cause: string; message: string; fix: string },
  most = 200,
): string {
  return `${field} ${quoted(image, most)}: ${cause}: ${message}. Fix: ${fix}`
}

/** The text of a denial: a line for each denying finding, in the order of the fields; undefined where nothing denies. */
export function denialText(result: ObjectResult): string | undefined {
  const lines = linesOf(result, 'deny', () => '')
  return lines.length === 0 ? undefined : fitted(lines, (more) => `and ${more} more`).join('\n')
}

/** The same findings for programs: each with its cause, and its detail where there is one. */
export function denialCauses({
  images,
}: ObjectResult): readonly { readonly reason: string; readonly message: string; readonly field: string }[] {
  return images.flatMap(({ field, findings }) =>
    findings
      .filter(({ decision }) => decision === 'deny')
      .map((finding) => ({ reason: fullName(finding), message: finding.message, field })),
  )
}

/** One line for each finding that warns, 1 KiB in all; `wouldDeny` tells those that `enforce` would have denied. */
export function warningLines(
  result: ObjectResult,
  wouldDeny: (image: number, finding: number) => boolean,
): readonly string[] {
  const lines = linesOf(result, 'warn', (image, finding) => (wouldDeny(image, finding) ? 'would be denied: ' : ''))
  return fitted(lines, (more) => `pullable: and ${more} more warnings`)
}

/** `label pullable.dev/enforce of namespace shop is "lenient", not none, baseline or strict: the default holds, baseline` */
export function invalidLabelLine({ mode, value, level }: InvalidLabel, namespace: string): string {
  const known = `${levels.slice(0, -1).join(', ')} or ${String(levels.at(-1))}`
  return `label pullable.dev/${mode} of namespace ${printable(namespace, 63)} is ${quoted(value, 63)}, not ${known}: the default holds, ${level}`
}

/** What whoever sets a label is told of it. */
export function misleadingLabelLine(label: MisleadingLabel, namespace: string): string {
  switch (label.kind) {
    case 'level':
      return invalidLabelLine(label, namespace)
    case 'floor':
      return `label pullable.dev/enforce is ${quoted(label.value, 63)}, which is below the floor of this cluster: ${label.floor} holds`
    case 'cause':
      return `label ${quoted(`pullable.dev/exempt-${label.cause}`, 80)} exempts from nothing: there is no such cause${didYouMean(label.nearest, 'exempt-')}`
    case 'unknown':
      return label.key === 'reason'
        ? 'label pullable.dev/reason means nothing: it is an annotation'
        : `label ${quoted(`pullable.dev/${label.key}`, 80)} means nothing${didYouMean(label.nearest, '')}`
  }
}

function didYouMean(nearest: string | undefined, before: string): string {
  return nearest === undefined ? '' : `; did you mean pullable.dev/${before}${nearest}?`
}

function linesOf(
  result: ObjectResult,
  decision: 'deny' | 'warn',
  prefix: (image: number, finding: number) => string,
): readonly string[] {
  return result.images.flatMap(({ field, image, findings }, index) =>
    findings.flatMap((finding, at) =>
      finding.decision === decision
        ? [prefix(index, at) + findingLine(field, image, finding, decision === 'warn' ? MOST_OF_IMAGE : undefined)]
        : [],
    ),
  )
}

/** As many lines as there is room for, the first in any case, and a last one that counts the others. */
function fitted(lines: readonly string[], rest: (more: number) => string): readonly string[] {
  const room = MOST_BYTES - ROOM_FOR_MORE
  const kept: string[] = []
  let bytes = 0
  for (const line of lines) {
    const shown = cut(line, room)
    bytes += Buffer.byteLength(shown) + 1
    if (bytes > room + 1) break
    kept.push(shown)
  }
  const more = lines.length - kept.length
  return more === 0 ? kept : [...kept, rest(more)]
}

// By bytes, and never inside a character.
function cut(line: string, most: number): string {
  if (Buffer.byteLength(line) <= most) return line
  const bytes = Buffer.from(line).subarray(0, most - 3)
  return `${bytes.toString('utf8').replace(/\uFFFD+$/, '')}…`
}
