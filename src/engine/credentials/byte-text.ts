/**
 * A string whose every character is one byte of the UTF-8 that it stands for. Go's strings are bytes: in this form
 * lengths, prefixes, order and offsets come out as the kubelet's.
 */
export type ByteText = string

const ASCII = /^[\x00-\x7f]*$/

export function toByteText(text: string): ByteText {
  return ASCII.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
}
