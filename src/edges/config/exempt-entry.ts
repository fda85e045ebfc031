import { quoted } from '../../base/text.ts'
import type { Exempt } from '../../engine/policy/index.ts'
import { readScalar } from './scalar.ts'
import type { ScalarReading } from './scalar.ts'
import { reason as reasonKind } from './value-kinds.ts'
import type { ValueKind } from './value-kinds.ts'

/** An entry of a list of exemptions: `NAME`, or `{ name: NAME, reason: TEXT }`. */
export function readExempt<T>(entry: unknown, kind: ValueKind<T>): ScalarReading<Exempt<T>> {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    const name = readScalar(entry, kind)
    return name.kind === 'read' ? { kind: 'read', value: { name: name.value } } : name
  }
  const fields = new Map(Object.entries(entry))
  const unknown = [...fields.keys()].find((key) => key !== 'name' && key !== 'reason')
  if (unknown !== undefined)
    return { kind: 'refused', message: `there is no key ${quoted(unknown, 80)}; an entry has a name and a reason` }
  const name = readScalar(fields.get('name'), kind)
  if (name.kind === 'refused') return { ...name, message: `name: ${name.message}` }
  const said: unknown = fields.get('reason') ?? undefined
  if (said === undefined) return { kind: 'read', value: { name: name.value } }
  const reason = readScalar(said, reasonKind)
  if (reason.kind === 'refused') return { ...reason, message: `reason: ${reason.message}` }
  return { kind: 'read', value: { name: name.value, reason: reason.value } }
}
