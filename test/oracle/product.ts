// The product as judge: the webhook over HTTPS, and `check` over the same objects, both with the cluster's own view.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { request } from 'undici'
import { z } from 'zod'
import { serverPair } from '../support/certificates.ts'
import { pullable, startServing } from '../support/command.ts'
import type { Serving } from '../support/command.ts'
import { post, reviewOf } from '../support/review.ts'
import type { KubeObject } from './api.ts'
import { each } from './each.ts'

/** What the product is asked about a scenario. */
export interface Question {
  readonly name: string
  readonly namespace: string
  /** As the API server would send it, after its defaults and its admission. */
  readonly object: KubeObject
  /** Of an ephemeral container: the pod without it. */
  readonly before?: KubeObject
  /** As its author wrote it. */
  readonly written: KubeObject
}

/** What the product says of a scenario. */
export interface Said {
  readonly verdict: string
  readonly denied: boolean
  /** Of each image, in the order of the fields: `spec.containers[0].image: platform-none`, with the detail after a dot. */
  readonly findings: readonly string[]
}

export interface Answer {
  readonly served: Said
  readonly checked: Said & Leading
}

/** Of the first of the worst images. */
export interface Leading {
  readonly cause: string | null
  readonly detail: string | null
  readonly message: string | null
}

export interface ProductOptions {
  /** `dist/main.js`, or another build's. */
  readonly main: string
  readonly kubeconfig: string
  readonly hostsFolder: string
  /** Of its own; replaced. */
  readonly folder: string
  /** Called before each of the two is asked: scripts start anew. */
  readonly reset: () => void
}

/** How many reviews are on their way at a time. */
const AT_ONCE = 16
const TIMEOUT_S = 25
const READY_MS = 20_000

/** Asks both, each in a process of its own. Throws where one does not answer. */
export async function judge(
  questions: readonly Question[],
  options: ProductOptions,
): Promise<ReadonlyMap<string, Answer>> {
  const { folder, reset } = options
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'pullable.yaml'), stringify(configuration(options)))
  reset()
  const served = await askWebhook(questions, options)
  reset()
  const checked = await askCheck(questions, options)
  return new Map(
    questions.map(({ name }) => [name, { served: must(served, name), checked: must(checked, name) }] as const),
  )
}

/** Matters of policy are nobody's prediction; what is failing denies, and nothing else. */
function configuration({ hostsFolder, kubeconfig }: ProductOptions): object {
  return {
    mode: 'enforce',
    timeout: `${String(TIMEOUT_S)}s`,
    cluster: { kubeconfig },
    nodes: { hostsDir: hostsFolder },
    // Redirects and realms lead to other registries of the lab, and the lab is this machine.
    registries: { allowAddresses: ['127.0.0.0/8'] },
    causes: { 'tag-missing': 'allow', 'tag-latest': 'allow', 'never-pull-absent': 'deny' },
  }
}

async function askWebhook(
  questions: readonly Question[],
  { main, folder }: ProductOptions,
): Promise<ReadonlyMap<string, Said>> {
  const { ca, cert, key } = await serverPair(['localhost'])
  await writeFile(join(folder, 'tls.crt'), cert)
  await writeFile(join(folder, 'tls.key'), key, { mode: 0o600 })
  const args = ['--config=pullable.yaml', '--tls-cert-file=tls.crt', '--tls-private-key-file=tls.key']
  const serving = await startServing(args, { cwd: folder, main })
  const said = new Map<string, Said>()
  try {
    await ready(serving)
    await each(questions, AT_ONCE, async (question) => {
      const body = JSON.stringify(reviewFor(question))
      const path = `/validate?timeout=${String(TIMEOUT_S)}s`
      const { text, response } = await post(serving.port, ca, body, { path })
      if (response === undefined) throw new Error(`${question.name}: the webhook said ${text}`)
      said.set(question.name, readResponse(response))
    })
  } catch (error) {
    await serving.stop()
    throw new Error(`${String(error)}\n${serving.log().slice(-4000)}`, { cause: error })
  }
  const code = await serving.stop()
  if (code !== 0) throw new Error(`the webhook ended with ${String(code)}: ${serving.log().slice(-4000)}`)
  return said
}

