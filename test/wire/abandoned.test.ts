import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createRegistryClient, defaultLimits } from '../../src/edges/registry/index.ts'
import { startScriptedRegistry } from '../support/scripted-registry.ts'
import { amd64, at } from './asking.ts'

test('questions that everybody has given up on hold no connection', async () => {
  const slow = Array.from({ length: defaultLimits.connections + 2 }, (_, index) => `team/slow${index}:v1`)
  const registry = await startScriptedRegistry({
    images: { 'team/app:v1': { platform: 'linux/amd64' } },
    routes: [{ path: '/v2/team/slow*', answer: { hang: true } }],
  })
  const client = createRegistryClient({ limits: { abandonedMs: 50 } })
  const ask = async (image: string, ms: number): Promise<string> => {
    const question = { reference: at(registry.host, image), credential: undefined, hosts: [amd64] }
    return (await client.ask(question, AbortSignal.timeout(ms))).kind
  }
  try {
    const given = await Promise.all(slow.map((image) => ask(image, 200)))
    expect(new Set(given)).toEqual(new Set(['out-of-time']))
    await sleep(100)
    // Without an end to the others it would wait for them, ten seconds long.
    expect(await ask('team/app:v1', 2_000)).toBe('found')
  } finally {
    await client.close()
    await registry.close()
  }
})
