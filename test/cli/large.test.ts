// The built webhook before reviews that are large, or that nobody should send: answered in time, and none the worse for it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { serverPair } from '../support/certificates.ts'
import type { ServerPair } from '../support/certificates.ts'
import { startServing } from '../support/command.ts'
import type { Serving } from '../support/command.ts'
import { post, reviewOf, UID } from '../support/review.ts'
import { startScriptedRegistry } from '../support/scripted-registry.ts'
import type { ScriptedRegistry } from '../support/scripted-registry.ts'

let folder: string
let pair: ServerPair
let registry: ScriptedRegistry
let hanging: ScriptedRegistry
let server: Serving

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pullable-large-'))
  pair = await serverPair()
  registry = await startScriptedRegistry({ images: { 'team/app:v1': {} } })
  hanging = await startScriptedRegistry({ routes: [{ path: '*', answer: { hang: true } }] })
  await writeFile(join(folder, 'tls.crt'), pair.cert)
  await writeFile(join(folder, 'tls.key'), pair.key)
  server = await startServing(['--tls-cert-file=tls.crt', '--tls-private-key-file=tls.key'], { cwd: folder })
})

afterAll(async () => {
  expect(await server.stop()).toBe(0)
  expect(server.output()).not.toMatch(/^\s+at /m)
  await Promise.all([registry.close(), hanging.close()])
  await rm(folder, { recursive: true, force: true })
})

function podOf(images: readonly string[], metadata: object = {}, { host } = registry): object {
  const containers = images.map((image, at) => ({ name: `c${String(at)}`, image: `${host}/${image}` }))
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', ...metadata },
    spec: { containers },
  }
}

const numbered = (count: number, name: (at: number) => string): readonly string[] =>
  Array.from({ length: count }, (_, at) => name(at))

async function timed<T>(work: Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const began = performance.now()
  return { result: await work, ms: performance.now() - began }
}

it('200 containers, all of them absent tags: denied in time, in at most 1 KiB', async () => {
  const body = JSON.stringify(reviewOf(podOf(numbered(200, (at) => `team/app:v9.${String(at)}`))))
  const { result, ms } = await timed(post(server.port, pair.ca, body))
  const { uid, allowed, status } = result.response ?? {}
  expect([result.status, uid, allowed, status?.code]).toEqual([200, UID, false, 403])
  const lines = status?.message.split('\n') ?? []
  expect(Buffer.byteLength(status?.message ?? '')).toBeLessThanOrEqual(1024)
  expect(lines[0]).toBe(
    `spec.containers[0].image "${registry.host}/team/app:v9.0": manifest-unknown: no tag "v9.0" in ${registry.host}/team/app (read anonymously); closest tags: v1. Fix: set spec.containers[0].image to ${registry.host}/team/app:v1`,
  )
  expect(lines.at(-1)).toBe(`and ${String(200 - lines.length + 1)} more`)
  expect(ms).toBeLessThan(9_000)
})

it('200 containers of a registry that hangs: admitted with warnings before the API server stops waiting', async () => {
  const body = JSON.stringify(
    reviewOf(
      podOf(
        numbered(200, (at) => `team/app:${String(at)}`),
        {},
        hanging,
      ),
    ),
  )
  const { result, ms } = await timed(post(server.port, pair.ca, body, { path: '/validate?timeout=4s' }))
  expect([result.status, result.response?.allowed]).toEqual([200, true])
  expect(result.response?.warnings?.[0]).toContain(': deadline: no answer from ')
  expect(Buffer.byteLength(result.response?.warnings?.join('\n') ?? '')).toBeLessThanOrEqual(1024)
  expect(ms).toBeLessThan(4_000)
})

const MIB = 1024 * 1024

/** A review of a good pod, padded to a size. */
function padded(size: number): string {
  const bare = JSON.stringify(reviewOf(podOf(['team/app:v1'], { annotations: { pad: '' } })))
  return bare.replace('"pad":""', `"pad":"${'x'.repeat(size - bare.length)}"`)
}

const hostile: readonly (readonly [string, () => string | Buffer, number, boolean | undefined])[] = [
  ['a review of 8 MiB', () => padded(8 * MIB), 200, true],
  ['one byte more', () => padded(8 * MIB + 1), 400, undefined],
  ['64 MiB', () => padded(64 * MIB), 400, undefined],
  ['a truncated review', () => padded(2000).slice(0, 1900), 400, undefined],
  ['no body', () => '', 400, undefined],
  ['JSON that is no review', () => '[1, 2]', 400, undefined],
  ['a review that is not UTF-8', () => Buffer.from(padded(2000).replace('xxxx', '\xff\xfe'), 'latin1'), 400, undefined],
  ['8 MiB of brackets', () => '['.repeat(8 * MIB), 400, undefined],
  [
    'a deep object',
    () => padded(2000).replace('"pad"', `"deep":${'{"a":'.repeat(900)}1${'}'.repeat(900)},"pad"`),
    200,
    true,
  ],
  [
    '100,000 levels',
    () => padded(2000).replace('"pad"', `"deep":${'['.repeat(100_000)}${']'.repeat(100_000)},"pad"`),
    400,
    undefined,
  ],
  [
    'keys that look for a prototype',
    () => {
      const proto = '"__proto__":{"allowed":true,"spec":{}},"constructor":{"prototype":{"allowed":true}},'
      return JSON.stringify(reviewOf(podOf(['team/app:v9']))).replaceAll('{"', `{${proto}"`)
    },
    200,
    false,
  ],
  [
    'a million containers',
    () => JSON.stringify(reviewOf({ kind: 'Pod', spec: { containers: Array(1_000_000).fill({}) } })),
    200,
    true,
  ],
]

it.each(hostile)('%s: answered in time, and the next review as ever', async (_name, body, status, allowed) => {
  const { result, ms } = await timed(post(server.port, pair.ca, body()))
  expect([result.status, result.response?.allowed]).toEqual([status, allowed])
  if (status === 200) expect(result.response?.uid).toBe(UID)
  expect(ms).toBeLessThan(9_000)
  const next = await post(server.port, pair.ca, JSON.stringify(reviewOf(podOf(['team/app:v9']))))
  expect([next.status, next.response?.allowed]).toEqual([200, false])
  expect((await fetch(`http://127.0.0.1:${String(server.metricsPort)}/readyz`)).status).toBe(200)
})
