import { makeCertificates } from '../../src/edges/certificates/index.ts'

export interface ServerPair {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** A CA and a pair for a server on this machine. `names` replaces the names that it is good for, `days` may be negative: expired. */
export function serverPair(names: readonly string[] = ['localhost', 'registry.test'], days = 2): Promise<ServerPair> {
  return makeCertificates({ commonName: 'scripted registry', dnsNames: names, ipAddresses: ['127.0.0.1'], days })
}
