// `serve`, told to stop as Kubernetes does it, while API servers that have not heard of it go on calling.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { serverPair } from '../support/certificates.ts'
import { inFolder, startServing } from '../support/command.ts'
import { agent, get, reviewBody, send } from './support.ts'

const main = join(import.meta.dirname, '../../src/main.ts')
const DRAIN_MS = 1_500
const body = reviewBody('uid-1', { kind: 'Pod', metadata: { name: 'a' }, spec: { containers: [] } })

test('unready at once, then every call is answered, on old connections and new ones, each the last of its connection', async () => {
  await inFolder(async (cwd) => {
    const pair = await serverPair()
    await writeFile(join(cwd, 'tls.crt'), pair.cert)
    await writeFile(join(cwd, 'tls.key'), pair.key)
    const drain = `drain: ${DRAIN_MS}ms`
    await writeFile(join(cwd, 'config.yaml'), `serve: { tlsCertFile: tls.crt, tlsPrivateKeyFile: tls.key, ${drain} }`)
    const serving = await startServing(['--config=config.yaml'], { cwd, main })
    const kept = agent(pair.ca, { maxSockets: 6 })
    const fresh = agent(pair.ca, { keepAlive: false, maxSockets: 6 })
    const answers: { readonly at: number; readonly status: number; readonly connection: string | undefined }[] = []
    const failures: unknown[] = []
    let going = true
    const callers = [kept, kept, kept, kept, fresh, fresh].map(async (client) => {
      while (going) {
        const at = performance.now()
        await send(serving.port, { agent: client, body }).then(
          ({ status, headers }) => answers.push({ at, status, connection: headers.connection }),
          (error: unknown) => failures.push(error),
        )
        await sleep(10)
      }
    })
    await sleep(300)
    const stopped = performance.now()
    const ended = serving.stop()
    await expect
      .poll(async () => (await get(serving.metricsPort, '/readyz')).text, { interval: 10 })
      .toContain('draining')
    const unready = performance.now()
    await sleep(stopped + DRAIN_MS - 300 - performance.now())
    going = false
    await Promise.all(callers)
    expect(failures).toEqual([])
    expect(await ended).toBe(0)
    const inDrain = answers.filter(({ at }) => at > unready)
    expect(inDrain.length).toBeGreaterThan(20)
    expect(new Set(inDrain.map(({ connection }) => connection))).toEqual(new Set(['close']))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(performance.now() - stopped).toBeGreaterThan(DRAIN_MS)
    kept.destroy()
    fresh.destroy()
  })
})

test.each([
  ['by hand it ends at once', {}, 0],
  [
    'in a pod it gives the cluster ten seconds',
    { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '1' },
    10_000,
  ],
])('run %s', async (_, env, delayMs) => {
  await inFolder(async (cwd) => {
    const pair = await serverPair()
    await writeFile(join(cwd, 'tls.crt'), pair.cert)
    await writeFile(join(cwd, 'tls.key'), pair.key)
    const args = ['--tls-cert-file=tls.crt', '--tls-private-key-file=tls.key']
    const serving = await startServing(args, { cwd, main, env })
    const ended = serving.stop()
    await expect.poll(() => serving.log()).toContain(`"delayMs":${delayMs},"message":"draining"`)
    // Who asks twice does not want to wait.
    if (delayMs > 0) void serving.stop()
    expect(await ended).toBe(delayMs > 0 ? null : 0)
  })
})
