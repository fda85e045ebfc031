// The webhook as a pod of a cluster: what Kubernetes mounts into it and sets in its environment is how it reaches the API server.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWebhook } from '../../src/commands/webhook.ts'
import type { Webhook } from '../../src/commands/webhook.ts'
import { loadConfig } from '../../src/edges/config/index.ts'
import { serverPair } from '../support/certificates.ts'
import type { ServerPair } from '../support/certificates.ts'
import { post, reviewOf } from '../support/review.ts'
import { startScriptedApi } from '../support/scripted-api-server.ts'
import type { ScriptedApi } from '../support/scripted-api-server.ts'
import { get } from './support.ts'

let folder: string
let pair: ServerPair
let api: ScriptedApi

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pullable-pod-'))
  pair = await serverPair()
  api = await startScriptedApi(pair)
  api.allow(['of-the-pod'])
  api.set('namespaces', { metadata: { name: 'shop' } })
  const files = { 'tls.crt': pair.cert, 'tls.key': pair.key, token: 'of-the-pod', 'ca.crt': pair.ca }
  for (const [name, text] of Object.entries({ ...files, namespace: 'pullable-system\n' }))
    await writeFile(join(folder, name), text)
})

afterAll(async () => {
  await api.stop()
  await rm(folder, { recursive: true })
})

async function withWebhook(
  args: readonly string[],
  serviceAccountDirectory: string,
  use: (webhook: Webhook) => Promise<void>,
): Promise<void> {
  const files = [`--tls-cert-file=${join(folder, 'tls.crt')}`, `--tls-private-key-file=${join(folder, 'tls.key')}`]
  const reading = await loadConfig({
    command: 'serve',
    argv: [...files, '--port=0', '--metrics-port=0', ...args],
    env: {},
    readFile: () => Promise.reject(new Error('there is none')),
  })
  if (reading.kind !== 'config') throw new Error(JSON.stringify(reading))
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(api.port) }
  const webhook = await startWebhook(reading.config, {
    version: 'test',
    logLevel: 'silent',
    host: '127.0.0.1',
    env,
    serviceAccountDirectory,
  })
  try {
    await use(webhook)
  } finally {
    await webhook.close()
  }
}

/** `registry.invalid` never resolves: who asks for it is warned. */
async function warned({ port }: Webhook, namespace: string): Promise<boolean> {
  const containers = [{ name: 'web', image: 'registry.invalid/web:1' }]
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace }, spec: { containers } }
  const { response } = await post(port, pair.ca, JSON.stringify(reviewOf(pod, { namespace })))
  expect(response?.allowed).toBe(true)
  return response?.warnings !== undefined
}

test('reads its own cluster, and stays out of its own namespace', async () => {
  await withWebhook([], folder, async (webhook) => {
    await expect.poll(async () => (await get(webhook.metricsPort, '/readyz')).text).toBe('{"ready":true}')
    expect([await warned(webhook, 'shop'), await warned(webhook, 'pullable-system')]).toEqual([true, false])
    expect(api.watches('nodes') + api.watches('namespaces')).toBe(2)
  })
  await expect.poll(() => api.watches('nodes') + api.watches('namespaces')).toBe(0)
})

test.each([
  ['a declared cluster', ['--view=docs/examples/cluster'], () => folder],
  ['no token', [], () => join(folder, 'nothing')],
])('reads no cluster with %s', async (_, args, directory) => {
  const asked = api.log.length
  await withWebhook(args, directory(), async (webhook) => {
    expect((await get(webhook.metricsPort, '/readyz')).text).toBe('{"ready":true}')
    expect([await warned(webhook, 'shop'), await warned(webhook, 'pullable-system')]).toEqual([true, true])
    expect((await get(webhook.metricsPort, '/metrics')).text).not.toContain('pullable_cluster_view_age')
  })
  expect(api.log.length).toBe(asked)
})
