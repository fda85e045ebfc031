// Certificates as they are when their time has come, put where the product keeps its own.
import { X509Certificate } from 'node:crypto'
import { connect } from 'node:tls'
import { issueAuthority, issueServer } from '../../../src/edges/certificates/issue.ts'
import type { Issued, Validity } from '../../../src/edges/certificates/issue.ts'
import { NAMESPACE } from '../../manifests/render.ts'
import type { Cluster } from '../installed.ts'

const DAY = 24 * 60 * 60 * 1000
const HOST = `pullable.${NAMESPACE}.svc`

export interface Kept {
  readonly 'ca.crt': string
  readonly 'ca.key': string
  readonly 'tls.crt': string
  readonly 'tls.key': string
}

/** What the Secret of the product holds, PEM. */
export async function readKept({ kubectl }: Cluster): Promise<Kept> {
  const { data } = JSON.parse(await kubectl([...SECRET, 'get', 'secret', 'pullable-tls', '-o=json'])) as { data: Kept }
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value as string, 'base64').toString('utf8')]),
  ) as unknown as Kept
}

/** `served` where every pod serves the pair that the Secret holds. */
export async function servedEverywhere(cluster: Cluster): Promise<string> {
  const addresses = await cluster.kubectl([...SECRET, 'get', 'pods', '-o=jsonpath={.items[*].status.podIP}'])
  const kept = new X509Certificate((await readKept(cluster))['tls.crt']).fingerprint256
  const served = await Promise.all(addresses.trim().split(' ').map(fingerprintAt))
  return served.every((each) => each === kept) ? 'served' : served.join()
}

function fingerprintAt(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: 8443, servername: HOST, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '')
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

/** A pair of its own authority that has ten days left of ninety. */
export async function makePairDue(cluster: Cluster): Promise<void> {
  const { 'ca.crt': bundle, 'ca.key': key } = await readKept(cluster)
  const subject = { commonName: 'pullable', dnsNames: [HOST, `${HOST}.cluster.local`], ipAddresses: [] }
  const { cert, key: own } = await issueServer({ cert: firstOf(bundle), key }, subject, left(10, 90))
  await write(cluster, { 'tls.crt': cert, 'tls.key': own })
}

/** An authority that has 65 days left of 365, beside the one that signed what is served. */
export async function makeAuthorityDue(cluster: Cluster): Promise<void> {
  const { 'ca.crt': bundle } = await readKept(cluster)
  const due: Issued = await issueAuthority('pullable authority of old', left(65, 365))
  await write(cluster, { 'ca.crt': `${due.cert}${bundle}`, 'ca.key': due.key })
}

function left(days: number, of: number): Validity {
  return { notBefore: new Date(Date.now() - (of - days) * DAY), notAfter: new Date(Date.now() + days * DAY) }
}

const SECRET = ['--namespace', NAMESPACE]

async function write({ kubectl }: Cluster, data: Partial<Kept>): Promise<void> {
  await kubectl([...SECRET, 'patch', 'secret', 'pullable-tls', '--patch', JSON.stringify({ stringData: data })])
}

function firstOf(bundle: string): string {
  const end = '-----END CERTIFICATE-----\n'
  return bundle.slice(0, bundle.indexOf(end) + end.length)
}
