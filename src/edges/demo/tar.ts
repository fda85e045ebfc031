import { Buffer } from 'node:buffer'

const BLOCK = 512

/** A tar archive (POSIX ustar) of one small text file, the same bytes for the same arguments. */
export function tarOfOneFile(name: string, text: string): Buffer {
  const content = Buffer.from(text)
  const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)
  return Buffer.concat([header(name, content.length), content, padding, Buffer.alloc(2 * BLOCK)])
}

function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`
  block.write(name, 0, 100)
  block.write(octal(0o644, 7), 100) // mode
  block.write(octal(0, 7), 108) // owner
  block.write(octal(0, 7), 116) // group
  block.write(octal(size, 11), 124)
  block.write(octal(0, 11), 136) // modification time
  block.write('        ', 148) // the checksum counts its own field as spaces
  block.write('0', 156) // a regular file
  block.write('ustar\x0000', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${octal(sum, 6)} `, 148)
  return block
}
