import type { Style } from '../../engine/report/index.ts'

/** Where output goes: a stream and whether a person is at its end. */
export interface Terminal {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** Colours on a terminal and none in a pipe; `NO_COLOR` (no-color.org) is honoured, and `--color` beats both. */
export function wantsColour(terminal: Terminal, choice: 'auto' | 'always' | 'never', env: Environment): boolean {
  if (choice !== 'auto') return choice === 'always'
  return terminal.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
}

export function styleFor(colour: boolean): Style {
  const code = (open: number, close: number) => (text: string) =>
    colour ? `\u001b[${open}m${text}\u001b[${close}m` : text
  return { bold: code(1, 22), dim: code(2, 22), red: code(31, 39), yellow: code(33, 39), green: code(32, 39) }
}
