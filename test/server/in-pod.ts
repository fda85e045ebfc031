import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { startWebhook } from '../../src/commands/webhook.ts'
import type { Webhook } from '../../src/commands/webhook.ts'
import { loadConfig } from '../../src/edges/config/index.ts'
import type { ServerPair } from '../support/certificates.ts'
import type { ScriptedApi } from '../support/scripted-api-server.ts'
import { get } from './support.ts'

const SERVE = 'serve: { port: 0, metricsPort: 0, tlsCertFile: tls.crt, tlsPrivateKeyFile: tls.key }\n'

/**
 * The webhook as a pod of `pullable-system` in the cluster of `api`, with this configuration file (YAML, without `serve`), once it is ready.
 * `close` ends it, and removes its files.
 */
export async function startInPod(pair: ServerPair, api: ScriptedApi, config: string): Promise<Webhook> {
  const folder = await mkdtemp(join(tmpdir(), 'pullable-in-pod-'))
  const files = { 'tls.crt': pair.cert, 'tls.key': pair.key, token: 'of-the-pod', 'ca.crt': pair.ca }
  for (const [name, text] of Object.entries({
    ...files,
    namespace: 'pullable-system\n',
    'config.yaml': SERVE + config,
  }))
    await writeFile(join(folder, name), text)
  const reading = await loadConfig({
    command: 'serve',
    argv: [`--config=${join(folder, 'config.yaml')}`],
    env: {},
    readFile: (path) => readFile(path, 'utf8'),
  })
  if (reading.kind !== 'config') throw new Error(JSON.stringify(reading))
  const webhook = await startWebhook(reading.config, {
    ...{ version: 'test', logLevel: 'silent', host: '127.0.0.1', serviceAccountDirectory: folder },
    env: { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(api.port) },
  })
  await vi.waitFor(async () => {
    expect((await get(webhook.metricsPort, '/readyz')).text).toBe('{"ready":true}')
  }, 5_000)
  return {
    ...webhook,
    async close() {
      await webhook.close()
      await rm(folder, { recursive: true })
    },
  }
}
