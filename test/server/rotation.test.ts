import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterEach, expect, test } from 'vitest'

import { createLogger } from '../../src/base/telemetry/index.ts'
import { watchCertificate } from '../../src/edges/certificates/index.ts'
import type { MadeCertificates } from '../../src/edges/certificates/index.ts'
import { agent, makePair, reviewBody, send, start, stopAll } from './support.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  await stopAll()
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A folder as the kubelet mounts a Secret: `tls.crt -> ..data/tls.crt`, `..data -> ..<time>`, and a swap that renames a symlink. */
async function mountedSecret(
  pair: MadeCertificates,
): Promise<{ dir: string; swap: (next: Partial<MadeCertificates>) => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'pullable-rotation-'))
  cleanups.push(() => rm(dir, { recursive: true }))
  let round = 0
  async function swap(next: Partial<MadeCertificates>): Promise<void> {
    const name = `..round_${++round}`
    await mkdir(join(dir, name))
    if (next.cert !== undefined) await writeFile(join(dir, name, 'tls.crt'), next.cert)
    if (next.key !== undefined) await writeFile(join(dir, name, 'tls.key'), next.key)
    await symlink(name, join(dir, '..data_tmp'))
    await rename(join(dir, '..data_tmp'), join(dir, '..data'))
    if (round > 1) await rm(join(dir, `..round_${round - 1}`), { recursive: true })
  }
  await swap(pair)
  await symlink('..data/tls.crt', join(dir, 'tls.crt'))
  await symlink('..data/tls.key', join(dir, 'tls.key'))
  return { dir, swap }
}

function servedName(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN))
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

test('certificates are swapped under load, and no request is lost; a bad pair leaves the last good one', async () => {
  const pairs = await Promise.all(['first', 'second', 'third'].map((name) => makePair(name)))
  const [first, second, third] = pairs as [MadeCertificates, MadeCertificates, MadeCertificates]
  const { dir, swap } = await mountedSecret(first)
  const counts: string[] = []
  const { server, lines } = await startWatched()

  async function startWatched() {
    const lines: Record<string, unknown>[] = []
    const log = createLogger({ level: 'info', stream: { write: (line) => void lines.push(JSON.parse(line) as never) } })
    const files = { certFile: join(dir, 'tls.crt'), keyFile: join(dir, 'tls.key') }
    const watch = await watchCertificate({
      ...files,
      pollMs: 20,
      log,
      onChange: (pair) => started.server.setCertificate(pair),
      count: (result) => counts.push(result),
    })
    cleanups.push(() => watch.close())
    const started = await start({ certificate: watch.current() })
    return { server: started.server, lines }
  }

  const client = agent(pairs.map(({ ca }) => ca).join(''), { maxSockets: 4 })
  const fresh = agent(pairs.map(({ ca }) => ca).join(''), { keepAlive: false, maxSockets: 4 })
  cleanups.push(
    () => client.destroy(),
    () => fresh.destroy(),
  )
  let going = true
  let answered = 0
  const load = [client, client, client, client, fresh, fresh].map(async (through) => {
    while (going) {
      const { status } = await send(server.port, { agent: through, body: reviewBody() })
      expect(status).toBe(200)
      answered++
    }
  })

  const names = [await servedName(server.port)]
  async function after(next: Partial<MadeCertificates>): Promise<void> {
    await swap(next)
    await pause(250)
    names.push(await servedName(server.port))
  }
  await after(second)
  await after({ cert: third.cert, key: second.key })
  await after({ cert: third.cert.slice(0, 200), key: third.key })
  await after({ cert: third.cert })
  await after(third)
  going = false
  await Promise.all(load)

  expect(names).toEqual(['first', 'second', 'second', 'second', 'second', 'third'])
  expect(counts).toEqual(['loaded', 'rejected', 'rejected', 'rejected', 'loaded'])
  expect(answered).toBeGreaterThan(20)
  expect(lines.filter((line) => line['level'] === 'error').map((line) => line['code'])).toEqual([
    'CERTIFICATE_MISMATCH',
    'CERTIFICATE_INVALID',
    'CERTIFICATE_UNREADABLE',
  ])
  expect(JSON.stringify(lines)).not.toContain('PRIVATE')
})
