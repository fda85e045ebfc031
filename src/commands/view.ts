import { printable } from '../base/text.ts'
import { readView as readDirectory } from '../edges/manifests/index.ts'
import type { ManifestReading } from '../edges/manifests/index.ts'
import { CommandError } from './io.ts'

/** A declared cluster. One that is broken somewhere would be believed to lack what it has, so it is refused whole. */
export async function readView(directory: string): Promise<ManifestReading> {
  const reading = await readDirectory(directory)
  const [problem] = reading.problems
  if (problem === undefined) return reading
  throw new CommandError(
    `--view: ${printable(problem.source, 1024)}${problem.line === 0 ? '' : `:${problem.line}`}: ${printable(problem.message, 400)}`,
  )
}
