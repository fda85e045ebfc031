// Two replicas that keep their own certificates, as pods of a cluster: an API server that trusts what the configuration said a second
// ago, and nothing else, calls them all the while.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CommandError } from '../../src/commands/io.ts'
import { startWebhook } from '../../src/commands/webhook.ts'
import type { Webhook } from '../../src/commands/webhook.ts'
import { loadConfig } from '../../src/edges/config/index.ts'
import { serverPair } from '../support/certificates.ts'
import { startScriptedApi } from '../support/scripted-api-server.ts'
import type { ScriptedApi } from '../support/scripted-api-server.ts'
import { get, reviewBody } from './support.ts'

let folder: string
let api: ScriptedApi
const webhooks: Webhook[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pullable-self-'))
  const pair = await serverPair()
  api = await startScriptedApi(pair)
  for (const [name, text] of Object.entries({ token: 'of-the-pod', 'ca.crt': pair.ca, namespace: 'system' }))
    await writeFile(join(folder, name), text)
  const service = { name: 'pullable', namespace: 'system', path: '/validate' }
  api.set('validatingwebhookconfigurations', {
    metadata: { name: 'pullable' },
    webhooks: [
      { name: 'pods.pullable.dev', clientConfig: { service } },
      { name: 'workloads.pullable.dev', clientConfig: { service } },
    ],
  })
})

afterAll(async () => {
  await Promise.all(webhooks.map((webhook) => webhook.close()))
  await api.stop()
  await rm(folder, { recursive: true })
})

/** A life is seconds: what takes a year goes by in a minute. */
const times = { poll: 300, soon: 50, settle: 1_500, authority: 20_000, server: 6_000, backdated: 0 }

async function pod(env: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<Webhook> {
  const reading = await loadConfig({
    command: 'serve',
    argv: ['--config=c.yaml', '--port=0', '--metrics-port=0', ...args],
    env: {},
    readFile: () => Promise.resolve('serve: { certificates: { mode: self } }'),
  })
  if (reading.kind !== 'config') throw new Error(JSON.stringify(reading))
  const options = { version: 'test', logLevel: 'silent', host: '127.0.0.1', serviceAccountDirectory: folder } as const
  return startWebhook(reading.config, { ...options, env, certificateTimes: times })
}

const inCluster = () => ({ KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(api.port) })

function bundle(): string {
  const object = api.get('validatingwebhookconfigurations', 'pullable')
  const [first] = (object?.['webhooks'] ?? []) as readonly { clientConfig: { caBundle?: string } }[]
  return Buffer.from(first?.clientConfig.caBundle ?? '', 'base64').toString()
}

/** One call on a connection of its own, as an API server would make it now; the serial number of the certificate that it met. */
function call(port: number, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const body = reviewBody('uid-1', { kind: 'Pod', metadata: { name: 'a' }, spec: { containers: [] } })
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const tls = { ca, servername: 'pullable.system.svc', agent: false } as const
    const sent = request(
      { host: '127.0.0.1', port, method: 'POST', path: '/validate?timeout=10s', headers, ...tls },
      (answer) => {
        const { socket } = answer as unknown as { readonly socket: Pick<TLSSocket, 'getPeerCertificate'> }
        const { serialNumber } = socket.getPeerCertificate()
        answer.resume()
        answer.on('end', () => (answer.statusCode === 200 ? resolve(serialNumber) : reject(new Error('no answer'))))
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

test('certificates and authorities are renewed, and no call fails', { timeout: 90_000 }, async () => {
  webhooks.push(...(await Promise.all([pod(inCluster()), pod(inCluster())])))
  for (const { metricsPort } of webhooks) {
    await expect.poll(async () => (await get(metricsPort, '/readyz')).text, { timeout: 10_000 }).toBe('{"ready":true}')
  }
  // What an API server has heard of the configuration: it is a second behind.
  const said = [{ at: performance.now(), ca: bundle() }]
  function heard(): string {
    const now = performance.now()
    if (said.at(-1)?.ca !== bundle()) said.push({ at: now, ca: bundle() })
    return (said.findLast(({ at }) => at < now - 1_000) ?? said[0])?.ca ?? ''
  }
  const met = new Set<string>()
  const authorities = new Set<string>()
  const failures: string[] = []
  let calls = 0
  const open = new Set<Promise<void>>()
  const end = performance.now() + 36_000
  while (performance.now() < end) {
    const { port } = webhooks[calls % 2] as Webhook
    calls += 1
    const one = call(port, heard()).then(
      (serial) => void met.add(serial),
      (error: unknown) => void failures.push(String(error)),
    )
    open.add(one)
    void one.finally(() => open.delete(one))
    for (const pem of bundle().split(/(?<=-----END CERTIFICATE-----\n)/)) authorities.add(pem)
    await sleep(40)
  }
  await Promise.all(open)
  expect(failures).toEqual([])
  expect(calls).toBeGreaterThan(300)
  expect(met.size).toBeGreaterThanOrEqual(5)
  // The first has expired by then, and is trusted no more.
  const now = bundle().split(/(?<=-----END CERTIFICATE-----\n)/)
  expect(authorities.size).toBeGreaterThanOrEqual(3)
  expect(now.length).toBeLessThan(authorities.size)
  expect((await get((webhooks[0] as Webhook).metricsPort, '/metrics')).text).toMatch(
    /^pullable_certificate_reloads_total\{result="loaded"\} (?:[3-9]|\d\d)$/m,
  )
})

test.each([
  ['no cluster', {}, [], /^serve\.certificates\.mode: self keeps its certificates in a cluster, and there is none: /],
  [
    'a declared cluster',
    undefined,
    ['--view=docs/examples/cluster'],
    /^serve\.certificates\.mode: self keeps its certificates in/,
  ],
] as const)('with %s there is one clear error', async (_, env, args, message) => {
  const error: unknown = await pod(env ?? inCluster(), args).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(CommandError)
  expect((error as CommandError).message).toMatch(message)
})
