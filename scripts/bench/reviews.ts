import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Pool } from 'undici'
import { makeCertificates } from '../../src/edges/certificates/index.ts'
import { startRegistry } from '../../src/edges/demo/index.ts'

export interface Figures {
  readonly reviews: number
  readonly perCpuSecond: number
  readonly perSecond: number
  readonly rssMiB: number
}

const IMAGES = 100
const BODIES = 1000
const REVIEWS = 10_000
const WARM_UP = 2_000
const CONNECTIONS = 16
const TICKS = 100 // of /proc/PID/stat in a second, on every Linux that Node runs on

/** The built webhook and a bare server, one after the other, on the same bodies. */
export async function benchReviews(): Promise<{ readonly webhook: Figures; readonly bare: Figures }> {
  const folder = mkdtempSync(join(tmpdir(), 'pullable-bench-'))
  const index = { kind: 'index', platforms: ['linux/amd64', 'linux/arm64'], attested: true } as const
  const repositories = Object.fromEntries(
    Array.from({ length: IMAGES }, (_, at) => [`bench/app${at}`, { access: 'public', tags: { v1: index } }] as const),
  )
  const registry = await startRegistry({ contents: { users: {}, repositories } })
  try {
    const { ca, cert, key } = await makeCertificates({
      commonName: 'bench',
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
      days: 1,
    })
    writeFileSync(join(folder, 'tls.crt'), cert)
    writeFileSync(join(folder, 'tls.key'), key, { mode: 0o600 })
    const hosts = join(folder, 'certs.d', 'registry.bench.test')
    mkdirSync(hosts, { recursive: true })
    writeFileSync(join(hosts, 'hosts.toml'), `server = "${registry.url}"\n`)
    const pair = [join(folder, 'tls.crt'), join(folder, 'tls.key')] as const
    const args = [
      'dist/main.js',
      'serve',
      '--port',
      '0',
      '--metrics-port',
      '0',
      '--platform',
      'linux/amd64',
      '--hosts-dir',
      join(folder, 'certs.d'),
      '--tls-cert-file',
      pair[0],
      '--tls-private-key-file',
      pair[1],
    ]
    const webhook = await measure(args, 'stderr', (line) => (JSON.parse(line) as { port?: number }).port, ca)
    const bare = await measure(['scripts/bench/bare-server.ts', ...pair], 'stdout', Number, ca)
    return { webhook, bare }
  } finally {
    await registry.close()
    rmSync(folder, { recursive: true })
  }
}

async function measure(
  args: readonly string[],
  from: 'stdout' | 'stderr',
  portOf: (line: string) => number | undefined,
  ca: string,
): Promise<Figures> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  try {
    const port = await portSaid(child, from, portOf)
    const pool = new Pool(`https://127.0.0.1:${port}`, { connections: CONNECTIONS, connect: { ca } })
    const bodies = Array.from({ length: BODIES }, (_, index) => body(index))
    await post(pool, bodies, WARM_UP)
    const cpu = cpuSeconds(child)
    const start = performance.now()
    await post(pool, bodies, REVIEWS)
    const seconds = (performance.now() - start) / 1000
    const used = cpuSeconds(child) - cpu
    const rssMiB = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8'))?.[1]) / 1024
    await pool.close()
    return { reviews: REVIEWS, perCpuSecond: REVIEWS / used, perSecond: REVIEWS / seconds, rssMiB }
  } finally {
    child.kill('SIGKILL')
  }
}

async function portSaid(
  child: ChildProcess,
  from: 'stdout' | 'stderr',
  portOf: (line: string) => number | undefined,
): Promise<number> {
  const stream = child[from]
  if (stream === null) throw new Error('bench: no output to read')
  const exited = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`bench: the server ended with ${String(code)}`)),
  )
  const said = (async () => {
    for await (const line of createInterface({ input: stream })) {
      const port = portOf(line)
      if (port === undefined) continue
      stream.resume() // it goes on writing, and must not wait for us
      return port
    }
    throw new Error('bench: the server said no port')
  })()
  return Promise.race([said, exited])
}

async function post(pool: Pool, bodies: readonly string[], count: number): Promise<void> {
  let next = 0
  async function worker(): Promise<void> {
    while (next < count) {
      const text = bodies[next++ % bodies.length] ?? ''
      const { statusCode, body: answer } = await pool.request({
        method: 'POST',
        path: '/validate?timeout=10s',
        headers: { 'content-type': 'application/json' },
        body: text,
      })
      const review = (await answer.json()) as { response?: { allowed?: boolean } }
      if (statusCode !== 200 || review.response?.allowed !== true)
        throw new Error(`bench: ${statusCode} ${JSON.stringify(review)}`)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, worker))
}

function cpuSeconds(child: ChildProcess): number {
  const stat = readFileSync(`/proc/${child.pid ?? 0}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS // utime, stime
}

/** A Pod of about 6 KB, as the API server sends one: most of it is nothing to us. */
function body(index: number): string {
  const annotations = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`bench.example/note-${at}`, `${index}-${'x'.repeat(70)}`]),
  )
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `app-${index}`, namespace: 'bench', annotations },
    spec: {
      serviceAccountName: 'default',
      containers: [
        {
          name: 'app',
          image: `registry.bench.test/bench/app${index % IMAGES}:v1`,
          imagePullPolicy: 'IfNotPresent',
          resources: {},
          env: Array.from({ length: 20 }, (_, at) => ({ name: `VALUE_${at}`, value: 'y'.repeat(40) })),
        },
      ],
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
    },
  }
  const request = {
    uid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    kind: { group: '', version: 'v1', kind: 'Pod' },
    resource: { group: '', version: 'v1', resource: 'pods' },
    name: `app-${index}`,
    namespace: 'bench',
    operation: 'CREATE',
    userInfo: { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] },
    object,
    oldObject: null,
    dryRun: false,
  }
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request })
}
