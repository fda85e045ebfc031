import { once } from 'node:events'
import { join, relative } from 'node:path'
import { Agent, request } from 'undici'
import { reviewOf, rulingOf } from './admission.ts'
import type { Review, Ruling } from './admission.ts'
import type { Contents } from './contents.ts'
import { EXAMPLE_CLUSTER, EXAMPLES, readAccounts, readExamples } from './examples.ts'
import type { Example } from './examples.ts'
import { makeFolder, REGISTRY_NAME } from './folder.ts'
import type { Certificates } from './folder.ts'
import { createPage } from './page.ts'
import type { Row } from './page.ts'
import { startRegistry } from './registry.ts'

/** What an API server gives a webhook unless told otherwise. */
const TIMEOUT_SECONDS = 10

/** Starts the webhook, enforcing, on loopback. `view` is a folder of YAML, `hostsDir` a containerd `certs.d`; port 0 takes a free one. */
export type Serve = (options: {
  readonly certFile: string
  readonly keyFile: string
  readonly view: string
  readonly hostsDir: string
  readonly port: number
}) => Promise<{ readonly url: string; close(): Promise<void> }>

/** Makes a CA and a server certificate under it. */
export type MakeCertificates = (options: {
  readonly commonName: string
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
  readonly days: number
}) => Promise<Certificates>

export interface DemoOptions {
  /** End after the table; else serve until the signal. */
  readonly once: boolean
  /** The webhook's port; 0 takes a free one. */
  readonly port: number
  readonly color: boolean
  /** How to call `pullable` from here, as a shell takes it. */
  readonly pullable: string
  readonly print: (line: string) => void
  readonly serve: Serve
  readonly makeCertificates: MakeCertificates
  /** What the registry holds; for a test that alters an answer. */
  readonly contents?: Contents
  readonly signal: AbortSignal
}

/**
 * The webhook in front of an embedded registry: posts every example as an API server would, and prints what comes of it.
 * Answers the exit code: 1 if any verdict is not the one that the example names, or if it was stopped before it knew.
 * Rejects with what `serve`, `makeCertificates` or the system said. Leaves no file behind.
 */
export async function runDemo(options: DemoOptions): Promise<0 | 1> {
  const { print, signal } = options
  const undo: (() => Promise<void>)[] = []
  try {
    print('pullable demo: making certificates, starting a registry and the webhook ...')
    const certificates = await options.makeCertificates({
      commonName: 'pullable demo',
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
      days: 1,
    })
    const registry = await startRegistry(options.contents === undefined ? {} : { contents: options.contents })
    undo.push(() => registry.close())
    const folder = await makeFolder(certificates, registry.url)
    undo.push(() => folder.remove())
    const { certFile, keyFile, hostsDir } = folder
    const webhook = await options.serve({ certFile, keyFile, view: EXAMPLE_CLUSTER, hostsDir, port: options.port })
    undo.push(() => webhook.close())
    const agent = new Agent({ connect: { ca: certificates.ca } })
    undo.push(() => agent.close())
    const url = `${webhook.url}/validate?timeout=${TIMEOUT_SECONDS}s`
    print(`registry  ${registry.url}, which the webhook knows as ${REGISTRY_NAME}`)
    print(`webhook   ${url}`)

    const examples = await readExamples(EXAMPLES)
    const accounts = await readAccounts(EXAMPLE_CLUSTER)
    const page = createPage(examples, options.color)
    print('')
    print(page.heading())
    const rows: Row[] = []
    const commands = new Map<string, string>()
    for (const example of examples) {
      const review = reviewOf(example.object, accounts)
      const file = await folder.writeReview(example.name, review)
      commands.set(example.name, tryByHand(folder.caFile, file, url))
      registry.reset()
      const ruling = await post(url, review, agent, signal)
      if (signal.aborted) return 1
      const row = { example, ruling, requests: registry.requests().length, expected: isExpected(example, ruling) }
      rows.push(row)
      for (const line of page.row(row)) print(line)
    }
    print(page.summary(rows))
    if (!options.once) {
      print('')
      print('The webhook keeps serving, until Ctrl-C. To send it a review by hand:')
      print('')
      const example = worthTrying(rows)
      print(commands.get(example) ?? '')
      print('')
      print('And to check a file as it would, from the command line:')
      print('')
      print(checkByHand(options.pullable, example, hostsDir))
      if (!signal.aborted) await once(signal, 'abort')
    }
    return rows.every((row) => row.expected) ? 0 : 1
  } finally {
    // The last made goes first; one that fails to close must not keep the others, or the files.
    for (const step of undo.reverse()) await step().catch(() => undefined)
  }
}

async function post(url: string, review: Review, agent: Agent, signal: AbortSignal): Promise<Ruling> {
  try {
    const { statusCode, body } = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(review),
      dispatcher: agent,
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_SECONDS * 1000)]),
    })
    return rulingOf(statusCode, await body.text(), review.request.uid)
  } catch (error) {
    return { kind: 'none', problem: error instanceof Error ? error.message : 'the request failed' }
  }
}

function isExpected({ expect }: Example, ruling: Ruling): boolean {
  if (ruling.kind === 'none' || ruling.decision !== expect.decision) return false
  return ruling.causes.join() === expect.causes.join()
}

/** A denial shows more than a welcome. */
function worthTrying(rows: readonly Row[]): string {
  const denied = rows.find(({ ruling }) => ruling.kind === 'answered' && ruling.decision === 'deny')
  return (denied ?? rows[0])?.example.name ?? ''
}

function checkByHand(pullable: string, example: string, hostsDir: string): string {
  const file = relative('', join(EXAMPLES, `${example}.yaml`))
  return `  ${pullable} check ${file} \\\n    --view ${relative('', EXAMPLE_CLUSTER)} --hosts-dir '${hostsDir}'`
}

function tryByHand(caFile: string, reviewFile: string, url: string): string {
  return [
    `  curl --cacert '${caFile}' \\`,
    `    --header 'content-type: application/json' --data-binary '@${reviewFile}' \\`,
    `    '${url}'`,
  ].join('\n')
}
