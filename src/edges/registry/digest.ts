import { createHash } from 'node:crypto'

const LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 }
const FORM = /^(sha256|sha384|sha512):([0-9a-f]{64,128})$/

/** A digest that a node can verify: SHA-2, lower-case hex, the right length (opencontainers/go-digest `Validate`). */
export function isDigest(digest: string): boolean {
  const match = FORM.exec(digest)
  return match !== null && match[2]?.length === LENGTHS[match[1] ?? '']
}

/** The digest of these bytes by the algorithm that `like` names. */
export function digestOf(bytes: Buffer, like = 'sha256:'): string {
  const algorithm = like.split(':', 1)[0] ?? 'sha256'
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}
