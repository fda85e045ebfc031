// A webhook that serves on this machine, and its registration: the API server, which runs here, calls it by a URL.
import { mkdir, writeFile } from 'node:fs/promises'
import { serverPair } from '../support/certificates.ts'
import type { ServerPair } from '../support/certificates.ts'
import { startServing } from '../support/command.ts'
import type { Serving } from '../support/command.ts'
import type { Lab } from './cluster.ts'
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

/** The built product on this machine, in the lab's cluster and with its hosts.toml files. The pair is for localhost, and goes with the lab. */
export async function serveHere(
  { kubeconfig, hostsFolder }: Lab,
  ...flags: readonly string[]
): Promise<{ readonly serving: Serving; readonly pair: ServerPair }> {
  const cwd = inFolder('serving')
  await mkdir(cwd, { mode: 0o700 })
  const pair = await serverPair(['localhost'])
  await writeFile(inFolder('serving', 'tls.crt'), pair.cert)
  await writeFile(inFolder('serving', 'tls.key'), pair.key, { mode: 0o600 })
  const files = ['--tls-cert-file=tls.crt', '--tls-private-key-file=tls.key', `--hosts-dir=${hostsFolder}`]
  return { serving: await startServing([...files, `--kubeconfig=${kubeconfig}`, ...flags], { cwd }), pair }
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
