// One image from nothing: busybox, which sleeps unless it is told to do something else.
import { tool, runTool } from '../support/tools.ts'
import { inFolder, PAUSE_IMAGE } from './layout.ts'

/** Its place, as umoci and skopeo write it after `oci:`. */
export const IMAGE = `${inFolder('image')}:busybox`

/** Makes the image, and from it the archive that the node imports to start pods with. */
export async function makeImages(): Promise<void> {
  await runTool('umoci', ['init', '--layout', inFolder('image')])
  await runTool('umoci', ['new', '--image', IMAGE])
  await runTool('umoci', ['insert', '--rootless', '--image', IMAGE, tool('busybox'), '/bin/busybox'])
  const words = ['--config.entrypoint=/bin/busybox', '--config.cmd=sleep', '--config.cmd=1000000000']
  await runTool('umoci', ['config', '--image', IMAGE, '--os=linux', `--architecture=${ARCHITECTURE}`, ...words])
  const archive = `docker-archive:${inFolder('pause.tar')}:${PAUSE_IMAGE}`
  await runTool('skopeo', ['--insecure-policy', 'copy', '--quiet', `oci:${IMAGE}`, archive])
}

const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch
