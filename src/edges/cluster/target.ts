import type { Secret } from '../../base/secret.ts'
import type { KubeUser } from './kubeconfig-schema.ts'

/** The way to an API server. */
export interface Proxy {
  /** HTTP, HTTPS or SOCKS 5. */
  readonly url: URL
  /** The value of Proxy-Authorization, where it is not in the URL. */
  readonly authorization?: Secret
}

/** Which API server, and as whom. Paths of files are absolute. */
export interface Target {
  /** Without a slash at its end; it may have a path. */
  readonly server: string
  readonly caFile?: string | undefined
  /** Base64 of PEM. */
  readonly caData?: string | undefined
  readonly skipVerify: boolean
  readonly serverName?: string | undefined
  readonly proxy?: Proxy | undefined
  readonly user: Partial<KubeUser>
}

/** Reads it anew; throws a `ClusterError`. */
export type LoadTarget = () => Promise<Target>
