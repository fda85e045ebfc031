import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import { runTool } from '../support/tools.ts'

export const CHART = join(import.meta.dirname, '../../manifests/chart')
export const NAMESPACE = 'pullable-system'

/** An object as helm renders it. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly [key: string]: unknown
}

export interface Rendered {
  readonly all: readonly Manifest[]
  /** The one of this kind and name; throws where there is none. */
  get(kind: string, name?: string): Manifest
  of(kind: string): readonly Manifest[]
}

const known = new Map<string, Promise<Rendered>>()

/** What `helm template` gives for these values, rendered once; rejects with helm's words. */
export function render(values: object): Promise<Rendered> {
  const key = JSON.stringify(values)
  const rendered = known.get(key) ?? renderNow(values)
  known.set(key, rendered)
  return rendered
}

async function renderNow(values: object): Promise<Rendered> {
  const text = await helm(['template', 'pullable', CHART, `--namespace=${NAMESPACE}`], values)
  const all = parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw new Error(`not YAML: ${document.errors.join()}`)
    return document.toJS() as Manifest
  })
  return {
    all,
    get(kind, name = 'pullable') {
      const found = all.find((each) => each.kind === kind && each.metadata.name === name)
      if (found === undefined) throw new Error(`no ${kind} ${name} among ${all.map((each) => each.kind).join()}`)
      return found
    },
    of: (kind) => all.filter((each) => each.kind === kind),
  }
}

/** The notes: helm shows them to nobody without a cluster, so they are rendered as a template of a chart that has no other. */
export async function renderNotes(values: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pullable-notes-'))
  try {
    for (const name of ['Chart.yaml', 'values.yaml', 'templates/_helpers.tpl'])
      await cp(join(CHART, name), join(folder, name))
    await cp(join(CHART, 'templates/NOTES.txt'), join(folder, 'NOTES.txt'))
    await writeFile(join(folder, 'templates/notes.yaml'), 'notes: {{ tpl (.Files.Get "NOTES.txt") . | toJson }}')
    const text = await helm(['template', 'pullable', folder, `--namespace=${NAMESPACE}`], values)
    return (parse(text) as { notes: string }).notes
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Runs helm with a file of values. */
export async function helm(args: readonly string[], values: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pullable-helm-'))
  try {
    const file = join(folder, 'values.json')
    await writeFile(file, JSON.stringify(values))
    return await runTool('helm', [...args, '-f', file], { HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder })
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** What is at a dotted path: `spec.containers.0.image`; undefined where nothing is. */
export function at(value: unknown, path: string): unknown {
  let found = value
  for (const key of path.split('.')) {
    if (typeof found !== 'object' || found === null) return undefined
    found = (found as Readonly<Record<string, unknown>>)[key]
  }
  return found
}

/** The pod spec of the Deployment. */
export function podSpec(rendered: Rendered): unknown {
  return at(rendered.of('Deployment')[0], 'spec.template.spec')
}
