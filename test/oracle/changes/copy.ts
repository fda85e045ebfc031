// A copy of the product that can be changed: its sources, which Node runs as they are.
import { readFileSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { changedSource } from './change.ts'
import type { Change } from './change.ts'

export interface Copy {
  /** The path of its main file. */
  readonly main: string
  /** Makes the change to it as long as the work takes. */
  changed<T>(change: Change, work: () => Promise<T>): Promise<T>
}

const ROOT = join(import.meta.dirname, '../../..')

/** What stands beside the sources. */
const BESIDE = ['package.json', 'node_modules']

/** Throws where one of them cannot be made. */
export function mustApply(changes: readonly Change[]): void {
  for (const change of changes) changedSource(readFileSync(join(ROOT, 'src', change.file), 'utf8'), change)
}

/** Copies the product, for as long as the work takes. */
export async function withCopy<T>(work: (copy: Copy) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'pullable-changed-'))
  const src = join(folder, 'src')
  try {
    await cp(join(ROOT, 'src'), src, { recursive: true })
    for (const name of BESIDE) await symlink(join(ROOT, name), join(folder, name))
    return await work({
      main: join(src, 'main.ts'),
      async changed(change, work) {
        const file = join(src, change.file)
        const source = await readFile(file, 'utf8')
        await writeFile(file, changedSource(source, change))
        try {
          return await work()
        } finally {
          await writeFile(file, source)
        }
      },
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
