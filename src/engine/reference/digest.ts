const HEX_LENGTHS: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
])

const UNREGISTERED = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[A-Za-z0-9=_-]+$/
const LOWER_HEX = /^[0-9a-f]+$/

/** Why a digest that fits the grammar is refused, in go-digest's words (`Digest.Validate`); undefined where it is good. */
export function digestError(digest: string): string | undefined {
  const colon = digest.indexOf(':')
  const length = HEX_LENGTHS.get(digest.slice(0, colon))
  const encoded = digest.slice(colon + 1)
  if (length === undefined) {
    return UNREGISTERED.test(digest) ? 'unsupported digest algorithm' : 'invalid checksum digest format'
  }
  if (encoded.length !== length) return 'invalid checksum digest length'
  return LOWER_HEX.test(encoded) ? undefined : 'invalid checksum digest format'
}
