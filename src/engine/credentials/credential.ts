import type { Secret } from '../../base/secret.ts'

/** A user name and password that the kubelet would hand to the runtime for an image. */
export interface Credential {
  readonly username: string
  readonly password: Secret
  /** Where it comes from: the pull secret's name, or `docker login` for the user's own. */
  readonly source: string
  /** The `auths` key as it was written. */
  readonly key: string
}

/** A Secret as the cluster gives it; `data` values are base64, as in the API. */
export interface PullSecret {
  readonly name: string
  readonly type: string
  readonly data: Readonly<Record<string, Secret>>
}

/** One decoded `auths` entry. */
export interface AuthEntry {
  readonly key: string
  readonly username: string
  readonly password: Secret
}

export type PullSecretReading =
  | { readonly kind: 'entries'; readonly entries: readonly AuthEntry[] }
  /** Another type, or the key is missing: the kubelet passes it over in silence. */
  | { readonly kind: 'ignored'; readonly type: string }
  /** `error` is the kubelet's own wording; it fails every image of the pod that must be pulled. */
  | { readonly kind: 'malformed'; readonly error: string }
