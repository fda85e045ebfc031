// `pullable demo` as it is built: in a pipe, with an answer altered, until it is told to stop.
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadConfig } from '../../src/edges/config/index.ts'
import type * as DemoCommand from '../../src/commands/demo.ts'
import { demoContents } from '../../src/edges/demo/index.ts'
import type { Contents, Repository } from '../../src/edges/demo/index.ts'

const DIST = join(import.meta.dirname, '../../dist')

// The demo's own temporary folder goes here, so that what it leaves behind is seen.
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pullable-test-'))
})
afterEach(async () => {
  expect(await readdir(folder)).toEqual([])
  await rm(folder, { recursive: true, force: true })
})

interface Running {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** The exit code, once it has ended. */
  readonly ended: Promise<number | null>
}

function start(...args: readonly string[]): Running {
  const child = spawn(process.execPath, [join(DIST, 'main.js'), 'demo', ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return { child, stdout: () => stdout, stderr: () => stderr, ended }
}

/** The rows of the table, each as its name, decision, cause and whether it was expected. */
function rowsOf(text: string): readonly string[] {
  const rows = [...text.matchAll(/^(\d\d-\S+) +(\w+\/\S+) +(\w+) +(.+?) +(\d+) {2}(expected|NOT EXPECTED)$/gm)]
  return rows.map(([, name, , decision, cause, , expected]) => [name, decision, cause, expected].join(' '))
}

const ROWS = [
  '01-good allow - expected',
  '02-good-private allow - expected',
  '03-no-tag deny tag-missing expected',
  '04-absent-tag deny manifest-unknown expected',
  '05-no-secret deny access-denied expected',
  '06-wrong-password deny credentials-rejected expected',
  '07-arm64-index deny platform-none expected',
  '08-arm64-single deny platform-mismatch expected',
  '09-several-faults deny manifest-unknown +1 expected',
  '10-rate-limit warn rate-limited expected',
  '11-broken warn registry-error expected',
  '12-exempt allow manifest-unknown expected',
]

test('--once: every verdict is the expected one, told in full, in a pipe and without colour', async () => {
  const { stdout, stderr, ended } = start('--once')
  expect([await ended, stderr()]).toEqual([0, ''])
  expect(rowsOf(stdout())).toEqual(ROWS)
  const flat = stdout().replace(/\s+/g, ' ')
  for (const told of [
    'spec.template.spec.containers[0].image "registry.demo.test/shop/cart:v2": manifest-unknown: ',
    'spec.jobTemplate.spec.template.spec.initContainers[0].image "registry.demo.test/shop/cart:v3.0": manifest-unknown: ',
    'spec.jobTemplate.spec.template.spec.containers[1].image "registry.demo.test/shop/web": tag-missing: ',
    'Warning: spec.template.spec.containers[0].image "registry.demo.test/shop/popular:v1": rate-limited: ',
    'Exempt, says the audit annotation: spec.template.spec.containers[0].image: manifest-unknown',
    '12 examples: 3 allowed, 2 warned, 7 denied; ',
  ]) {
    expect(flat).toContain(told)
  }
  expect(flat).toContain('v2.0, v2.1')
  expect(stdout()).toMatch(/; all as expected\n$/)
  expect(stdout()).not.toContain('\u001b')
  expect(stdout()).not.toMatch(/right-password|wrong-password(?! )|c2hvcC1ja/)
})

test.each<[string, string, Repository, string]>([
  [
    'the tag is there',
    'shop/cart',
    { access: 'public', tags: { v2: { kind: 'index', platforms: ['linux/amd64'], attested: false } } },
    '04-absent-tag allow - NOT EXPECTED',
  ],
  ['the repository is public', 'shop/billing', publicly('shop/billing'), '05-no-secret allow - NOT EXPECTED'],
  [
    'the registry is well again',
    'shop/fragile',
    { access: 'public', tags: { v1: { kind: 'single', platform: 'linux/amd64' } } },
    '11-broken allow - NOT EXPECTED',
  ],
])('an altered answer, %s: 1', async (_name, repository, altered, row) => {
  const contents = demoContents()
  const { code, text } = await demoOver({
    ...contents,
    repositories: { ...contents.repositories, [repository]: altered },
  })
  expect(rowsOf(text)).toContain(row)
  expect([code, /; NOT EXPECTED: .+\n$/.test(text)]).toEqual([1, true])
})

function publicly(name: string): Repository {
  return { ...(demoContents().repositories[name] ?? { tags: {} }), access: 'public' }
}

/** The built command, in this process: what its registry holds cannot be said by a flag. */
async function demoOver(contents: Contents): Promise<{ code: number; text: string }> {
  const { demo } = (await import(join(DIST, 'commands/demo.js'))) as typeof DemoCommand
  const out = new PassThrough().setEncoding('utf8')
  let text = ''
  out.on('data', (chunk: string) => (text += chunk))
  const { signal } = new AbortController()
  const io = { version: '0.0.0', env: {}, stdin: new PassThrough(), out, err: out, untilStopped: () => signal }
  const reading = await loadConfig({
    command: 'demo',
    argv: ['--once'],
    env: {},
    readFile: () => Promise.reject(new Error('no file')),
  })
  if (reading.kind !== 'config') throw new Error('no configuration')
  const code = await demo(reading.config, io, contents)
  return { code, text }
}

test('without --once it serves, the printed commands work, and SIGINT ends it with 0', async () => {
  const { child, stdout, stderr, ended } = start()
  while (!/--hosts-dir '.+'\n$/.test(stdout())) {
    await Promise.race([
      once(child.stdout ?? child, 'data'),
      ended.then(() => Promise.reject(new Error(`ended: ${stderr()}`))),
    ])
  }
  const [, caFile = '', reviewFile = '', url = ''] =
    /curl --cacert '(.+)' \\\n.+ --data-binary '@(.+)' \\\n +'(.+)'\n/.exec(stdout()) ?? []
  const answer = await post(url, await readFile(caFile), await readFile(reviewFile))
  expect(answer).toMatchObject({ kind: 'AdmissionReview', response: { allowed: false, status: { code: 403 } } })
  const [, check = ''] = /^ {2}(\S+ \S+ check .+\n.+)\n$/m.exec(stdout()) ?? []
  const checked = await promisify(execFile)('sh', ['-c', check], { cwd: folder }).catch((error: unknown) => error)
  expect(checked).toMatchObject({ code: 1, stdout: expect.stringContaining('1 denied') as string })
  child.kill('SIGINT')
  expect([await ended, stderr()]).toEqual([0, ''])
})

async function post(url: string, ca: Buffer, body: Buffer): Promise<unknown> {
  const headers = { 'content-type': 'application/json' }
  const sent = request(url, { method: 'POST', ca, headers, agent: false }).end(body)
  const [response] = (await once(sent, 'response')) as [AsyncIterable<Buffer>]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString())
}

test('a port in use: one clear line and 2', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const { stderr, ended } = start('--once', '--port', String(port))
  expect(await ended).toBe(2)
  expect(stderr()).toMatch(new RegExp(`^pullable: --port: .*${port}.*\\n$`))
  taken.close()
})
