import type { KubeUser } from './kubeconfig-schema.ts'

/** Which API server, and as whom. Paths of files are absolute. */
export interface Target {
  /** Without a slash at its end; it may have a path. */
  readonly server: string
  readonly caFile?: string | undefined
  /** Base64 of PEM. */
  readonly caData?: string | undefined
  readonly skipVerify: boolean
  readonly serverName?: string | undefined
  /** `http`, `https` or `socks5`. */
  readonly proxy?: string | undefined
  readonly user: Partial<KubeUser>
}

/** Reads it anew; throws a `ClusterError`. */
export type LoadTarget = () => Promise<Target>
