import { printable, quoted } from '../../base/text.ts'
import { exemptionText } from '../policy/index.ts'
import type { Exemption } from '../policy/index.ts'
import type { Decision } from '../verdict/index.ts'
import type { ObjectResult } from './result.ts'
import { summaryOf } from './check-report.ts'

/** How a terminal shows it; each gives its text back where there is no colour. */
export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly yellow: (text: string) => string
  readonly green: (text: string) => string
}

/** One object as `check` prints it. `quiet` leaves out what is allowed, and the notes. */
export function objectText(result: ObjectResult, style: Style, quiet: boolean): string {
  if (quiet && result.decision === 'allow') return ''
  const where = result.namespace === '' ? result.name : `${result.namespace}/${result.name}`
  const lines = [
    `${style.bold(`${result.source}: ${result.kind} ${where}`)}: ${shown(result.decision, style)}${result.verdict === 'pullable' ? '' : style.dim(` (${result.verdict})`)}`,
  ]
  if (result.exempt !== undefined) lines.push(style.dim(`  ${exempted(result.exempt)}`))
  for (const { field, image, findings, notes, exempt } of result.images) {
    for (const { cause, decision, message, fix, exempt: label } of findings) {
      if (quiet && decision === 'allow') continue
      lines.push(
        `  ${field} ${quoted(image)}`,
        `    ${colour(decision, style)(cause)}: ${message}`,
        `    ${style.bold('Fix:')} ${fix}`,
      )
      if (label !== undefined) lines.push(style.dim(`    ${exempted(label)}`))
    }
    if (exempt !== undefined && !quiet) {
      if (findings.length === 0) lines.push(`  ${field} ${quoted(image)}`)
      lines.push(style.dim(`    ${exempted(exempt)}`))
    }
    if (quiet || findings.length === 0) continue
    for (const { code, message } of notes) lines.push(style.dim(`    note: ${code}: ${message}`))
  }
  return `${lines.join('\n')}\n`
}

/** The last line of `check`: `3 objects: 1 denied, 1 warned, 1 allowed`. */
export function summaryText(results: readonly ObjectResult[], skipped: number, broken: number, style: Style): string {
  const { objects, denied, warned } = summaryOf(results)
  const parts = [
    denied > 0 ? style.red(`${denied} denied`) : '0 denied',
    warned > 0 ? style.yellow(`${warned} warned`) : '0 warned',
    `${objects - denied - warned} allowed`,
  ]
  const rest = [
    skipped > 0 ? `${skipped} skipped (no Kubernetes object)` : '',
    broken > 0 ? style.red(`${broken} broken`) : '',
  ].filter((part) => part !== '')
  return `${objects} ${objects === 1 ? 'object' : 'objects'}: ${[...parts, ...rest].join(', ')}\n`
}

function exempted(exemption: Exemption): string {
  return `exempt: ${printable(exemptionText(exemption), 600)}`
}

function shown(decision: Decision, style: Style): string {
  return colour(decision, style)({ deny: 'denied', warn: 'warned', allow: 'allowed' }[decision])
}

function colour(decision: Decision, style: Style): (text: string) => string {
  return { deny: style.red, warn: style.yellow, allow: style.green }[decision]
}
