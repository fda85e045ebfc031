import { decodeBase64 } from './base64.ts'
import type { PullSecret, PullSecretReading } from './credential.ts'
import { decodeDockerCfg, decodeDockerConfigJson } from './docker-config.ts'

const READERS = [
  { type: 'kubernetes.io/dockerconfigjson', key: '.dockerconfigjson', decode: decodeDockerConfigJson },
  { type: 'kubernetes.io/dockercfg', key: '.dockercfg', decode: decodeDockerCfg },
] as const

/**
 * Reads a Secret as the kubelet does (facts "Which secret content counts"): of two types only, and only where their key
 * holds something. Every other Secret is ignored, whatever it holds. Never throws.
 */
export function readPullSecret(secret: PullSecret): PullSecretReading {
  const ignored = { kind: 'ignored', type: secret.type } as const
  const reader = READERS.find(({ type }) => type === secret.type)
  if (reader === undefined || !Object.hasOwn(secret.data, reader.key)) return ignored
  const decoded = decodeBase64(secret.data[reader.key]?.reveal() ?? '', true)
  if (decoded.kind === 'illegal') return { kind: 'malformed', error: decoded.error }
  return decoded.bytes.length === 0 ? ignored : reader.decode(decoded.bytes)
}
