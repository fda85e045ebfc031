import { once } from 'node:events'
import { configure } from './configure.ts'
import type { Io } from './io.ts'
import { startWebhook } from './webhook.ts'

/** `pullable serve`: the webhook, until it is told to stop. */
export async function serve(io: Io): Promise<number> {
  const config = await configure('serve', io)
  if (config === undefined) return 0
  const webhook = await startWebhook(config, { version: io.version, logLevel: 'info' })
  if (!io.stopped.aborted) await once(io.stopped, 'abort')
  await webhook.close()
  return 0
}
