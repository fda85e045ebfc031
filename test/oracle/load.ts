// The scenarios, from their files.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readScenarios } from './schema.ts'
import type { Scenario } from './schema.ts'

const FOLDER = join(import.meta.dirname, 'scenarios')

export interface Grouped {
  /** The name of its file. */
  readonly group: string
  readonly scenario: Scenario
}

/** All, in the order of their files. Throws where a file holds something else. */
export function loadScenarios(): readonly Grouped[] {
  const files = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
  return files.flatMap((file) => {
    try {
      const group = file.slice(0, -'.yaml'.length)
      return readScenarios(readFileSync(join(FOLDER, file), 'utf8')).map((scenario) => ({ group, scenario }))
    } catch (error) {
      throw new Error(`${file}: ${String(error)}`, { cause: error })
    }
  })
}
