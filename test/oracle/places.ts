// What stands for hosts, digests and passwords in a scenario, and back.
import { createHash } from 'node:crypto'
import type { BuiltImage } from '../support/scripted-images.ts'

export interface Places {
  /** Puts values in. Throws at a name that nobody knows, a misspelt one. */
  place(text: string): string
  /** Every text in a value, keys included. */
  placeAll<T>(value: T): T
  /** Puts `$HOST` back where its host is. */
  unplace(text: string): string
}

/** `$HOST_PORT`, `$DIGEST{team/app:v1}`. */
const PLACE = /\$([A-Z][A-Z0-9]*(?:_(?:NAME|PORT|CA))?)(?:\{([^}]*)\})?/g

/** The scripted registry's own, which it replaces itself. */
const LEFT = ['ORIGIN', 'URL']

/** Without an argument they are of the scenario's first image. */
const COMPUTED = ['BASE64', 'DIGEST', 'SHA512', 'CHILD', 'CONFIG']

/** `values` are hosts and the like by name; `image` finds what the servers of the scenario hold. */
export function createPlaces(
  values: ReadonlyMap<string, string>,
  image: (name?: string) => BuiltImage | undefined,
): Places {
  const valueOf = (whole: string, name: string, argument: string | undefined): string => {
    if (LEFT.includes(name)) return whole
    const value = COMPUTED.includes(name) ? computed(name, argument ?? '') : values.get(name)
    if (value === undefined) throw new Error(`nothing is called ${whole}`)
    return value
  }

  function computed(name: string, argument: string): string | undefined {
    if (name === 'BASE64') return Buffer.from(argument.replaceAll('\\n', '\n')).toString('base64')
    const [of = '', at = '0'] = argument.split(' ')
    const built = image(of === '' ? undefined : of)
    if (built === undefined) throw new Error(`no server has ${of}`)
    const document = built.manifests.get(built.digest)?.bytes ?? Buffer.alloc(0)
    if (name === 'DIGEST') return built.digest
    if (name === 'SHA512') return `sha512:${createHash('sha512').update(document).digest('hex')}`
    const { config, manifests = [] } = JSON.parse(document.toString()) as Document
    if (name === 'CONFIG') return config?.digest
    return name === 'CHILD' ? manifests[Number(at)]?.digest : undefined
  }

  const place = (text: string): string => text.replaceAll(PLACE, valueOf)
  // The longest first: a host's name is part of the host.
  const back = [...values].filter(([, value]) => value.includes('.')).sort(([, a], [, b]) => b.length - a.length)
  return {
    place,
    placeAll: (value) => mapTexts(value, place),
    unplace: (text) => back.reduce((sofar, [name, value]) => sofar.replaceAll(value, `$${name}`), text),
  }
}

interface Document {
  readonly config?: { readonly digest: string }
  readonly manifests?: readonly { readonly digest: string }[]
}

function mapTexts<T>(value: T, change: (text: string) => string): T {
  const mapped = (each: unknown): unknown => {
    if (typeof each === 'string') return change(each)
    if (Array.isArray(each)) return each.map(mapped)
    if (typeof each !== 'object' || each === null) return each
    return Object.fromEntries(Object.entries(each).map(([key, inner]) => [change(key), mapped(inner)]))
  }
  return mapped(value) as T
}
