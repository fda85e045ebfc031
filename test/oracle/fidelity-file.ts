// docs/fidelity.md and what people wrote of what surprised them.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { loadChanges } from './changes/change.ts'
import type { Row } from './grade.ts'
import { fidelity } from './report.ts'
import { table } from './table.ts'

const FILE = join(import.meta.dirname, '../../docs/fidelity.md')
const SURPRISES = join(import.meta.dirname, 'surprises')

/** As prettier writes it. */
export async function fidelityOf(rows: readonly Row[]): Promise<string> {
  const files = readdirSync(SURPRISES)
    .filter((file) => file.endsWith('.md'))
    .sort()
  const surprises = files.map((file) => readFileSync(join(SURPRISES, file), 'utf8').trim()).join('\n')
  const options = await resolveConfig(FILE)
  return format(fidelity(rows, surprises, changesTable()), { ...options, parser: 'markdown' })
}

function changesTable(): string {
  return table(
    ['what it breaks', 'where', 'seen by'],
    loadChanges().map(({ breaks, file, caught }) => [breaks, file, caught.join(', ')]),
  )
}

export function readFidelity(): string {
  return readFileSync(FILE, 'utf8')
}

export function writeFidelity(text: string): void {
  writeFileSync(FILE, text)
}
