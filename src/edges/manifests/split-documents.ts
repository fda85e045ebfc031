/** The text between two `---` lines. */
export interface Chunk {
  readonly text: string
  /** Of its first character, from 1. */
  readonly line: number
}

/**
 * A stream cut at its `---` lines, as kubectl cuts it, before anything is parsed: a document that is broken, an unclosed
 * quote in it for instance, cannot swallow those that follow. What stands before the first `---` is a document
 * only where it is more than comments and directives (YAML 1.2.2, 9.1).
 */
export function splitDocuments(text: string): readonly Chunk[] {
  const chunks: Chunk[] = []
  let start = 0
  let line = 1
  let marked = false
  for (;;) {
    const marker = nextMarker(text, start, marked)
    const chunk = text.slice(start, marker ?? text.length)
    if (marked || !onlyPrefix(chunk)) chunks.push({ text: chunk, line })
    if (marker === undefined) return chunks
    line += linesIn(chunk)
    start = marker + 3
    marked = true
  }
}

/** Where the next line begins that is `---`, alone or before white space. */
function nextMarker(text: string, start: number, marked: boolean): number | undefined {
  if (!marked && isMarker(text, 0)) return 0
  for (let at = text.indexOf('\n---', start); at !== -1; at = text.indexOf('\n---', at + 1)) {
    if (isMarker(text, at + 1)) return at + 1
  }
  return undefined
}

function isMarker(text: string, at: number): boolean {
  return text.startsWith('---', at) && /^[ \t\r\n]?$/.test(text.charAt(at + 3))
}

/** Blank lines, comments and directives. */
function onlyPrefix(chunk: string): boolean {
  for (let start = 0; start < chunk.length;) {
    const end = chunk.indexOf('\n', start)
    const next = end === -1 ? chunk.length : end + 1
    const line = chunk.slice(start, next).trimStart()
    if (line !== '' && !line.startsWith('#') && !line.startsWith('%')) return false
    start = next
  }
  return true
}

/** How many line ends a text has. */
export function linesIn(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1
  return count
}
