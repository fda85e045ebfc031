import { createReadStream } from 'node:fs'
import { whyUnreadable } from '../../base/file-error.ts'
import { findFiles } from './find-files.ts'
import { flattenLists } from './flatten-lists.ts'
import type { DocumentReading, Manifest, ManifestProblem, ManifestReading } from './manifest.ts'
import { readJson } from './read-json.ts'
import { splitDocuments } from './split-documents.ts'
import type { Chunk } from './split-documents.ts'

const MOST_BYTES = 64 * 1024 * 1024 // one source; a big cluster's `kubectl get -A -o json` is half of it

export interface ManifestInput {
  readonly stdin: AsyncIterable<Uint8Array | string>
}

interface Collector {
  readonly documents: Manifest[]
  readonly problems: ManifestProblem[]
  skipped: number
}

/**
 * Reads files, directories and `-`, in the order in which they are named. Whatever is broken is a problem with its place, and
 * the rest is still read. Never rejects.
 */
export async function readManifests(inputs: readonly string[], io: ManifestInput): Promise<ManifestReading> {
  const into: Collector = { documents: [], problems: [], skipped: 0 }
  for (const input of new Set(inputs)) {
    if (input === '-') {
      await readSource('stdin', io.stdin, into)
      continue
    }
    for (const found of await findFiles(input)) {
      if ('path' in found) await readSource(found.path, createReadStream(found.path), into)
      else into.problems.push({ source: found.source, document: 0, line: 0, message: found.message })
    }
  }
  return into
}

/** The directory of `--view`: its objects stand for the whole cluster. */
export function readView(directory: string): Promise<ManifestReading> {
  return readManifests([directory], { stdin: nothing() })
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // A view is never standard input.
}

async function readSource(source: string, bytes: AsyncIterable<Uint8Array | string>, into: Collector): Promise<void> {
  const text = await readText(bytes)
  if (typeof text !== 'string') {
    into.problems.push({ source, document: 0, line: 0, message: text.message })
    return
  }
  let document = 0
  for (const chunk of splitDocuments(text)) {
    for (const reading of await readDocument(chunk)) {
      document += 1
      keep(reading, source, document, into)
    }
  }
}

/** UTF-8, with or without a byte order mark. */
async function readText(bytes: AsyncIterable<Uint8Array | string>): Promise<string | { readonly message: string }> {
  const parts: Buffer[] = []
  let length = 0
  try {
    for await (const part of bytes) {
      const buffer = Buffer.from(part)
      length += buffer.length
      if (length > MOST_BYTES) return { message: 'larger than 64 MiB' }
      parts.push(buffer)
    }
  } catch (error) {
    return { message: whyUnreadable(error) }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts))
  } catch {
    return { message: 'not UTF-8 text' }
  }
}

async function readDocument(chunk: Chunk): Promise<readonly DocumentReading[]> {
  const json = readJson(chunk)
  if (json !== undefined) return json
  const { readYaml } = await import('./read-yaml.ts') // serve without a view never needs it
  return [readYaml(chunk)]
}

function keep(reading: DocumentReading, source: string, document: number, into: Collector): void {
  if (reading.kind === 'problem') {
    into.problems.push({ source, document, line: reading.line, message: reading.message })
    return
  }
  const { objects, skipped } = flattenLists(reading.value, reading.line, reading.itemLine)
  into.skipped += skipped
  for (const { object, line } of objects) into.documents.push({ source, document, line, object })
}
