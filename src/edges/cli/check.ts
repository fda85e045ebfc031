import { printable } from '../../base/text.ts'
import { checkReport, objectText, summaryText } from '../../engine/report/index.ts'
import type { ObjectResult } from '../../engine/report/index.ts'
import type { ObjectReview } from '../../engine/review/index.ts'
import { startProgress } from './progress.ts'
import { styleFor, wantsColour } from './terminal.ts'
import type { Terminal } from './terminal.ts'

/** Exit codes that scripts rely on (design, "The command line"). */
export const EXIT = { admitted: 0, denied: 1, misuse: 2, undetermined: 3 } as const

const AT_ONCE = 16 // objects under review at the same time; the registry edge has its own, lower limit per host

export interface InputObject {
  readonly source: string
  readonly document: number
  readonly line: number
  readonly object: unknown
}

export interface InputProblem {
  readonly source: string
  /** Zero where the whole source is meant. */
  readonly document: number
  readonly line: number
  readonly message: string
}

export interface CheckTask {
  readonly objects: readonly InputObject[]
  readonly problems: readonly InputProblem[]
  /** Documents that are no Kubernetes object. */
  readonly skipped: number
  readonly review: (object: InputObject) => Promise<ObjectReview>
}

export interface CheckOutput {
  readonly out: Terminal
  readonly err: Terminal
  readonly format: 'text' | 'json'
  readonly color: 'auto' | 'always' | 'never'
  readonly quiet: boolean
  readonly failOn: 'denied' | 'undetermined'
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Reviews every object, prints the report on `out` and what is broken on `err`, and gives the exit code. */
export async function runCheck(task: CheckTask, output: CheckOutput): Promise<number> {
  const progress = startProgress(output.err, task.objects.length)
  const reviews = await inOrder(task.objects, async (object) => {
    const review = await task.review(object)
    progress.done()
    return review
  })
  progress.end()
  const results: ObjectResult[] = []
  const problems: InputProblem[] = [...task.problems]
  const warnings = new Set<string>()
  for (const [index, review] of reviews.entries()) {
    const object = task.objects[index]
    if (review.kind === 'reviewed') {
      results.push(review.result)
      for (const warning of review.warnings) warnings.add(warning)
    }
    if (review.kind === 'broken' && object !== undefined)
      problems.push({ ...object, message: `${review.field}: ${review.message}` })
  }
  for (const warning of warnings) output.err.write(`pullable: ${warning}\n`)
  print(results, problems, task.skipped, output)
  if (problems.length > 0) return EXIT.misuse
  if (results.some(({ decision }) => decision === 'deny')) return EXIT.denied
  if (output.failOn === 'undetermined' && results.some(({ verdict }) => verdict === 'undetermined'))
    return EXIT.undetermined
  return EXIT.admitted
}

function print(
  results: readonly ObjectResult[],
  problems: readonly InputProblem[],
  skipped: number,
  output: CheckOutput,
): void {
  const { out, err, format, quiet } = output
  for (const { source, document, line, message } of problems) {
    const at = document === 0 ? printable(source, 1024) : `${printable(source, 1024)}:${line} (document ${document})`
    err.write(`pullable: ${at}: ${printable(message, 400)}\n`)
  }
  if (format === 'json') {
    out.write(`${JSON.stringify(checkReport(results), undefined, 2)}\n`)
    return
  }
  const style = styleFor(wantsColour(out, output.color, output.env))
  for (const result of results) out.write(objectText(result, style, quiet))
  if (!quiet) out.write(summaryText(results, skipped, problems.length, style))
}

async function inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = []
  let next = 0
  async function worker(): Promise<void> {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index] as T)
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker))
  return results
}
