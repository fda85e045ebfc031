import { Secret } from '../../../src/base/secret.ts'
import { buildKeyring } from '../../../src/engine/credentials/index.ts'
import type { AuthEntry, Keyring, PullSecretReading } from '../../../src/engine/credentials/index.ts'

/** A keyring of secrets that hold these keys; each entry's user name is its key. */
export function keyringOf(secrets: Readonly<Record<string, readonly string[]>>): Keyring {
  return buildKeyring(
    Object.entries(secrets).map(([name, keys]) => ({
      name,
      entries: keys.map((key): AuthEntry => ({ key, username: key, password: new Secret('canary') })),
    })),
  )
}

/** A reading as plain values: `{ host: 'user/password' }`, the error, or the ignored type. */
export function plain(reading: PullSecretReading): unknown {
  if (reading.kind === 'malformed') return reading.error
  if (reading.kind === 'ignored') return { ignored: reading.type }
  return new Map(reading.entries.map(({ key, username, password }) => [key, `${username}/${password.reveal()}`]))
}
