/** One host of a hosts.toml as it is written, before its files are read. */
export interface HostConfig {
  /** Undefined: the default upstream of the registry. */
  readonly server: Server | undefined
  readonly resolve: boolean
  readonly pull: boolean
  readonly caFiles: readonly string[]
  /** A certificate and its key, which may be in one file. */
  readonly clientPairs: readonly (readonly [cert: string, key: string])[]
  readonly skipVerify: boolean
  /** Any TLS setting is there, even an empty one. */
  readonly withTls: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly dialTimeoutMs: number | undefined
}

export interface Server {
  readonly scheme: string
  /** `mirror.example:5000` */
  readonly host: string
  /** Empty, or with a leading slash and no trailing one. */
  readonly path: string
}

export const plainHost: HostConfig = {
  server: undefined,
  resolve: true,
  pull: true,
  caFiles: [],
  clientPairs: [],
  skipVerify: false,
  withTls: false,
  headers: {},
  dialTimeoutMs: undefined,
}
