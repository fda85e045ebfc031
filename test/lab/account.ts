// Users of the lab's API server with the rights of a service account, and no others.
import { writeFile } from 'node:fs/promises'
import type { Lab } from './cluster.ts'

type Up = Pick<Lab, 'kubectl'>

/** Writes a kubeconfig whose user is this service account, which must be there. */
export async function writeAccountKubeconfig(
  { kubectl }: Up,
  account: { readonly namespace: string; readonly name: string },
  path: string,
): Promise<void> {
  const admin = JSON.parse(await kubectl(['config', 'view', '--raw', '--flatten', '-o=json'])) as {
    readonly clusters: readonly { readonly cluster: object }[]
  }
  const token = (await kubectl(['create', 'token', account.name, `--namespace=${account.namespace}`])).trim()
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'lab',
    clusters: [{ name: 'lab', cluster: admin.clusters[0]?.cluster }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: account.name } }],
    users: [{ name: account.name, user: { token } }],
  }
  await writeFile(path, JSON.stringify(config), { mode: 0o600 })
}
