/** One challenge of a `WWW-Authenticate` header; parameter names are in lower case. */
export interface Challenge {
  readonly scheme: 'bearer' | 'basic'
  readonly params: ReadonlyMap<string, string>
}

const MAX_LINE = 16 * 1024
const SCHEME = /^[ \t,]*([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})/
const NAME = /^[ \t,]*([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})=/
const BARE_VALUE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{0,8192}/

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
  const scheme = SCHEME.exec(text)
  const name = scheme?.[1]?.toLowerCase()
  if (scheme === null || (name !== 'bearer' && name !== 'basic')) return undefined
  return { scheme: name, params: parseParams(text.slice(scheme[0].length)) }
}

/** Stops at the first thing that is no `name=value`, as containerd does: a space around `=` ends it. */
function parseParams(text: string): ReadonlyMap<string, string> {
  const params = new Map<string, string>()
  let rest = text
  for (;;) {
    const name = NAME.exec(rest)
    if (name === null) return params
    rest = rest.slice(name[0].length)
    const value = rest.startsWith('"') ? quotedValue(rest) : bareValue(rest)
    if (value === undefined) return params
    params.set((name[1] ?? '').toLowerCase(), value.text)
    rest = rest.slice(value.length).replace(/^[ \t]+/, '')
    // The next scheme of a line that holds two is no parameter of this one.
    if (!rest.startsWith(',')) return params
  }
}

interface Value {
  readonly text: string
  /** Characters that it took on the wire. */
  readonly length: number
}

function bareValue(rest: string): Value {
  const text = BARE_VALUE.exec(rest)?.[0] ?? ''
  return { text, length: text.length }
}

function quotedValue(rest: string): Value | undefined {
  let text = ''
  for (let at = 1; at < rest.length; at += 1) {
    const character = rest.charAt(at)
    if (character === '"') return { text, length: at + 1 }
    if (character === '\\') at += 1
    text += character === '\\' ? rest.charAt(at) : character
  }
  return undefined
}
