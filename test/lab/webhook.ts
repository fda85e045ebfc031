// The registration of a webhook that serves on this machine: the API server, which runs here, calls it by a URL.
import { mkdir, writeFile } from 'node:fs/promises'
import { serverPair } from '../support/certificates.ts'
import { inFolder } from './layout.ts'

/** A ValidatingWebhookConfiguration that asks about every new Deployment and Pod; `ca` is PEM. */
export function webhookConfiguration(port: number, ca: string): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'pullable' },
    webhooks: [
      {
        name: 'workloads.pullable.dev',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Fail',
        clientConfig: {
          url: `https://localhost:${String(port)}/validate`,
          caBundle: Buffer.from(ca).toString('base64'),
        },
        rules: [
          { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] },
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
        ],
      },
    ],
  }
}

export interface WebhookFiles {
  readonly cert: string
  readonly key: string
  /** A manifest for kubectl. */
  readonly manifest: string
}

/** Writes what a person needs to serve on this port, into the lab's folder. */
export async function writeWebhookFiles(port: number): Promise<WebhookFiles> {
  await mkdir(inFolder('webhook'), { mode: 0o700 })
  const files = {
    cert: inFolder('webhook', 'tls.crt'),
    key: inFolder('webhook', 'tls.key'),
    manifest: inFolder('webhook', 'webhook.json'),
  }
  const { ca, cert, key } = await serverPair(['localhost'])
  await writeFile(files.cert, cert)
  await writeFile(files.key, key, { mode: 0o600 })
  await writeFile(files.manifest, JSON.stringify(webhookConfiguration(port, ca), undefined, 2))
  return files
}
