// Renders manifests/install from the chart, by helm, and keeps what the chart has of the engine as it is there: the causes, and the presets
// of custom kinds.
//
//   node scripts/manifests.ts            writes what is not as it should be
//   node scripts/manifests.ts --check    only says what that is
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { format } from 'prettier'
import { causeKeys } from '../src/engine/verdict/index.ts'
import { customKindPresets } from '../src/engine/workload/index.ts'
import { runTool } from '../test/support/tools.ts'

const NAMESPACE = 'pullable-system'
const MANIFESTS = join(import.meta.dirname, '../manifests')
const CHART = join(MANIFESTS, 'chart')
const INSTALL = join(MANIFESTS, 'install')
const SCHEMA = join(CHART, 'values.schema.json')
const PRESETS = join(CHART, 'files/workloads.json')

const MADE =
  '# Made by `node scripts/manifests.ts`. Change manifests/chart, or put a kustomization of your own over this folder.\n'

async function main(check: boolean): Promise<number> {
  // These first: helm renders by them.
  const problems = await put(SCHEMA, await schema(await readFile(SCHEMA, 'utf8')), check)
  if (!check) await mkdir(dirname(PRESETS), { recursive: true })
  problems.push(...(await put(PRESETS, await json(customKindPresets), check)))
  const rendered = await runTool('helm', ['template', 'pullable', CHART, `--namespace=${NAMESPACE}`, '--skip-tests'])
  const files = installFiles(rendered)
  if (!check) await mkdir(INSTALL, { recursive: true })
  for (const [name, text] of files) problems.push(...(await put(join(INSTALL, name), text, check)))
  for (const name of await readdir(INSTALL).catch(() => [])) {
    if (files.has(name)) continue
    if (check) problems.push(`${name} is none of the files`)
    else await rm(join(INSTALL, name))
  }
  for (const problem of problems) console.error(`${problem}: node scripts/manifests.ts`)
  return problems.length === 0 ? 0 : 1
}

/** Says what is not as it should be, or mends it. */
async function put(path: string, text: string, check: boolean): Promise<string[]> {
  if ((await readFile(path, 'utf8').catch(() => '')) === text) return []
  if (check) return [`${basename(path)} is not what it is made from`]
  await writeFile(path, text)
  return []
}

interface Schema {
  readonly properties: {
    readonly causes: { properties: object }
    readonly workloads: { readonly items: { readonly then: { enum: readonly string[] } } }
  }
}

async function schema(text: string): Promise<string> {
  const parsed = JSON.parse(text) as Schema
  parsed.properties.causes.properties = Object.fromEntries(causeKeys.map((key) => [key, { $ref: '#/$defs/decision' }]))
  parsed.properties.workloads.items.then.enum = Object.keys(customKindPresets)
  return json(parsed)
}

function json(value: unknown): Promise<string> {
  return format(JSON.stringify(value), { parser: 'json', printWidth: 120 })
}

/** A file for each template, without what only helm needs, and what makes them one. */
function installFiles(rendered: string): ReadonlyMap<string, string> {
  const documents = new Map<string, string[]>()
  for (const document of rendered.split(/^---\n/m)) {
    const [, template] = /^# Source: pullable\/templates\/(.+)\n/.exec(document) ?? []
    if (template === undefined) continue
    const lines = document
      .split('\n')
      .filter((line) => !/^ *(helm\.sh\/chart|app\.kubernetes\.io\/managed-by): /.test(line))
    const text = `${lines.slice(1).join('\n').trim()}\n`
    documents.set(template, [...(documents.get(template) ?? []), text])
  }
  const namespace = `apiVersion: v1
kind: Namespace
metadata:
  name: ${NAMESPACE}
  labels:
    app.kubernetes.io/name: pullable
    pod-security.kubernetes.io/enforce: restricted
`
  const kustomization = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
${['namespace.yaml', ...documents.keys()].map((name) => `  - ${name}\n`).join('')}`
  const files = new Map([...documents].map(([name, texts]) => [name, texts.join('---\n')]))
  files.set('namespace.yaml', namespace).set('kustomization.yaml', kustomization)
  return new Map([...files].map(([name, text]) => [name, MADE + text]))
}

process.exitCode = await main(process.argv.includes('--check'))
