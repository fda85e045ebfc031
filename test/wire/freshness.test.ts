import { expect, test } from 'vitest'
import { createRegistryClient } from '../../src/edges/registry/index.ts'
import { startScriptedRegistry } from '../support/scripted-registry.ts'
import { amd64, at } from './asking.ts'

test('what was found is told again for a minute, and asked afresh where a denial would rest on it', async () => {
  const registry = await startScriptedRegistry({ images: { 'team/app:v1': { platform: 'linux/arm64' } } })
  let now = 1
  const client = createRegistryClient({ now: () => now })
  const question = { reference: at(registry.host, 'team/app:v1'), credential: undefined, hosts: [amd64] }
  const asks = async (fresh: boolean): Promise<number> => {
    const before = registry.log.length
    await client.ask({ ...question, fresh }, AbortSignal.timeout(15_000))
    return registry.log.length - before
  }
  try {
    expect(await asks(false)).toBe(3)
    now += 4_000
    expect([await asks(false), await asks(true)]).toEqual([0, 0])
    now += 4_000
    expect([await asks(false), await asks(true), await asks(true)]).toEqual([0, 1, 0])
  } finally {
    await client.close()
    await registry.close()
  }
})
