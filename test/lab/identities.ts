// Who is who in the cluster: certificates, and a kubeconfig for each that asks the API server.
import { mkdir, writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'
import { createAuthority, newSigningKey } from './certificates.ts'
import type { Pair, Subject } from './certificates.ts'
import { ADDRESS, API_SERVER, inFolder, KUBECONFIG, NODE, SERVICE_ADDRESS } from './layout.ts'

/** The file of a certificate, of a key, or of a kubeconfig. */
export function pki(name: string): string {
  return inFolder('pki', name)
}

const servers: Readonly<Record<string, Subject>> = {
  'kube-apiserver': {
    commonName: 'kube-apiserver',
    dnsNames: ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'],
    ipAddresses: [ADDRESS, SERVICE_ADDRESS],
  },
  'kubelet-server': { commonName: `system:node:${NODE}`, dnsNames: [NODE], ipAddresses: [ADDRESS] },
  'kubelet-client': { commonName: 'kube-apiserver-kubelet-client', organization: 'system:masters' },
}

const clients: Readonly<Record<string, Subject>> = {
  admin: { commonName: 'lab-admin', organization: 'system:masters' },
  kubelet: { commonName: `system:node:${NODE}`, organization: 'system:nodes' },
  'kube-proxy': { commonName: 'system:kube-proxy' },
  'kube-scheduler': { commonName: 'system:kube-scheduler' },
  'kube-controller-manager': { commonName: 'system:kube-controller-manager' },
}

export async function writeIdentities(): Promise<void> {
  await mkdir(inFolder('pki'), { mode: 0o700 })
  const authority = await createAuthority()
  await write('ca.crt', authority.ca)
  for (const [name, subject] of Object.entries(servers)) {
    const { cert, key } = await authority.issue(subject)
    await write(`${name}.crt`, cert)
    await write(`${name}.key`, key)
  }
  for (const [name, subject] of Object.entries(clients)) {
    const text = kubeconfig(authority.ca, await authority.issue(subject))
    await (name === 'admin' ? writeFile(KUBECONFIG, text, { mode: 0o600 }) : write(`${name}.kubeconfig`, text))
  }
  const { privateKey, publicKey } = newSigningKey()
  await write('service-accounts.key', privateKey)
  await write('service-accounts.pub', publicKey)
}

function kubeconfig(ca: string, { cert, key }: Pair): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'lab',
    clusters: [{ name: 'lab', cluster: { server: API_SERVER, 'certificate-authority-data': base64(ca) } }],
    users: [{ name: 'lab', user: { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'lab' } }],
  })
}

async function write(name: string, text: string): Promise<void> {
  await writeFile(pki(name), text, { mode: 0o600 })
}