async function ready({ metricsPort }: Serving): Promise<void> {
  const end = performance.now() + READY_MS
  for (;;) {
    const answer = await request(`http://127.0.0.1:${String(metricsPort)}/readyz`)
    const words = await answer.body.text()
    if (answer.statusCode === 200) return
    if (performance.now() > end) throw new Error(`the webhook is not ready: ${words}`)
    await sleep(100)
  }
}

/** The AdmissionReview that the API server would send. */
export function reviewFor({ namespace, object, before }: Question): object {
  const { kind, apiVersion, metadata } = object
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  const about = {
    namespace,
    name: metadata.name,
    kind: { group, version, kind },
    resource: { group, version, resource: `${kind.toLowerCase()}s` },
  }
  if (before === undefined) return reviewOf(object, about)
  return reviewOf(object, { ...about, operation: 'UPDATE', subResource: 'ephemeralcontainers', oldObject: before })
}

const Response = z.object({
  allowed: z.boolean(),
  auditAnnotations: z.object({ verdict: z.string(), findings: z.string().default('') }),
})

function readResponse(response: unknown): Said {
  const { allowed, auditAnnotations } = Response.parse(response)
  const { verdict, findings } = auditAnnotations
  return { verdict, denied: !allowed, findings: findings === '' ? [] : findings.split(', ') }
}

const Report = z.object({
  results: z.array(
    z.object({
      document: z.number(),
      verdict: z.string(),
      decision: z.string(),
      images: z.array(
        z.object({
          field: z.string(),
          outcome: z.string(),
          cause: z.string().nullable(),
          message: z.string().nullable(),
          findings: z.array(
            z.object({ cause: z.string(), detail: z.string().optional(), outcome: z.string().nullable() }),
          ),
        }),
      ),
    }),
  ),
})

async function askCheck(
  questions: readonly Question[],
  { main, folder }: ProductOptions,
): Promise<ReadonlyMap<string, Said & Leading>> {
  const input = questions.map(({ written }) => JSON.stringify(written)).join('\n---\n')
  const args = ['check', '--config=pullable.yaml', '--docker-config=none', '-o=json', '-']
  const ran = await pullable(args, { cwd: folder, main, stdin: input })
  if (ran.code === null || ran.code === 2) throw new Error(`check ended with ${String(ran.code)}: ${ran.stderr}`)
  const { results } = Report.parse(JSON.parse(ran.stdout))
  return new Map(
    questions.map(({ name }, at) => [
      name,
      readResult(
        results.find(({ document }) => document === at + 1),
        name,
      ),
    ]),
  )
}

function readResult(result: z.infer<typeof Report>['results'][number] | undefined, name: string): Said & Leading {
  if (result === undefined) throw new Error(`${name}: check says nothing of it`)
  const findings = result.images.flatMap(({ field, findings }) =>
    findings
      .filter(({ outcome }) => outcome !== null)
      .map(({ cause, detail }) => `${field}: ${cause}${detail === undefined ? '' : `.${detail}`}`),
  )
  const worst = result.images.find(({ outcome }) => outcome === result.verdict)
  const leading = worst?.findings.find(({ outcome }) => outcome !== null)
  return {
    verdict: result.verdict,
    denied: result.decision === 'deny',
    findings,
    cause: leading?.cause ?? null,
    detail: leading?.detail ?? null,
    message: leading === undefined ? null : (worst?.message ?? null),
  }
}

function must<T>(map: ReadonlyMap<string, T>, name: string): T {
  const value = map.get(name)
  if (value === undefined) throw new Error(`nothing was said of ${name}`)
  return value
}
