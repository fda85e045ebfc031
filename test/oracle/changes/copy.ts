// A copy of the product that can be changed: its sources, which Node runs as they are.
import { readFileSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { changedSource } from './change.ts'
import type { Change } from './change.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** What stands beside the sources. */
const BESIDE = ['package.json', 'node_modules']

/** Throws where one of them cannot be made. */
export function mustApply(changes: readonly Change[]): void {
  for (const change of changes) changedSource(readFileSync(join(ROOT, 'src', change.file), 'utf8'), change)
}

/** A copy, with the change made to it where there is one, as long as the work takes; `src` is its folder of sources. */
export async function withCopy<T>(change: Change | undefined, work: (src: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'pullable-changed-'))
  try {
    const src = join(folder, 'src')
    await cp(join(ROOT, 'src'), src, { recursive: true })
    for (const name of BESIDE) await symlink(join(ROOT, name), join(folder, name))
    if (change !== undefined) {
      const file = join(src, change.file)
      await writeFile(file, changedSource(await readFile(file, 'utf8'), change))
    }
    return await work(src)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
