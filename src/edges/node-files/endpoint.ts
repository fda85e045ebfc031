/** One place that a node asks for the images of a registry host. The edge that asks declares the same shape. */
export interface Endpoint {
  /** The base of every request, with `/v2` or the path that stands for it, without a trailing slash. */
  readonly url: string
  /** An HTTP one is to be tried by HTTPS first, as containerd does where TLS settings are said and the port is not 80. */
  readonly httpsFirst?: boolean
  /** Whether it may be asked for a tag. */
  readonly resolve: boolean
  readonly pull: boolean
  /** PEM, beside the default roots. */
  readonly ca?: string
  readonly client?: { readonly cert: string; readonly key: string }
  readonly skipVerify: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly dialTimeoutMs?: number
}
