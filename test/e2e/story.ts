/*
 * What people type, and what the real kubectl prints. `test/e2e/stories/NAME.yaml` is one story:
 *
 *     story: What comes of it                # a sentence
 *     mode: enforce                          # of the installed chart
 *     namespace: kinds                       # where its commands go; made with `labels` before it begins
 *     labels: { pullable.dev/warn: none }
 *     folder: docs/examples                  # where they are typed; a temporary folder with `files` by default
 *     files: { web.yaml: ... }
 *     steps:
 *       - typed: kubectl run web --image=registry.demo.test/shop/web:v1.0
 *         kind: Pod                          # what is judged
 *         decision: allow                    # or deny, or warn
 *         stdout: pod/web created            # whole, where it is given
 *         stderr: ''                         # whole
 *
 * A shell reads what is typed; `$DIGEST` and the like are variables of shop-registry.ts, and stand in what is said for what they hold. `by` says who types: `dev`, the default, may do anything with workloads, Secrets and namespaces, but may
 * not grant exemptions; `admin` may do anything. A step without `decision` prepares the next: it succeeds, and what it
 * says is compared only where it is given. `eventually: true`: again and again until it is so, since an API server and a webhook take a moment to
 * learn of a label.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'

const FOLDER = join(import.meta.dirname, 'stories')

export const decisions = ['allow', 'warn', 'deny'] as const

export const Step = z.strictObject({
  typed: z.string(),
  by: z.enum(['dev', 'admin']).default('dev'),
  kind: z.string().exactOptional(),
  decision: z.enum(decisions).exactOptional(),
  eventually: z.literal(true).exactOptional(),
  exit: z.int().exactOptional(),
  stdout: z.string().exactOptional(),
  stderr: z.string().exactOptional(),
})
export type Step = z.infer<typeof Step>

export const Story = z.strictObject({
  story: z.string(),
  mode: z.enum(['enforce', 'audit']),
  namespace: z.string(),
  labels: z.record(z.string(), z.string()).default({}),
  folder: z.string().exactOptional(),
  files: z.record(z.string(), z.string()).default({}),
  steps: z.array(Step),
})
export type Story = z.infer<typeof Story>

export async function readStories(): Promise<readonly Story[]> {
  const stories: Story[] = []
  for (const name of (await readdir(FOLDER)).sort())
    stories.push(Story.parse(parse(await readFile(join(FOLDER, name), 'utf8'))))
  return stories
}

/** What is typed, judged, and decided: `set image, Deployment, deny`. */
export function caseOf({ typed, kind, decision }: Step): string | undefined {
  if (kind === undefined || decision === undefined) return undefined
  return `${verbOf(typed)}, ${kind}, ${decision}`
}

/** Verbs of two words. */
const FAMILIES = new Set(['set', 'rollout'])

/** Flags that make another verb of one. */
const MANNERS = /^--(server-side|dry-run=server|force|from|copy-to|type|patch-file|subresource)(=(json|merge))?/

/** The last kubectl of a line: `kubectl patch --type=merge deployment/web -p ...` is `patch --type=merge`. */
export function verbOf(typed: string): string {
  const [first = '', second = '', ...rest] = typed.slice(typed.lastIndexOf('kubectl ')).split(/\s+/).slice(1)
  const verb = FAMILIES.has(first) ? `${first} ${second}` : first
  const manners = [second, ...rest].flatMap((word) => MANNERS.exec(word)?.[0] ?? [])
  return [verb, ...manners].join(' ')
}

/** The decision that words tell of; an error of kubectl's own is none. (`kubectl diff` ends with 1 where there is a difference.) */
export function decisionTold(exit: number, stderr: string): (typeof decisions)[number] | 'none' {
  if (/denied the request|denied request/.test(stderr)) return 'deny'
  if (exit !== 0 && stderr !== '') return 'none'
  return /^Warning: /m.test(stderr) ? 'warn' : 'allow'
}
