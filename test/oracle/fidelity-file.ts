// docs/fidelity.md and what people wrote of what surprised them.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Row } from './grade.ts'
import { fidelity } from './report.ts'

const FILE = join(import.meta.dirname, '../../docs/fidelity.md')
const SURPRISES = join(import.meta.dirname, 'surprises')

export function fidelityOf(rows: readonly Row[]): string {
  const files = readdirSync(SURPRISES)
    .filter((file) => file.endsWith('.md'))
    .sort()
  return fidelity(rows, files.map((file) => readFileSync(join(SURPRISES, file), 'utf8').trim()).join('\n'))
}

export function readFidelity(): string {
  return readFileSync(FILE, 'utf8')
}

export function writeFidelity(text: string): void {
  writeFileSync(FILE, text)
}
