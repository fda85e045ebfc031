/** One challenge of a `WWW-Authenticate` header; parameter names are in lower case. */
export interface Challenge {
  readonly scheme: 'bearer' | 'basic'
  readonly params: ReadonlyMap<string, string>
}

const MAX_LINE = 16 * 1024
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]*/
const SPACE = /^[ \t\r\n]*/

/**
 * The challenges of a 401 as containerd reads them (kubelet-pull 5.4): one per header line, where a second one in the
 * same line is lost; Bearer before Basic; Digest and unknown schemes are left out.
 */
export function parseChallenges(lines: readonly string[]): readonly Challenge[] {
  const found = lines.map(parseLine).filter((challenge) => challenge !== undefined)
  const bearer = found.filter((challenge) => challenge.scheme === 'bearer')
  return [...bearer, ...found.filter((challenge) => challenge.scheme === 'basic')]
}

function parseLine(line: string): Challenge | undefined {
  const text = line.slice(0, MAX_LINE)
  const written = tokenAt(text)
  const scheme = written.toLowerCase()
  if (scheme !== 'bearer' && scheme !== 'basic') return undefined
  return { scheme, params: parseParams(text.slice(written.length)) }
}

/** Stops at the first thing that is no `name=value`, as containerd does: a space around `=` ends it, or a comma too many. */
function parseParams(text: string): ReadonlyMap<string, string> {
  const params = new Map<string, string>()
  let rest = text
  for (;;) {
    rest = withoutSpace(rest)
    const name = tokenAt(rest)
    rest = rest.slice(name.length)
    if (name === '' || !rest.startsWith('=')) return params
    rest = rest.slice(1)
    const value = rest.startsWith('"') ? quotedValue(rest) : bareValue(rest)
    params.set(name.toLowerCase(), value.text)
    rest = withoutSpace(rest.slice(value.length))
    // The next scheme of a line that holds two is no parameter of this one.
    if (!rest.startsWith(',')) return params
    rest = rest.slice(1)
  }
}

function tokenAt(text: string): string {
  return TOKEN.exec(text)?.[0] ?? ''
}

function withoutSpace(text: string): string {
  return text.replace(SPACE, '')
}

interface Value {
  readonly text: string
  /** Characters that it took on the wire. */
  readonly length: number
}

function bareValue(rest: string): Value {
  const text = tokenAt(rest)
  return { text, length: text.length }
}

/** One that never closes is empty, and takes all that is left. */
function quotedValue(rest: string): Value {
  let text = ''
  for (let at = 1; at < rest.length; at += 1) {
    const character = rest.charAt(at)
    if (character === '"') return { text, length: at + 1 }
    if (character === '\\') at += 1
    text += character === '\\' ? rest.charAt(at) : character
  }
  return { text: '', length: rest.length }
}
