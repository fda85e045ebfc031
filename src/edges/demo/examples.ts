import { readdir, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { causeNames } from '../../engine/verdict/index.ts'
import type { Cause, Decision } from '../../engine/verdict/index.ts'

/** `docs/examples` of the package: as far from `src/edges/demo` as from `dist/edges/demo`. */
export const EXAMPLES = resolve(import.meta.dirname, '../../../docs/examples')
/** The objects of the cluster that the examples are for: what `--view` takes. */
export const EXAMPLE_CLUSTER = join(EXAMPLES, 'cluster')

const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  spec: z.looseObject({}).exactOptional(),
})
/** A namespaced Kubernetes object. */
export type Manifest = z.infer<typeof Manifest>

const PullSecretNames = z.array(z.object({ name: z.string() })).default([])

/** What must come of an example: the causes in the order in which they are told. */
export interface Expectation {
  readonly decision: Decision
  readonly causes: readonly Cause[]
}

export interface Example {
  /** The file's name without `.yaml`. */
  readonly name: string
  readonly object: Manifest
  readonly expect: Expectation
}

/** The examples, in the order of their names. Throws where a file is not one object, or does not say what is expected of it. */
export async function readExamples(folder: string): Promise<readonly Example[]> {
  const examples: Example[] = []
  for (const file of await yamlFiles(folder)) {
    const text = await readFile(file, 'utf8')
    const expect = expectationOf(text)
    if (expect === undefined) throw new Error(`${file} has no line "# expect: allow|warn|deny CAUSE..."`)
    examples.push({ name: basename(file, '.yaml'), object: Manifest.parse(parse(text)), expect })
  }
  return examples
}

/** The names of an account's pull secrets, by `namespace/name`, from the ServiceAccounts in a folder of YAML files. */
export async function readAccounts(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const accounts = new Map<string, readonly string[]>()
  for (const file of await yamlFiles(folder)) {
    for (const document of parseAllDocuments(await readFile(file, 'utf8'))) {
      const { success, data } = Manifest.safeParse(document.toJS())
      if (!success || data.kind !== 'ServiceAccount') continue
      const secrets = PullSecretNames.parse(data['imagePullSecrets'])
      accounts.set(
        `${data.metadata.namespace}/${data.metadata.name}`,
        secrets.map((secret) => secret.name),
      )
    }
  }
  return accounts
}

/** Reads the comment `# expect: deny manifest-unknown tag-missing`; undefined where there is none that holds good. */
export function expectationOf(text: string): Expectation | undefined {
  const words = /^# expect: (.+)$/m.exec(text)?.[1]?.trim().split(' ') ?? []
  const decision = (['allow', 'warn', 'deny'] as const).find((known) => known === words[0])
  const causes = words.slice(1).map((word) => causeNames.find((known) => known === word))
  if (decision === undefined || causes.includes(undefined)) return undefined
  return { decision, causes: causes.filter((cause) => cause !== undefined) }
}

async function yamlFiles(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort()
  return names.map((name) => join(folder, name))
}
