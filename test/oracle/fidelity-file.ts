// docs/fidelity.md and what people wrote of what surprised them.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadChanges } from './changes/change.ts'
import type { Row } from './grade.ts'
import { fidelity } from './report.ts'
import { table } from './table.ts'

const FILE = join(import.meta.dirname, '../../docs/fidelity.md')
const SURPRISES = join(import.meta.dirname, 'surprises')

export function fidelityOf(rows: readonly Row[]): string {
  const files = readdirSync(SURPRISES)
    .filter((file) => file.endsWith('.md'))
    .sort()
  const surprises = files.map((file) => readFileSync(join(SURPRISES, file), 'utf8').trim()).join('\n')
  return fidelity(rows, surprises, changesTable())
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
