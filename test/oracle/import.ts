// Images that the node holds without having pulled them: imported from an archive, as an image that came with the machine.
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import type { Lab } from '../lab/cluster.ts'
import { inFolder } from '../lab/layout.ts'
import { digestOf } from '../support/scripted-images.ts'
import type { BuiltImage } from '../support/scripted-images.ts'
import { tarEntry, TAR_END } from '../support/tar.ts'

export interface Imported {
  /** As the node is to list it: `host:5000/team/app:v1`. */
  readonly name: string
  readonly built: BuiltImage
}

/** An OCI layout in a tar archive (image-spec, image-layout), and `ctr images import` of it. */
export async function importImages(images: readonly Imported[], lab: Lab): Promise<void> {
  if (images.length === 0) return
  const blobs = new Map<string, Buffer>()
  const manifests = images.map(({ name, built }) => {
    for (const [digest, { bytes }] of [...built.manifests, ...built.blobs]) blobs.set(digest, bytes)
    const { type = '', bytes = Buffer.alloc(0) } = built.manifests.get(built.digest) ?? {}
    const annotations = { 'io.containerd.image.name': name }
    return { mediaType: type, digest: digestOf(bytes), size: bytes.length, annotations }
  })
  const files: [string, Buffer][] = [
    ['oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')],
    ['index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests }))],
    ...[...blobs].map(([digest, bytes]): [string, Buffer] => [`blobs/${digest.replace(':', '/')}`, bytes]),
  ]
  const archive = inFolder('present.tar')
  const output = createWriteStream(archive)
  for (const [name, bytes] of files) output.write(tarEntry(name, bytes))
  output.end(TAR_END)
  await once(output, 'close')
  await lab.ctr(['images', 'import', '--local', archive])
  await rm(archive)
}
