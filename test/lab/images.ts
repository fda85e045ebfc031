// One image from nothing: busybox, which sleeps unless it is told to do something else.
import { readFile } from 'node:fs/promises'
import { tool, runTool } from '../support/tools.ts'
import { inFolder, PAUSE_IMAGE } from './layout.ts'

/** Its place, as umoci and skopeo write it after `oci:`. */
const IMAGE = `${inFolder('image')}:busybox`

const COMMAND = ['/bin/busybox', 'sleep', '1000000000']

/** What a registry of a test needs to serve an image that runs on the node: one layer, and what its config says. */
export interface Runnable {
  /** `application/vnd.oci.image.layer.v1.tar+gzip` */
  readonly layer: { readonly bytes: Buffer; readonly digest: string; readonly size: number; readonly mediaType: string }
  /** The config's `rootfs.diff_ids` has this one. */
  readonly diffId: string
  /** The config's `config.Cmd`: busybox sleeps. */
  readonly command: readonly string[]
}

/** Makes the image, and from it the archive that the node imports to start pods with. */
export async function makeImages(): Promise<Runnable> {
  await runTool('umoci', ['init', '--layout', inFolder('image')])
  await runTool('umoci', ['new', '--image', IMAGE])
  await runTool('umoci', ['insert', '--rootless', '--image', IMAGE, tool('busybox'), '/bin/busybox'])
  const words = COMMAND.map((word) => `--config.cmd=${word}`)
  await runTool('umoci', ['config', '--image', IMAGE, '--os=linux', `--architecture=${ARCHITECTURE}`, ...words])
  const archive = `docker-archive:${inFolder('pause.tar')}:${PAUSE_IMAGE}`
  await runTool('skopeo', ['--insecure-policy', 'copy', '--quiet', `oci:${IMAGE}`, archive])
  return readRunnable()
}

/** The place of the same image with an ID of its own: a node tells five names of an image, no more. */
export async function labelled(name: string): Promise<string> {
  await runTool('umoci', ['config', '--image', IMAGE, '--tag', name, `--config.label=lab.test/name=${name}`])
  return `${inFolder('image')}:${name}`
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

async function readRunnable(): Promise<Runnable> {
  const blob = ({ digest }: Descriptor): Promise<Buffer> => readFile(inFolder('image', 'blobs', ...digest.split(':')))
  const read = async (descriptor: Descriptor): Promise<unknown> => JSON.parse((await blob(descriptor)).toString())
  const index = JSON.parse(await readFile(inFolder('image', 'index.json'), 'utf8')) as { manifests: [Descriptor] }
  const manifest = (await read(index.manifests[0])) as { config: Descriptor; layers: [Descriptor] }
  const config = (await read(manifest.config)) as { rootfs: { diff_ids: [string] } }
  const [layer] = manifest.layers
  return { layer: { ...layer, bytes: await blob(layer) }, diffId: config.rootfs.diff_ids[0], command: COMMAND }
}

const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch
