import { existsSync, readFileSync, statSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeCertificates } from '../../../src/edges/certificates/index.ts'
import { runDemo } from '../../../src/edges/demo/index.ts'
import type { Serve } from '../../../src/edges/demo/index.ts'
import { EXAMPLES, expectationOf } from '../../../src/edges/demo/examples.ts'

interface Answer {
  readonly allowed: boolean
  readonly status?: { readonly message: string }
  readonly warnings?: readonly string[]
  readonly auditAnnotations?: Readonly<Record<string, string>>
}

const FIX = `Fix: ${'a command that is longer than a line '.repeat(4)}`.trim()

/** What each example says, said by a webhook that knows no better. */
function wishedFor(name: string): Answer {
  const wish = expectationOf(readFileSync(join(EXAMPLES, `${name}.yaml`), 'utf8'))
  const texts =
    wish?.causes.map((cause) => `spec.x.image "a.test/b": ${cause}: ${'words '.repeat(30)}end. ${FIX}`) ?? []
  if (wish?.decision === 'deny') return { allowed: false, status: { message: texts.join('\n') } }
  if (wish?.decision === 'warn') return { allowed: true, warnings: texts }
  return {
    allowed: true,
    auditAnnotations: { exempt: wish?.causes.map((cause) => `spec.x.image: ${cause}`).join(', ') ?? '' },
  }
}

interface Run {
  readonly code: 0 | 1 | undefined
  readonly lines: readonly string[]
  readonly files: readonly string[]
}

/** Runs the demo against a webhook that answers as told, and aborts when the table is done. */
async function run(options: {
  readonly answer?: (name: string) => Answer | undefined
  readonly once?: boolean
  readonly color?: boolean
}): Promise<Run> {
  const lines: string[] = []
  const files: string[] = []
  const stop = new AbortController()
  const serve: Serve = async ({ certFile, keyFile, hostsDir, view, port }) => {
    const hosts = join(hostsDir, 'registry.demo.test', 'hosts.toml')
    files.push(certFile, keyFile, hosts)
    expect(statSync(keyFile).mode & 0o777).toBe(0o600)
    expect(existsSync(join(view, 'nodes.yaml'))).toBe(true)
    const [registry = ''] = /http:[^"]+/.exec(readFileSync(hosts, 'utf8')) ?? []
    const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) }
    const server = createServer(pair, (request, response) => {
      void (async () => {
        const chunks: Buffer[] = []
        for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
        const review = JSON.parse(Buffer.concat(chunks).toString()) as { request: { uid: string; name: string } }
        const name = names.get(review.request.name) ?? ''
        await fetch(`${registry}/v2/`)
        const answer = options.answer === undefined ? wishedFor(name) : options.answer(name)
        response.statusCode = answer === undefined ? 500 : 200
        const body = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' }
        response.end(JSON.stringify({ ...body, response: { uid: review.request.uid, ...answer } }))
      })()
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return {
      url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      close: async () => {
        server.close()
        server.closeAllConnections()
        return Promise.resolve()
      },
    }
  }
  const code = await runDemo({
    once: options.once ?? true,
    port: 0,
    color: options.color ?? false,
    pullable: 'pullable',
    print: (line) => {
      lines.push(line)
      if (line.includes('curl')) {
        // Kept to look at while the demo still serves.
        files.push(/@([^']+)/.exec(line)?.[1] ?? '')
        for (const file of files) expect([file, existsSync(file)]).toEqual([file, true])
        setTimeout(() => stop.abort(), 50)
      }
    },
    serve,
    makeCertificates,
    signal: stop.signal,
  })
  return { code, lines, files }
}

// The objects are named as their files are, without the number.
const names = new Map(
  [
    '01-good',
    '02-good-private',
    '03-no-tag',
    '04-absent-tag',
    '05-no-secret',
    '06-wrong-password',
    '07-arm64-index',
    '08-arm64-single',
    '09-several-faults',
    '10-rate-limit',
    '11-broken',
    '12-exempt',
  ].map((name) => [name.slice(3), name]),
)

test('all as expected: 0, a row for each with its requests, texts under it, and no file left', async () => {
  const { code, lines, files } = await run({})
  expect(code).toBe(0)
  expect(lines.at(-1)).toBe('12 examples: 3 allowed, 2 warned, 7 denied; 12 registry requests; all as expected')
  const at = lines.findIndex((line) => line.startsWith('04-absent-tag'))
  const filler = 'words '.repeat(30).trim().split(' ')
  expect(lines.slice(at, at + 6)).toEqual([
    '04-absent-tag      Deployment/absent-tag      deny       manifest-unknown             1  expected',
    `    spec.x.image "a.test/b": manifest-unknown: ${filler.slice(0, 9).join(' ')}`,
    `      ${filler.slice(9, 24).join(' ')}`,
    `      ${filler.slice(24).join(' ')} end.`,
    `      ${FIX}`,
    '',
  ])
  expect(lines.find((line) => line.startsWith('09'))).toBe(
    '09-several-faults  CronJob/several-faults     deny       manifest-unknown +1          1  expected',
  )
  expect(lines.find((line) => line.includes('rate-limited:'))).toMatch(/^ {4}Warning: spec\.x\.image/)
  expect(lines).toContain('    Exempt, says the audit annotation: spec.x.image: manifest-unknown')
  expect(lines.filter((line) => line.length > 100 && !line.includes('Fix: '))).toEqual([])
  expect(files.filter((file) => existsSync(file))).toEqual([])
})

test.each<[string, (name: string) => Answer | undefined, string]>([
  ['another decision', () => ({ allowed: true }), 'The example says: deny manifest-unknown'],
  [
    'another cause',
    () => ({ allowed: false, status: { message: 'f "i": tag-missing: x. Fix: y' } }),
    'The example says: deny manifest-unknown',
  ],
  ['no answer', () => undefined, 'HTTP status 500'],
])('%s is not expected: 1', async (_name, answer, told) => {
  const { code, lines } = await run({ answer: (name) => (name === '04-absent-tag' ? answer(name) : wishedFor(name)) })
  expect(code).toBe(1)
  expect(lines.at(-1)).toMatch(/; NOT EXPECTED: 04-absent-tag$/)
  const at = lines.findIndex((line) => line.startsWith('04-absent-tag'))
  expect(lines[at]).toMatch(/ NOT EXPECTED$/)
  expect(lines.slice(at)).toContain(`    ${told}`)
})

test('without --once it serves until the signal, and says how to try it', async () => {
  const { code, lines, files } = await run({ once: false })
  expect(code).toBe(0)
  expect(lines.at(-5)).toMatch(/curl --cacert '.+\/ca\.crt' (.|\n)+\/validate\?timeout=10s'$/)
  expect(lines.at(-1)).toMatch(
    /^ {2}pullable check docs\/examples\/.+\n {4}--view docs\/examples\/cluster --hosts-dir '.+\/certs.d'$/,
  )
  expect(files.filter((file) => existsSync(file))).toEqual([])
})

test('colour only if told', async () => {
  expect((await run({})).lines.join('')).not.toContain('\u001b')
  expect((await run({ color: true })).lines.join('')).toContain('\u001b[31mdeny     \u001b[39m')
})

test('what serve says goes to the caller, and nothing is left', async () => {
  const seen: string[] = []
  const failing: Serve = ({ certFile }) => {
    seen.push(certFile)
    return Promise.reject(new Error('port 8443 is in use'))
  }
  const { signal } = new AbortController()
  const print = (): void => undefined
  const options = {
    once: true,
    port: 0,
    color: false,
    pullable: 'pullable',
    print,
    serve: failing,
    makeCertificates,
    signal,
  }
  await expect(runDemo(options)).rejects.toThrow('port 8443 is in use')
  expect(seen.map((file) => existsSync(file))).toEqual([false])
})
