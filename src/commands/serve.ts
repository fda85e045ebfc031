import { once } from 'node:events'
import type { Config } from '../edges/config/index.ts'
import type { Io } from './io.ts'
import { startWebhook } from './webhook.ts'

/** `pullable serve`: the webhook, until it is told to stop. */
export async function serve(config: Config, io: Io): Promise<number> {
  const stopped = io.untilStopped()
  const delayMs = config.serve.drainMs ?? (await drainOf(io))
  const webhook = await startWebhook(config, {
    version: io.version,
    logLevel: 'info',
    env: io.env,
    configSource: io.configSource,
  })
  if (!stopped.aborted) await once(stopped, 'abort')
  await webhook.close({ delayMs })
  return 0
}

/** A pod that is told to stop is still called for as long as its cluster has not heard of it. */
const POD_DRAIN_MS = 10_000

async function drainOf({ env }: Io): Promise<number> {
  const { inCluster } = await import('../edges/cluster/index.ts')
  return inCluster(env) ? POD_DRAIN_MS : 0
}
