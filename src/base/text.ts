// Control characters, and the bidirectional overrides that can make a terminal show another text than is there.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu

// Nearly all text is of these alone, and then there is nothing to do.
const PLAIN = /^[ -~]*$/

/**
 * Text from outside made fit to show: control and format characters become one space, and what is longer than
 * `most` characters ends in `…`. Everything of a pod, a registry or a file that is echoed passes through here.
 */
export function printable(text: string, most = 200): string {
  if (text.length <= most && PLAIN.test(text)) return text
  const read = text.slice(0, most * 4)
  const clean = read.toWellFormed().replace(UNPRINTABLE, ' ')
  const characters = Array.from(clean)
  if (characters.length <= most && read === text) return clean
  return `${characters.slice(0, most - 1).join('')}…`
}

/** `printable` in double quotes: `"nginx:1.25"`. */
export function quoted(text: string, most = 200): string {
  return `"${printable(text, most)}"`
}
