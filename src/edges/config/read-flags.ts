import { parseArgs } from 'node:util'
import { quoted } from '../../base/text.ts'
import type { Command } from './config.ts'
import { didYouMean } from './nearest.ts'
import { optionList, optionsOf } from './options.ts'
import type { Option } from './options.ts'
import { boolean } from './value-kinds.ts'
import { misuse, set } from './setting.ts'
import type { Layer, Misuse } from './setting.ts'

export type Flags = { readonly kind: 'flags'; readonly layer: Layer; readonly operands: readonly string[] }

/** The arguments after the command's name. */
export function readFlags(command: Command, argv: readonly string[]): Flags | Misuse | { readonly kind: 'help' } {
  const known = new Map<string, Option>()
  for (const option of optionsOf(command)) if (option.flag !== undefined) known.set(option.flag, option)
  const { tokens } = parseArgs({ args: [...argv], options: shapes(known), strict: false, tokens: true })
  // Help is asked for by people who have the rest wrong.
  if (tokens.some((token) => token.kind === 'option' && token.name === 'help')) return { kind: 'help' }

  const layer: Layer = new Map<Option, unknown>()
  const operands: string[] = []
  const lists = new Set<Option>()
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value)
    if (token.kind !== 'option') continue
    const option = known.get(token.name)
    if (option === undefined) return misuse(unknownFlag(command, token.rawName, known))
    const text = valueOf(option, ofShort(token), token.inlineValue === true)
    if (text === undefined) return misuse(`${token.rawName} needs a value: ${option.kind.accepts}`)
    if (option.shape === 'list' && !lists.has(option)) layer.delete(option)
    lists.add(option)
    const problem = set(layer, option, text, `--${token.name}`)
    if (problem !== undefined) return misuse(problem)
  }
  return { kind: 'flags', layer, operands }
}

type Shapes = Record<string, { type: 'string' | 'boolean'; short?: string }>

function shapes(known: ReadonlyMap<string, Option>): Shapes {
  const result: Shapes = { help: { type: 'boolean', short: 'h' } }
  for (const [flag, option] of known) {
    const type = option.kind === boolean ? 'boolean' : 'string'
    result[flag] = option.short === undefined ? { type } : { type, short: option.short }
  }
  return result
}

/** `-o=json` as kubectl takes it, which for getopt would be `=json`. */
function ofShort({ rawName, value }: { readonly rawName: string; readonly value: string | undefined }) {
  return rawName.startsWith('--') ? value : value?.replace(/^=/, '')
}

/** `--namespace -q` lacks a value, rather than having `-q` for one; `--namespace=-q` says what it says. */
function valueOf(option: Option, value: string | undefined, inline: boolean): string | undefined {
  if (option.kind === boolean) return value ?? 'true'
  return value !== undefined && !inline && value.startsWith('-') ? undefined : value
}

function unknownFlag(command: Command, typed: string, known: ReadonlyMap<string, Option>): string {
  const name = typed.replace(/^-+/, '')
  const elsewhere = optionList.find((option) => option.flag === name)
  if (elsewhere !== undefined)
    return `${typed} is a flag of pullable ${elsewhere.commands.join(', ')}, not of ${command}`
  const flags = [...known.keys(), 'help'].map((flag) => `--${flag}`)
  return `pullable ${command} has no flag ${quoted(typed, 60)}${didYouMean(typed, flags) || ` (see pullable ${command} --help)`}`
}
