import { once } from 'node:events'
import type { Config } from '../edges/config/index.ts'
import type { Io } from './io.ts'
import { startWebhook } from './webhook.ts'

/** `pullable serve`: the webhook, until it is told to stop. */
export async function serve(config: Config, io: Io): Promise<number> {
  const stopped = io.untilStopped()
  const webhook = await startWebhook(config, { version: io.version, logLevel: 'info', env: io.env })
  if (!stopped.aborted) await once(stopped, 'abort')
  await webhook.close()
  return 0
}
