import { answerOf } from '../../engine/forecast/index.ts'
import type { Answer, Totals } from '../../engine/forecast/index.ts'
import { auditReport, auditText } from '../../engine/report/index.ts'
import { EXIT } from './check.ts'
import { styleFor, wantsColour } from './terminal.ts'
import type { Terminal } from './terminal.ts'

export interface AuditOutput {
  readonly out: Terminal
  readonly format: 'text' | 'json'
  readonly color: 'auto' | 'always' | 'never'
  readonly env: Readonly<Record<string, string | undefined>>
  /** Judged pods below which nothing is called safe. */
  readonly least: number
  /** The command that starts the counting anew. */
  readonly anew: string
}

/** Scripts rely on these, as on those of `check`: what is wrong is 1, what is not known is 3. */
const EXITS: Readonly<Record<Answer, number>> = {
  safe: EXIT.admitted,
  wrong: EXIT.denied,
  unproved: EXIT.undetermined,
  'too-few': EXIT.undetermined,
}

/** Prints what was learned, and gives the exit code. */
export function runAudit(totals: Totals, { out, format, color, env, least, anew }: AuditOutput): number {
  const text =
    format === 'json'
      ? `${JSON.stringify(auditReport(totals, least), undefined, 2)}\n`
      : auditText(totals, { least, anew }, styleFor(wantsColour(out, color, env)))
  out.write(text)
  return EXITS[answerOf(totals, least)]
}
