import { z } from 'zod'
import { printable, quoted } from '../../base/text.ts'
import { causeKeys } from '../../engine/verdict/index.ts'
import { readExempt } from './exempt-entry.ts'
import { didYouMean } from './nearest.ts'
import { optionList } from './options.ts'
import type { Option } from './options.ts'
import { readScalar, typeOf } from './scalar.ts'
import type { ScalarReading } from './scalar.ts'
import type { ValueKind } from './value-kinds.ts'
import { readWorkloadEntry } from './workload-entry.ts'

export type ConfigDocument =
  | { readonly kind: 'read'; readonly values: ReadonlyMap<Option, unknown> }
  /** One line that names the key and what it accepts. */
  | { readonly kind: 'refused'; readonly problem: string }

interface Group {
  readonly [name: string]: Option | Group
}

const keyed = optionList.filter((option) => option.key !== undefined)
const ConfigFile = groupSchema(groupOf(keyed, 0))

/** The file's content, already parsed from YAML. The schema is made from the table of options. */
export function readConfigDocument(document: unknown): ConfigDocument {
  const parsed = ConfigFile.safeParse(document, { reportInput: true })
  if (!parsed.success) return { kind: 'refused', problem: problemOf(parsed.error.issues[0]) }
  const values = new Map<Option, unknown>()
  for (const option of keyed) {
    const value = at(parsed.data, (option.key ?? '').split('.'))
    if (value !== undefined && value !== null) values.set(option, value)
  }
  return { kind: 'read', values }
}

/** The table's dotted keys as a tree. */
function groupOf(list: readonly Option[], depth: number): Group {
  const group: Record<string, Option | Group> = {}
  for (const option of list) {
    const parts = (option.key ?? '').split('.')
    const name = parts[depth] ?? ''
    const below = list.filter((other) => other.key?.split('.')[depth] === name)
    group[name] = parts.length === depth + 1 ? option : groupOf(below, depth + 1)
  }
  return group
}

/** A key without a value, its lines commented out, is as no key. */
function groupSchema(group: Group): z.ZodType {
  const shape: Record<string, z.ZodType> = {}
  for (const [name, part] of Object.entries(group)) {
    shape[name] = (isOption(part) ? optionSchema(part) : groupSchema(part)).nullish()
  }
  return z.strictObject(shape)
}

function isOption(part: Option | Group): part is Option {
  return 'about' in part
}

function optionSchema(option: Option): z.ZodType {
  const one = reading((value) => readScalar(value, option.kind))
  switch (option.shape) {
    case 'one':
      return one
    case 'list':
      return z.array(one)
    case 'exempt':
      return z.array(reading((entry) => readExempt(entry, option.kind)))
    case 'kinds':
      return z.array(reading(readWorkloadEntry))
    case 'map': {
      const map = z.record(z.string(), one)
      return option.keys === undefined ? map.superRefine(knowCauses) : map.transform(keyedBy(option.keys))
    }
  }
}

function reading(read: (value: unknown) => ScalarReading<unknown>): z.ZodType {
  return z.unknown().transform((value, context) => {
    const found = read(value)
    if (found.kind === 'read') return found.value
    context.addIssue({ code: 'custom', message: found.message })
    return z.NEVER
  })
}

function keyedBy(keys: ValueKind<string>) {
  return (map: Record<string, unknown>, context: z.RefinementCtx): Record<string, unknown> => {
    const pairs = Object.entries(map).map(([key, value]) => {
      const read = readScalar(key, keys)
      if (read.kind === 'refused') context.addIssue({ code: 'custom', message: read.message })
      return [read.kind === 'read' ? read.value : key, value] as const
    })
    return Object.fromEntries(pairs)
  }
}

function knowCauses(decisions: Record<string, unknown>, context: z.RefinementCtx): void {
  for (const key of Object.keys(decisions)) {
    if (causeKeys.includes(key)) continue
    const message = `${quoted(key, 80)} is not a cause, such as rate-limited or registry-unreachable.dns`
    context.addIssue({ code: 'custom', message: message + didYouMean(key, causeKeys) })
  }
}

function problemOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'not a configuration'
  const path = issue.path.map((part) =>
    typeof part === 'number' ? `[${String(part)}]` : `.${printable(String(part))}`,
  )
  const where = path.join('').replace(/^\./, '')
  if (issue.code === 'unrecognized_keys') {
    const key = [...issue.path.map(String), issue.keys[0] ?? ''].join('.')
    return `there is no key ${quoted(key, 100)}${didYouMean(key, candidates(key))}`
  }
  const prefix = where === '' ? '' : `${where}: `
  if (issue.code !== 'invalid_type') return prefix + issue.message
  const expected = issue.expected === 'array' ? 'a list' : 'a map of keys to values'
  return `${prefix}${typeOf(issue.input)} is not ${expected}`
}

/** The keys that may stand where the unknown one stands; where its plural is one, or its last part is a key elsewhere, that key alone. */
function candidates(key: string): readonly string[] {
  const all = new Set<string>()
  for (const { key: known = '' } of keyed) {
    const parts = known.split('.')
    for (let count = 1; count <= parts.length; count += 1) all.add(parts.slice(0, count).join('.'))
  }
  const plural = `${key}s`
  if (all.has(plural)) return [plural]
  const last = key.split('.').at(-1) ?? ''
  const moved = [...all].filter((known) => known.split('.').at(-1) === last)
  return moved.length > 0 ? moved : [...all]
}

function at(value: unknown, path: readonly string[]): unknown {
  let found = value
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = (found as Readonly<Record<string, unknown>>)[name]
  }
  return found
}
