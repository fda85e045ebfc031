import { commands } from './help.ts'
import { optionList, optionsOf, variableOf } from './options.ts'
import type { Option } from './options.ts'
import type { Command } from './config.ts'
import { boolean } from './value-kinds.ts'

/** The reference of all flags, variables and keys as Markdown, made from the table that is also parsed by. */
export function referenceMarkdown(): string {
  const lines = [
    '# Configuration reference',
    '',
    'Flags beat `PULLABLE_*` variables, which beat the configuration file (`--config`), which beats the defaults.',
    'Unknown flags and keys are errors. Paths in the file are relative to its folder. A list is repeated, or separated by commas.',
    '',
    'Registries are reached through the proxies that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name ([how](operations/install.md#behind-a-proxy)).',
    '',
  ]
  for (const [name, { about, operands }] of Object.entries(commands)) {
    const flags = optionsOf(name as Command).filter((option) => option.flag !== undefined)
    lines.push(
      `## pullable ${name}${operands}`,
      '',
      about,
      '',
      ...table(['Flag', 'Variable', 'Key', 'Default', ''], flags.map(flagRow)),
      '',
    )
  }
  const fileOnly = optionList.filter((option) => option.flag === undefined)
  lines.push('## The file alone', '', ...table(['Key', 'Accepts', 'Default', ''], fileOnly.map(keyRow)), '')
  return lines.join('\n')
}

function flagRow(option: Option): readonly string[] {
  const value = option.kind === boolean ? '' : ` ${option.kind.placeholder}`
  const short = option.short === undefined ? '' : code(`-${option.short}`) + ', '
  return [
    short + code(`--${option.flag ?? ''}${value}`),
    code(variableOf(option)),
    code(option.key),
    code(option.fallback),
    plain(option.about),
  ]
}

function keyRow(option: Option): readonly string[] {
  const each = EACH[option.shape](option)
  const fallback = option.fallback?.split(', ').map(code).join(', ') ?? ''
  return [code(option.key), each + plain(option.kind.accepts), fallback, plain(option.about)]
}

const EACH: Readonly<Record<Option['shape'], (option: Option) => string>> = {
  one: () => '',
  list: () => 'a list, each ',
  map: ({ keys }) => (keys === undefined ? 'a map by cause, each ' : `a map by ${plain(keys.accepts)}; each `),
  kinds: () => 'a list, each ',
  exempt: () => 'a list, each `NAME` or `{ name: NAME, reason: TEXT }`; a name is ',
}

/** A `*` outside of code would begin an emphasis. */
function plain(text: string): string {
  return text.replaceAll('*', '\\*')
}

function code(text: string | undefined): string {
  return text === undefined ? '' : `\`${text}\``
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)]
}
