/** The end of an archive. */
export const TAR_END = Buffer.alloc(1024)

/** A file of an archive (POSIX ustar), and what fills its last block. */
export function tarEntry(name: string, bytes: Buffer): Buffer {
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

/** An archive without its end, so that more can follow. umoci leaves out the end, and what fills the last block, too. */
export function openTar(archive: Buffer): Buffer {
  let at = 0
  while (at < archive.length && archive[at] !== 0) {
    const size = parseInt(archive.toString('latin1', at + 124, at + 136), 8)
    at += 512 + Math.ceil(size / 512) * 512
  }
  return Buffer.concat([archive, Buffer.alloc(512)]).subarray(0, at)
}
