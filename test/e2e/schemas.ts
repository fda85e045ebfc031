// Schemas for kubeconform from the OpenAPI of an API server: nothing is fetched from elsewhere.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

interface Schema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: unknown
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-group-version-kind'?: readonly GroupVersionKind[]
}

interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

interface OpenApi {
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> }
}

/** Where kubeconform looks for the schema of a kind, below the folder that `writeSchemas` was given. */
export const SCHEMA_FILE = '{{ .ResourceKind }}{{ .KindSuffix }}.json'

/** Writes a schema for each kind that these API versions have, strict: a field that the API does not know is an error. */
export async function writeSchemas(
  folder: string,
  apiVersions: ReadonlySet<string>,
  getRaw: (path: string) => Promise<string>,
): Promise<void> {
  for (const apiVersion of apiVersions) {
    const path = apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`
    const { components } = JSON.parse(await getRaw(`/openapi/v3/${path}`)) as OpenApi
    const schemas = Object.entries(components?.schemas ?? {}).map(([name, schema]) => [name, strict(schema)] as const)
    for (const [name, schema] of schemas) {
      const of = schema['x-kubernetes-group-version-kind'] ?? []
      const document = { $ref: `#/components/schemas/${name}`, components: { schemas: Object.fromEntries(schemas) } }
      for (const each of of) await writeFile(join(folder, fileOf(each)), JSON.stringify(document))
    }
  }
}

/** As kubeconform composes `SCHEMA_FILE`. */
function fileOf({ group, version, kind }: GroupVersionKind): string {
  const start = group.split('.', 1)[0] ?? ''
  return `${[kind, ...(start === '' ? [] : [start]), version].join('-').toLowerCase()}.json`
}

function strict<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(strict) as T
  const schema = value as Schema
  const inner = Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, strict(part as unknown)]))
  const closed =
    schema.type === 'object' &&
    schema.properties !== undefined &&
    schema.additionalProperties === undefined &&
    schema['x-kubernetes-preserve-unknown-fields'] !== true
  return (closed ? { ...inner, additionalProperties: false } : inner) as T
}
