import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ARCHITECTURE, makeBase } from './base.ts'
import { startBuildah } from './buildah.ts'
import type { Buildah } from './buildah.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Where images are built, each in a folder of its own; not where files may be in memory. */
export const STORAGE = join(ROOT, 'node_modules/.cache/pullable/image')

/** Builds the Dockerfile of the checkout as it is. `ca` is a file of authorities for the build, such as the machine has. */
export async function build(
  buildah: Buildah,
  name: string,
  architecture: string,
  ca: string | undefined,
): Promise<void> {
  const secret = ca === undefined ? [] : [`--secret=id=ca,src=${ca}`]
  // Docker knows by itself on what it builds; this buildah has to be told.
  const platforms = [`--platform=linux/${architecture}`, `--build-arg=BUILDPLATFORM=linux/${ARCHITECTURE}`]
  const how = ['--quiet', '--isolation=chroot', '--pull-never', '--timestamp=0', ...platforms]
  await buildah.run('bud', ...how, ...secret, `--tag=${name}`, ROOT)
}

/**
 * The image for this machine as an archive that a runtime imports under `name`, such as `docker.io/library/pullable:0.1.0`: about a
 * minute's work. Wants what `IMAGE_TOOLS` names, and root.
 */
export async function buildArchive(archive: string, name: string): Promise<void> {
  const buildah = await startBuildah(join(STORAGE, 'archive'))
  try {
    await makeBase(buildah)
    await build(buildah, name, ARCHITECTURE, process.env['NODE_EXTRA_CA_CERTS'])
    await mkdir(dirname(archive), { recursive: true })
    await rm(archive, { force: true })
    await buildah.run('push', '--quiet', name, `docker-archive:${archive}:${name}`)
  } finally {
    await buildah.remove()
  }
}
