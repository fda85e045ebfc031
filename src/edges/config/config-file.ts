import { dirname, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import { printable, quoted } from '../../base/text.ts'
import { readConfigDocument } from './config-schema.ts'
import { directoryPath, filePath, filePathOrNone } from './value-kinds.ts'
import type { Option } from './options.ts'
import { misuse } from './setting.ts'
import type { Layer, Misuse } from './setting.ts'

const MOST_CHARACTERS = 256 * 1024 // a configuration is a page; a bigger file is the wrong one

/** Reads the configuration file: YAML, strict in its keys and its values. */
export async function readConfigFile(
  path: string,
  readFile: (path: string) => Promise<string>,
): Promise<{ readonly kind: 'file'; readonly layer: Layer } | Misuse> {
  let text: string
  try {
    text = await readFile(path)
  } catch (error) {
    return misuse(`the configuration file ${quoted(path)} cannot be read: ${reason(error)}`)
  }
  const name = printable(path)
  if (text.length > MOST_CHARACTERS) return misuse(`${name}: too large for a configuration file`)
  let document: unknown
  try {
    const parsed = parseDocument(text, { logLevel: 'error' })
    const [error] = parsed.errors
    if (error !== undefined) {
      const line = error.linePos?.[0].line ?? 1
      return misuse(`${name}:${line}: not YAML: ${printable(error.message.split(' at line ', 1)[0] ?? '')}`)
    }
    document = parsed.toJS() as unknown
  } catch (error) {
    return misuse(`${name}: not YAML: ${reason(error)}`)
  }
  const reading = readConfigDocument(document ?? {})
  if (reading.kind === 'refused') return misuse(`${name}: ${reading.problem}`)
  return { kind: 'file', layer: resolved(reading.values, dirname(path)) }
}

/** Paths in the file are relative to its folder, so that it means the same wherever the command is run. */
function resolved(values: ReadonlyMap<Option, unknown>, folder: string): Layer {
  const layer: Layer = new Map<Option, unknown>()
  for (const [option, value] of values) {
    const isPath = [filePath, directoryPath, filePathOrNone].some((kind) => kind === option.kind)
    const keep = !isPath || typeof value !== 'string' || (option.kind === filePathOrNone && value === 'none')
    layer.set(option, keep ? value : resolve(folder, value))
  }
  return layer
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT') return 'no such file'
  if (code === 'EACCES') return 'permission denied'
  if (code === 'EISDIR') return 'it is a directory'
  return printable(code !== '' ? code : error instanceof Error ? error.message : 'unknown')
}
