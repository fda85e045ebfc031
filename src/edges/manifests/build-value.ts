import { isAlias, isMap, isScalar, isSeq } from 'yaml'
import type { Document, YAMLMap } from 'yaml'
import { quoted } from '../../base/text.ts'

const MOST_DEPTH = 500
// A few lines of aliases can stand for more values than there are atoms, and who reads the object visits each.
const MOST_FROM_ALIASES = 500_000

/** What makes a well-formed YAML document one that kubectl refuses, or that would take all our time. */
export interface Flaw {
  readonly offset: number
  readonly message: string
}

export type Built = { readonly kind: 'built'; readonly value: unknown } | ({ readonly kind: 'flaw' } & Flaw)

interface Part {
  readonly value: unknown
  /** How many values it stands for. */
  readonly size: number
  /** How deep it goes below itself. */
  readonly depth: number
}

class FlawError extends Error {
  readonly flaw: Flaw
  constructor(node: unknown, message: string) {
    super(message)
    this.flaw = { offset: startOf(node), message }
  }
}

/**
 * The document as plain data, with aliases and merge keys resolved, in linear time: the parser's own check for keys
 * that are there twice, and its own resolution of aliases, are quadratic.
 */
export function buildValue(document: Document.Parsed): Built {
  const anchors = new Map<string, Part>()
  let fromAliases = 0

  function build(node: unknown, level: number): Part {
    if (level > MOST_DEPTH) throw new FlawError(node, 'nested too deeply')
    if (isAlias(node)) {
      const meant = anchors.get(node.source)
      // Its name is not told: it may be a password that begins with a star, and should have been quoted.
      if (meant === undefined) throw new FlawError(node, 'an alias names no anchor before it')
      fromAliases += meant.size
      if (fromAliases > MOST_FROM_ALIASES) throw new FlawError(node, 'its aliases stand for too many values')
      if (level + meant.depth > MOST_DEPTH) throw new FlawError(node, 'nested too deeply')
      return meant
    }
    const part = isMap(node) ? buildMap(node, level) : isSeq(node) ? buildList(node.items, level) : leaf(node)
    // Only now: an anchor may not be used within itself.
    if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor !== undefined) anchors.set(node.anchor, part)
    return part
  }

  function buildList(items: readonly unknown[], level: number): Part {
    const parts = items.map((item) => build(item, level + 1))
    return around(
      parts.map((part) => part.value),
      parts,
    )
  }

  function buildMap(map: YAMLMap, level: number): Part {
    const value: Record<string, unknown> = {}
    const merged: Record<string, unknown>[] = []
    const parts: Part[] = []
    for (const { key, value: node } of map.items) {
      const name = isScalar(key) ? String(key.value) : ''
      const part = build(node, level + 1)
      parts.push(part)
      if (name === '<<' && isScalar(key) && key.type === 'PLAIN') merged.push(...mergeable(node, part.value))
      else if (Object.hasOwn(value, name)) throw new FlawError(key, `the key ${quoted(name, 80)} is there twice`)
      else setOwn(value, name, part.value)
    }
    // The map's own keys win, then the first of those merged (YAML 1.1, merge type).
    for (const source of merged) {
      for (const [name, each] of Object.entries(source)) if (!Object.hasOwn(value, name)) setOwn(value, name, each)
    }
    return around(value, parts)
  }

  try {
    return { kind: 'built', value: build(document.contents, 0).value }
  } catch (error) {
    if (error instanceof FlawError) return { kind: 'flaw', ...error.flaw }
    throw error
  }
}

function leaf(node: unknown): Part {
  return { value: isScalar(node) ? node.value : null, size: 1, depth: 0 }
}

function around(value: unknown, parts: readonly Part[]): Part {
  let size = 1
  let depth = 0
  for (const part of parts) {
    size += part.size
    depth = Math.max(depth, part.depth + 1)
  }
  return { value, size, depth }
}

function mergeable(node: unknown, value: unknown): readonly Record<string, unknown>[] {
  const sources: readonly unknown[] = Array.isArray(value) ? value : [value]
  for (const source of sources) {
    if (typeof source !== 'object' || source === null || Array.isArray(source)) {
      throw new FlawError(node, 'only maps can be merged with <<')
    }
  }
  return sources as readonly Record<string, unknown>[]
}

/** `__proto__` too becomes an own property. */
function setOwn(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') target[name] = value
  else Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}

function startOf(node: unknown): number {
  return (isMap(node) || isSeq(node) || isScalar(node) || isAlias(node) ? node.range?.[0] : undefined) ?? 0
}
