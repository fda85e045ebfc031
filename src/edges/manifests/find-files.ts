import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { whyUnreadable } from '../../base/file-error.ts'

export type Found = { readonly path: string } | { readonly source: string; readonly message: string }

const EXTENSIONS = ['.yaml', '.yml', '.json']

/**
 * A file as it is, or the manifests of a directory and of those below it, in the byte order of their names. Links are followed, each directory
 * once. Names with a dot before them are passed over: those of editors, of git, and the `..data` of a mounted ConfigMap, whose files are
 * linked beside it.
 */
export async function findFiles(input: string): Promise<readonly Found[]> {
  try {
    if (!(await stat(input)).isDirectory()) return [{ path: input }]
    const found: Found[] = []
    await walk(input, new Set(), found)
    if (found.length > 0) return found
    return [{ source: input, message: `no ${EXTENSIONS.join(', ')} file in this directory` }]
  } catch (error) {
    return [{ source: input, message: whyUnreadable(error) }]
  }
}

async function walk(directory: string, seen: Set<string>, found: Found[]): Promise<void> {
  const real = await realpath(directory)
  if (seen.has(real)) return
  seen.add(real)
  const names = await readdir(directory)
  names.sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
  for (const name of names) {
    if (name.startsWith('.')) continue
    const path = join(directory, name)
    const wanted = EXTENSIONS.some((extension) => name.toLowerCase().endsWith(extension))
    try {
      const entry = await stat(path)
      if (entry.isDirectory()) await walk(path, seen, found)
      else if (wanted && entry.isFile()) found.push({ path }) // nobody writes into a pipe that lies about
    } catch (error) {
      // A link to itself or to nothing matters only where it would have been read.
      if (wanted) found.push({ source: path, message: whyUnreadable(error) })
    }
  }
}
