// The configuration file may change while the webhook serves: what is in it holds within seconds, and what cannot be used changes nothing.
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { serverPair } from '../support/certificates.ts'
import type { ServerPair } from '../support/certificates.ts'
import { startServing } from '../support/command.ts'
import type { Serving } from '../support/command.ts'
import { post, reviewOf } from '../support/review.ts'

let folder: string
let pair: ServerPair
let serving: Serving

/** As a mounted ConfigMap: replaced in one instant. */
async function write(text: string): Promise<void> {
  await writeFile(join(folder, 'next.yaml'), text)
  await rename(join(folder, 'next.yaml'), join(folder, 'config.yaml'))
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pullable-reload-'))
  pair = await serverPair()
  await writeFile(join(folder, 'tls.crt'), pair.cert)
  await writeFile(join(folder, 'tls.key'), pair.key)
  await write('mode: enforce\n')
  const files = ['--tls-cert-file=tls.crt', '--tls-private-key-file=tls.key']
  serving = await startServing([...files, '--config=config.yaml'], { cwd: folder })
})

afterAll(async () => {
  expect(await serving.stop()).toBe(0)
  await rm(folder, { recursive: true })
})

/** No image is of this name, whoever is asked. */
async function allowed(): Promise<boolean | undefined> {
  const containers = [{ name: 'web', image: 'Not/An/Image' }]
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: { containers } }
  return (await post(serving.port, pair.ca, JSON.stringify(reviewOf(pod)))).response?.allowed
}

const told = (message: string): readonly object[] =>
  serving
    .log()
    .split('\n')
    .filter((line) => line.includes(message))
    .map((line) => JSON.parse(line) as object)

const get = async (path: string): Promise<string> =>
  (await fetch(`http://127.0.0.1:${String(serving.metricsPort)}${path}`)).text()

const patience = { timeout: 15_000, interval: 200 }

it('what is in it holds within seconds', async () => {
  expect(await allowed()).toBe(false)
  await write('mode: audit\ntimeout: 3s\n')
  await expect.poll(allowed, patience).toBe(true)
  expect(told('"configuration changed"')).toMatchObject([{ level: 'info', atNextStart: ['timeout'] }])
  expect(await get('/metrics')).toContain('pullable_config_reloads_total{result="loaded"} 1\n')
})

it('what cannot be used changes nothing, and is said by the log, the metrics and the probe', async () => {
  await write('mode: enforce\nfloor: high\n')
  await expect.poll(() => get('/readyz'), patience).toContain('floor')
  expect(await allowed()).toBe(true)
  expect(JSON.parse(await get('/readyz'))).toEqual({
    ready: true,
    remark: expect.stringContaining('config.yaml') as string,
  })
  expect(told('"configuration not changed')).toMatchObject([
    { level: 'error', problem: expect.stringContaining('floor') as string },
  ])
  const metrics = await get('/metrics')
  expect(metrics).toContain('pullable_config_reloads_total{result="rejected"} 1\n')
  expect(metrics).toContain('pullable_config_rejected 1\n')
})

it('a file that is gone changes nothing either; what is mended holds', async () => {
  await rm(join(folder, 'config.yaml'))
  await expect.poll(() => get('/readyz'), patience).toContain('cannot be read')
  expect(await allowed()).toBe(true)
  await write('mode: enforce\n')
  await expect.poll(allowed, patience).toBe(false)
  expect(await get('/readyz')).toBe('{"ready":true}')
  expect(await get('/metrics')).toContain('pullable_config_rejected 0\n')
}, 40_000)
