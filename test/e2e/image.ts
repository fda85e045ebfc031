// The image of the checkout as it is, built once for all test files and all runs that want the same.
import { createHash } from 'node:crypto'
import { access, glob, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { buildArchive } from '../image/build.ts'

const ROOT = join(import.meta.dirname, '../..')
const ARCHIVES = join(ROOT, 'node_modules/.cache/pullable/archives')

/** An archive of the image, under this name; about a minute's work where there is none yet. Wants what `IMAGE_TOOLS` names, and root. */
export async function imageArchive(name: string, say: (line: string) => void): Promise<string> {
  const file = `${await fingerprint(name)}.tar`
  const archive = join(ARCHIVES, file)
  const there = await access(archive).then(
    () => true,
    () => false,
  )
  if (there) return archive
  say('building the image')
  await mkdir(ARCHIVES, { recursive: true })
  // All at once, so that one that was interrupted is not taken for whole.
  const unfinished = `${archive}.${String(process.pid)}`
  await buildArchive(unfinished, name)
  for (const other of await readdir(ARCHIVES)) if (other.endsWith('.tar')) await rm(join(ARCHIVES, other))
  await rename(unfinished, archive)
  return archive
}

/** What the image is made of: whatever .dockerignore lets in, what makes the base, and the Dockerfile. */
async function fingerprint(name: string): Promise<string> {
  const lines = (await readFile(join(ROOT, '.dockerignore'), 'utf8')).split('\n')
  const roots = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
  const hash = createHash('sha256').update(`${name}\n${process.version}\n`)
  for (const root of [...roots, 'Dockerfile', 'test/image/base.ts', 'test/image/build.ts'].sort()) {
    const files: string[] = []
    for await (const file of glob([root, `${root}/**`], { cwd: ROOT })) files.push(file)
    for (const file of files.sort()) {
      const path = join(ROOT, file)
      if ((await stat(path)).isFile()) hash.update(`${file}\n`).update(await readFile(path))
    }
  }
  return hash.digest('hex').slice(0, 16)
}
