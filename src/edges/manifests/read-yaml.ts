import { isMap, isNode, LineCounter, parseDocument } from 'yaml'
import type { Document, ErrorCode, ScalarTag } from 'yaml'
import { printable } from '../../base/text.ts'
import { buildValue } from './build-value.ts'
import type { DocumentReading, ItemLine } from './manifest.ts'
import type { Chunk } from './split-documents.ts'

// The parser takes some 150 bytes of memory for each byte of text: past this it would end the process.
const MOST_CHARACTERS = 16 * 1024 * 1024

/**
 * `yes`, `on` and their kin are booleans to kubectl (go-yaml v2, YAML 1.1), and strings in YAML 1.2: `hostNetwork: yes` is true there, and
 * a node selector of `yes` is refused. All else is YAML 1.2, whose numbers and dates differ only where no field that we read has one.
 */
const kubectlBoolean: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/,
  resolve: (text) => /^(?:y|on$)/i.test(text),
}

/** One YAML document. */
export function readYaml({ text, line }: Chunk): DocumentReading {
  if (text.length > MOST_CHARACTERS) return { kind: 'problem', line, message: 'one YAML document of more than 16 MiB' }
  const lines = new LineCounter()
  const lineOf = (offset: number): number => line + lines.linePos(offset).line - 1
  const problem = (at: number, message: string): DocumentReading => ({
    kind: 'problem',
    line: at,
    message: message + templateHint(text),
  })
  try {
    const document = parseDocument(text, {
      customTags: (tags) => [...tags, kubectlBoolean],
      lineCounter: lines,
      logLevel: 'error',
      merge: true,
      prettyErrors: false,
      resolveKnownTags: false,
      schema: 'core', // whatever a %YAML directive says
      stringKeys: true,
      uniqueKeys: false, // buildValue has its own
    })
    const [error] = document.errors
    if (error !== undefined) return problem(lineOf(error.pos[0]), CODES[error.code] ?? inWords(error.message))
    const built = buildValue(document)
    if (built.kind === 'flaw') return problem(lineOf(built.offset), built.message)
    const start = document.contents?.range[0]
    return {
      kind: 'value',
      value: built.value,
      line: start === undefined ? line : lineOf(start),
      itemLine: itemLines(document, lineOf),
    }
  } catch (error) {
    return problem(line, error instanceof RangeError ? 'nested too deeply' : printable(String(error)))
  }
}

function itemLines(document: Document.Parsed, lineOf: (offset: number) => number): ItemLine {
  return (path) => {
    const node = document.getIn(
      path.flatMap((index) => ['items', index]),
      true,
    )
    const start = isNode(node) ? node.range?.[0] : undefined
    return lineOf(start ?? (isMap(document.contents) ? document.contents.range[0] : 0))
  }
}

// What the parser repeats of the text may be a secret that begins with a sign of YAML's (`password: !x`), and should have been quoted.
const CODES: Readonly<Partial<Record<ErrorCode, string>>> = {
  TAG_RESOLVE_FAILED: 'a tag that cannot be resolved',
  BAD_DIRECTIVE: 'a directive that cannot be read',
  BAD_DQ_ESCAPE: 'an escape sequence that YAML does not have',
}

function inWords(message: string): string {
  if (message.startsWith('Maximum call stack')) return 'nested too deeply'
  if (message.startsWith('With stringKeys')) return 'a key that is no text'
  return printable(message.replace(/(?<=\w): .*/s, '').replace(/(closing ["'])quote/, '$1'))
}

function templateHint(text: string): string {
  return text.includes('{{') ? '; this looks like a template: check what `helm template` makes of it' : ''
}
