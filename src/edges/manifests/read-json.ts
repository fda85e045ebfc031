import { quoted } from '../../base/text.ts'
import type { DocumentReading } from './manifest.ts'
import type { Chunk } from './split-documents.ts'
import { linesIn } from './split-documents.ts'

/**
 * A chunk that is JSON: one value, or several one after the other, as `jq` prints them. Undefined where it is not JSON.
 * The YAML parser reads JSON too, but `kubectl get -A -o json` prints tens of megabytes, and it takes fifty times as long.
 */
export function readJson({ text, line }: Chunk): readonly DocumentReading[] | undefined {
  const readings: DocumentReading[] = []
  let at = skipSpace(text, 0)
  let lines = line + linesIn(text.slice(0, at))
  while (at < text.length) {
    if (text[at] !== '{' && text[at] !== '[') return undefined
    const { end, twice } = scanValue(text, at)
    const part = text.slice(at, end)
    let value: unknown
    try {
      value = JSON.parse(part)
    } catch {
      return undefined
    }
    if (twice === undefined) readings.push({ kind: 'value', value, line: lines })
    else {
      const message = `the key ${quoted(twice.key, 80)} is there twice`
      readings.push({ kind: 'problem', line: lines + linesIn(text.slice(at, twice.at)), message })
    }
    const next = skipSpace(text, end)
    lines += linesIn(text.slice(at, next))
    at = next
  }
  return readings.length === 0 ? undefined : readings
}

interface Scan {
  readonly end: number
  /** The first key that an object has twice. */
  readonly twice: { readonly key: string; readonly at: number } | undefined
}

/** Where the object or array at `start` ends. What it says is right only for valid JSON; `JSON.parse` judges that. */
function scanValue(text: string, start: number): Scan {
  const open: (Set<string> | undefined)[] = []
  let lastString = ''
  let lastAt = 0
  let twice: Scan['twice']
  for (let at = start; at < text.length; at += 1) {
    const character = text[at]
    if (character === '"') {
      const end = endOfString(text, at)
      lastString = text.slice(at, end)
      lastAt = at
      at = end - 1
    } else if (character === '{') open.push(new Set())
    else if (character === '[') open.push(undefined)
    else if (character === ':') {
      const keys = open.at(-1)
      const key = lastString.includes('\\') ? unescaped(lastString) : lastString.slice(1, -1)
      if (keys?.has(key) === true) twice ??= { key, at: lastAt }
      keys?.add(key)
    } else if (character === '}' || character === ']') {
      open.pop()
      if (open.length === 0) return { end: at + 1, twice }
    }
  }
  return { end: text.length, twice }
}

/** The place after the closing quote. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '"') return at + 1
    if (text[at] === '\\') at += 1
  }
  return text.length
}

function unescaped(literal: string): string {
  try {
    return String(JSON.parse(literal))
  } catch {
    return literal
  }
}

function skipSpace(text: string, start: number): number {
  let at = start
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at += 1
  return at
}
