import { execFile } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { tool } from '../support/tools.ts'

/** What building takes of the machine: `test/image/install` brings it. It takes root, too. */
export const IMAGE_TOOLS = ['buildah', 'busybox', 'chroot', 'ldd', 'unshare', 'mount', 'nice']

const MINUTE = 60_000

/** The storage of images and containers, apart from every other on the machine. */
export interface Buildah {
  /** Runs buildah to its end, and gives what it printed; throws with what it said where it fails. */
  readonly run: (...args: readonly string[]) => Promise<string>
  readonly remove: () => Promise<void>
}

/** Makes `folder`, anew. Without mounts of its own: what is in it can be removed like any files. */
export async function startBuildah(folder: string): Promise<Buildah> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const place = ['--root', join(folder, 'storage'), '--runroot', join(folder, 'run'), '--storage-driver=vfs']
  return {
    async run(...args) {
      // Layers of packages take long to write, and what else runs here should not wait for them.
      const words = ['-n', '15', tool('buildah'), ...place, ...args]
      const options = { timeout: 15 * MINUTE, maxBuffer: 64 * 1024 * 1024 }
      const { stdout } = await promisify(execFile)(tool('nice'), words, options)
      return stdout.trim()
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
