import { quoted } from '../../base/text.ts'

/** The first field that does not hold what it must. */
export interface Break {
  readonly field: string
  readonly message: string
}

/** An object inside a document that somebody else wrote: own properties only, and null is as good as absent, as in the API. */
export interface Place {
  readonly fields: object
  /** The path from the document's root; empty for the root itself. */
  readonly path: string
  /** Shared by all places of one document. What cannot be read is noted here, and reads as absent. */
  readonly broken: { first: Break | undefined }
}

const EMPTY = Object.freeze({})

// Far more than a pod that fits into the API server's 3 MiB could use; a review may hold 8 MiB of empty items.
const MAX_ITEMS = 10_000

export function valueAt(place: Place, key: string): unknown {
  if (!Object.hasOwn(place.fields, key)) return undefined
  return (place.fields as Readonly<Record<string, unknown>>)[key] ?? undefined
}

export function placeAt(place: Place, key: string): Place | undefined {
  const value = valueAt(place, key)
  if (value === undefined) return undefined
  if (isObject(value)) return { fields: value, path: pathOf(place, key), broken: place.broken }
  noteType(place, key, 'an object', value)
  return undefined
}

/** `placeAt`, with an empty place for what is absent. */
export function placeOrEmptyAt(place: Place, key: string): Place {
  return placeAt(place, key) ?? { fields: EMPTY, path: pathOf(place, key), broken: place.broken }
}

/** The objects of a list; an item that is null reads as an empty one. */
export function placesAt(place: Place, key: string): readonly Place[] {
  const path = pathOf(place, key)
  return listAt(place, key).map((item, at) => {
    const here = { path: `${path}[${at}]`, broken: place.broken }
    if (isObject(item)) return { ...here, fields: item }
    if (item !== null) note(place, here.path, wrongType('an object', item))
    return { ...here, fields: EMPTY }
  })
}

/** Empty where the field is absent. */
export function textAt(place: Place, key: string): string {
  const value = valueAt(place, key)
  if (typeof value === 'string') return value
  if (value !== undefined) noteType(place, key, 'text', value)
  return ''
}

export function textsAt(place: Place, key: string): readonly string[] {
  const path = pathOf(place, key)
  return listAt(place, key).map((item, at) => {
    if (typeof item === 'string') return item
    if (item !== null) note(place, `${path}[${at}]`, wrongType('text', item))
    return ''
  })
}

export function flagAt(place: Place, key: string): boolean {
  const value = valueAt(place, key)
  if (typeof value === 'boolean') return value
  if (value !== undefined) noteType(place, key, 'true or false', value)
  return false
}

/** Text by name, as labels and selectors are. Safe for any name: `__proto__` is a key as any other. */
export function textMapAt(place: Place, key: string): Readonly<Record<string, string>> {
  const map = placeAt(place, key)
  if (map === undefined) return EMPTY
  if (Object.keys(map.fields).length > MAX_ITEMS) {
    note(place, map.path, `must have at most ${MAX_ITEMS} items`)
    return EMPTY
  }
  return Object.fromEntries(
    Object.entries(map.fields).map(([name, value]: [string, unknown]) => {
      if (typeof value === 'string') return [name, value]
      if (value !== null) note(map, `${map.path}[${quoted(name)}]`, wrongType('text', value))
      return [name, '']
    }),
  )
}

/** Keeps the first break of a document. */
export function note(place: Place, field: string, message: string): void {
  place.broken.first ??= { field, message }
}

export function pathOf(place: Place, key: string): string {
  return place.path === '' ? key : `${place.path}.${key}`
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listAt(place: Place, key: string): readonly unknown[] {
  const value = valueAt(place, key)
  if (value === undefined) return []
  if (Array.isArray(value) && value.length <= MAX_ITEMS) return value
  if (Array.isArray(value)) {
    note(place, pathOf(place, key), `must have at most ${MAX_ITEMS} items`)
    return []
  }
  noteType(place, key, 'a list', value)
  return []
}

function noteType(place: Place, key: string, wanted: string, found: unknown): void {
  note(place, pathOf(place, key), wrongType(wanted, found))
}

function wrongType(wanted: string, found: unknown): string {
  return `must be ${wanted}, not ${nameOf(found)}`
}

function nameOf(found: unknown): string {
  if (Array.isArray(found)) return 'a list'
  switch (typeof found) {
    case 'string':
      return 'text'
    case 'boolean':
      return 'true or false'
    case 'object':
      return 'an object'
    default:
      return 'a number'
  }
}
