import { createHmac, randomBytes } from 'node:crypto'
import type { Credential } from '../../engine/credentials/index.ts'

/** A name for a credential that is of use to this process alone: it keys caches, and gives nothing away. */
export type Fingerprint = (credential: Credential | undefined) => string

export function createFingerprint(): Fingerprint {
  const key = randomBytes(32)
  return (credential) => {
    if (credential === undefined) return 'anonymous'
    const { username, password } = credential
    // Lengths first: no user name may run into a password.
    return createHmac('sha256', key)
      .update(`${String(username.length)}:${username}:${password.reveal()}`)
      .digest('base64url')
  }
}

/** containerd drops a credential without a user name (kubelet-pull 5.1): the node then asks as nobody. */
export function asNodeSends(credential: Credential | undefined): Credential | undefined {
  return credential?.username === '' ? undefined : credential
}
