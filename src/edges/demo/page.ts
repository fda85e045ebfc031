import { styleText } from 'node:util'
import { printable } from '../../base/text.ts'
import type { Ruling } from './admission.ts'
import type { Example } from './examples.ts'

/** Columns of the terminal that the page is made for. */
const WIDTH = 100
const GAP = '  '
/** A denial is 1 KiB at most, a warning is one line: what is longer is not ours. */
const MAX_TEXT = 4096

const STYLES = { allow: 'green', warn: 'yellow', deny: 'red', 'no answer': 'red' } as const

/** One example, answered. */
export interface Row {
  readonly example: Example
  readonly ruling: Ruling
  /** How many requests the registry counted meanwhile. */
  readonly requests: number
  readonly expected: boolean
}

/** The demo's page: a table that grows row by row, with the full texts under each. */
export interface Page {
  heading(): string
  row(row: Row): readonly string[]
  summary(rows: readonly Row[]): string
}

/** Columns are as wide as these examples need. */
export function createPage(examples: readonly Example[], color: boolean): Page {
  const nameWidth = Math.max(...examples.map(({ name }) => name.length))
  const objectWidth = Math.max(...examples.map((example) => objectOf(example).length))

  function paint(style: Parameters<typeof styleText>[0], text: string): string {
    return color ? styleText(style, text, { validateStream: false }) : text
  }

  return {
    heading() {
      const names = ['EXAMPLE'.padEnd(nameWidth), 'OBJECT'.padEnd(objectWidth), 'DECISION ', 'CAUSE'.padEnd(20)]
      return paint('bold', [...names, 'REQUESTS'].join(GAP))
    },

    row({ example, ruling, requests, expected }) {
      const decision = ruling.kind === 'none' ? 'no answer' : ruling.decision
      const cells = [
        example.name.padEnd(nameWidth),
        objectOf(example).padEnd(objectWidth),
        paint(STYLES[decision], decision.padEnd(9)),
        leading(ruling).padEnd(20),
        String(requests).padStart(8),
        expected ? 'expected' : paint(['bold', 'red'], 'NOT EXPECTED'),
      ]
      const texts = [...(expected ? [] : [`The example says: ${wanted(example)}`]), ...textsOf(ruling)]
      return [cells.join(GAP), ...texts.flatMap(paragraph), ...(texts.length === 0 ? [] : [''])]
    },

    summary(rows) {
      const wrong = rows.filter((row) => !row.expected).map((row) => row.example.name)
      return [
        `${rows.length} examples: ${count(rows, 'allow')} allowed, ${count(rows, 'warn')} warned, ${count(rows, 'deny')} denied`,
        `${rows.reduce((total, row) => total + row.requests, 0)} registry requests`,
        wrong.length === 0 ? paint('green', 'all as expected') : paint('red', `NOT EXPECTED: ${wrong.join(', ')}`),
      ].join('; ')
    },
  }
}

function objectOf({ object }: Example): string {
  return `${object.kind}/${object.metadata.name}`
}

function leading(ruling: Ruling): string {
  if (ruling.kind === 'none') return '-'
  const [first = '-', ...rest] = ruling.causes
  return rest.length === 0 ? first : `${first} +${rest.length}`
}

function wanted({ expect }: Example): string {
  return [expect.decision, ...expect.causes].join(' ')
}

/** Warnings as kubectl prints them. */
function textsOf(ruling: Ruling): readonly string[] {
  if (ruling.kind === 'none') return [ruling.problem]
  const exempt = ruling.exempt === '' ? [] : [`Exempt, says the audit annotation: ${ruling.exempt}`]
  return [...ruling.denial, ...ruling.warnings.map((warning) => `Warning: ${warning}`), ...exempt]
}

function count(rows: readonly Row[], decision: string): number {
  return rows.filter(({ ruling }) => ruling.kind === 'answered' && ruling.decision === decision).length
}

/**
 * A text under its row, broken between words. Its fix starts a line and is not broken: half of a command, copied, may do
 * something else than the whole.
 */
function paragraph(text: string): readonly string[] {
  const clean = printable(text, MAX_TEXT)
  const at = clean.indexOf(' Fix: ')
  return at < 0 ? wrapped(clean) : [...wrapped(clean.slice(0, at)), `     ${clean.slice(at)}`]
}

/** Four columns in, and six after the first line. A word that is too long for a line stays whole. */
function wrapped(text: string): readonly string[] {
  const [first = '', ...words] = text.split(' ')
  const lines: string[] = []
  let current = `    ${first}`
  for (const word of words) {
    if (current.length + 1 + word.length > WIDTH) {
      lines.push(current)
      current = `      ${word}`
    } else {
      current += ` ${word}`
    }
  }
  return [...lines, current]
}
