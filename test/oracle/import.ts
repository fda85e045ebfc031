// Images that the node holds without having pulled them: imported from an archive, as an image that came with the machine.
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import type { Lab } from '../lab/cluster.ts'
import { inFolder } from '../lab/layout.ts'
import { digestOf } from '../support/scripted-images.ts'
import type { BuiltImage } from '../support/scripted-images.ts'

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
  for (const [name, bytes] of files) output.write(entry(name, bytes))
  output.end(Buffer.alloc(1024))
  await once(output, 'close')
  await lab.ctr(['images', 'import', '--local', archive])
  await rm(archive)
}

/** A file of an archive (POSIX ustar), and what fills its last block. */
function entry(name: string, bytes: Buffer): Buffer {
  const header = Buffer.alloc(512)
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`
  header.write(name, 0)
  header.write(octal(0o644, 8), 100)
  header.write(octal(0, 8), 108)
  header.write(octal(0, 8), 116)
  header.write(octal(bytes.length, 12), 124)
  header.write(octal(0, 12), 136)
  header.write(' '.repeat(8), 148)
  header.write('0', 156)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])
}
