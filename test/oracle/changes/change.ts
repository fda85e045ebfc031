// Changes that break the product, as data: see changes.yaml.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'

const Change = z.strictObject({
  name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  /** What the product then does. */
  breaks: z.string().min(10).max(120),
  /** Below `src`. */
  file: z.string().regex(/^(engine|edges)\/[a-z-]+\/[a-z-]+\.ts$/),
  find: z.string().min(8),
  replace: z.string(),
  /** Scenarios that turn red. */
  caught: z.array(z.string()).min(1),
})
export type Change = z.infer<typeof Change>

/** All, in the order of their file. Throws where it holds something else. */
export function loadChanges(): readonly Change[] {
  const text = readFileSync(join(import.meta.dirname, 'changes.yaml'), 'utf8')
  return parseAllDocuments(text).map((document) => {
    const [problem] = document.errors
    if (problem !== undefined) throw problem
    return Change.parse(document.toJS())
  })
}

/** The source with the change made to it. Throws where what it replaces is not there exactly once. */
export function changedSource(source: string, { name, file, find, replace }: Change): string {
  const pieces = source.split(find)
  const [before, after] = pieces
  if (pieces.length !== 2 || before === undefined || after === undefined) {
    throw new Error(`${name}: src/${file} has what it replaces ${String(pieces.length - 1)} times, and not once`)
  }
  return `${before}${replace}${after}`
}
