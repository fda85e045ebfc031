/** What is read of documents and of token answers. */
const FIELDS = new Map(
  [
    ...['mediaType', 'artifactType', 'manifests', 'config', 'layers', 'fsLayers', 'digest', 'size', 'platform'],
    ...['os', 'architecture', 'variant', 'os.version', 'os.features', 'rootfs', 'diff_ids', 'created', 'history'],
    ...['token', 'access_token', 'expires_in', 'issued_at', 'refresh_token', 'scope'],
  ].map((name) => [name.toLowerCase(), name]),
)

/** The features of a platform of an entry of an index are the deepest that is read. */
const DEEPEST = 4

/**
 * The value with these fields in the letter case that we read: the node's JSON takes `Config` for `config`, and of two that
 * differ in their case the last (Go's `encoding/json`; seen on a node).
 */
export function withFieldNames(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth === DEEPEST) return value
  if (Array.isArray(value)) return value.map((each) => withFieldNames(each, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [FIELDS.get(fold(key)) ?? key, withFieldNames(each, depth + 1)]),
  )
}

// Go folds the long s too; the Kelvin sign is k in lower case anyway.
function fold(key: string): string {
  return key.replaceAll('\u017F', 's').toLowerCase()
}
