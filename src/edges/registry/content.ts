import { chooseEntry, fetchedEntries } from '../../engine/platform/index.ts'
import type { Host, Platform } from '../../engine/platform/index.ts'
import { isImageConfig } from '../../engine/verdict/index.ts'
import type { Document, Failure, IndexEntry, Invalid } from '../../engine/verdict/index.ts'
import { failureOf, isSuccess } from './answers.ts'
import { digestOf, isDigest } from './digest.ts'
import { invalid, kindOfType, otherOf, parseConfig, parseDocument } from './documents.ts'
import type { Descriptor, Parsed, ParsedIndex, ParsedManifest } from './documents.ts'
import { headerValue } from './json.ts'
import { firstGood } from './mirrors.ts'
import { MAX_CONFIG, MAX_MANIFEST } from './options.ts'
import type { Content, Lookup } from './question.ts'
import { ask } from './session.ts'
import type { Session } from './session.ts'
import type { Reply } from './transport.ts'

/** The document that a descriptor names, with the children and configs that the hosts would fetch. */
export async function documentOf(lookup: Lookup, descriptor: Descriptor, depth = 0): Promise<Document | Failure> {
  const parsed = await parsedOf(lookup, descriptor)
  switch (parsed.kind) {
    case 'index':
      return { kind: 'index', entries: parsed.entries, children: await childrenOf(lookup, parsed, depth) }
    case 'manifest':
      return manifestOf(lookup, parsed)
    default:
      return parsed
  }
}

async function parsedOf(lookup: Lookup, descriptor: Descriptor): Promise<Parsed | Failure> {
  const { mediaType } = descriptor
  const kind = kindOfType(mediaType)
  if (kind === 'schema1') return { kind: 'schema1' }
  if (kind === 'other') return otherOf(mediaType)
  const content = await fetchContent(lookup, 'manifests', descriptor, MAX_MANIFEST, (bytes, host) => {
    const parsed = parseDocument(mediaType, bytes, host)
    return parsed.kind === 'invalid' || parsed.kind === 'faulty' ? parsed : { kind: 'document', parsed }
  })
  if (content.kind === 'config') return invalid('malformed')
  return content.kind === 'document' ? content.parsed : content
}

async function childrenOf(
  lookup: Lookup,
  index: ParsedIndex,
  depth: number,
): Promise<ReadonlyMap<string, Document | Failure>> {
  const wanted = depth < lookup.limits.depth ? entriesFor(index.entries, lookup.hosts, lookup.limits.children) : []
  const children = await Promise.all(
    wanted.map(async (entry): Promise<readonly [string, Document | Failure]> => {
      const child = await documentOf(lookup, entry, depth + 1)
      return [entry.digest, child.kind === 'absent' ? invalid('child-missing') : child]
    }),
  )
  return new Map(children)
}

function entriesFor(entries: readonly IndexEntry[], hosts: readonly Host[], most: number): readonly IndexEntry[] {
  const chosen = hosts.map((host) => ({ host, taken: takenBy(entries, host) }))
  const beside = chosen.flatMap(({ host, taken }) => (taken.length === 0 ? [] : fetchedEntries(entries, host)))
  const byDigest = new Map<string, IndexEntry>()
  for (const entry of [...chosen.flatMap(({ taken }) => taken), ...beside]) {
    if (byDigest.size < most && !byDigest.has(entry.digest)) byDigest.set(entry.digest, entry)
  }
  return [...byDigest.values()]
}

function takenBy(entries: readonly IndexEntry[], host: Host): readonly IndexEntry[] {
  const choice = chooseEntry(entries, host)
  if (choice.kind === 'none') return []
  return choice.kind === 'chosen' ? [choice.entry] : choice.entries
}

async function manifestOf(lookup: Lookup, manifest: ParsedManifest): Promise<Document> {
  const { config, layerTypes, artifactType } = manifest
  return {
    kind: 'manifest',
    configType: config.mediaType,
    layerTypes,
    ...(artifactType === undefined ? {} : { artifactType }),
    config: isImageConfig(config.mediaType) ? await configOf(lookup, manifest) : undefined,
  }
}

async function configOf(lookup: Lookup, { config, layerTypes }: ParsedManifest): Promise<Platform | Failure> {
  // The bound is ours, not the node's: a config beyond it is one that says nothing.
  if (config.size > MAX_CONFIG) return { os: '', architecture: '' }
  const content = await fetchContent(lookup, 'blobs', config, MAX_CONFIG, (bytes) => {
    const platform = parseConfig(bytes, layerTypes)
    return 'kind' in platform ? platform : { kind: 'config', platform }
  })
  if (content.kind === 'document') return invalid('malformed')
  if (content.kind === 'absent') return invalid('config-missing')
  return content.kind === 'config' ? content.platform : content
}

/**
 * Kept content, or a GET by digest from the first station that has it, verified (kubelet-pull 5.5). containerd fetches from all
 * of them once one may be pulled from, from those that may only resolve or push too (its `fetcher.go`, and seen on a node).
 */
async function fetchContent(
  lookup: Lookup,
  what: 'manifests' | 'blobs',
  descriptor: Descriptor,
  limit: number,
  parse: (bytes: Buffer, host: string) => Content | Failure,
): Promise<Content | Failure> {
  const { digest, size, mediaType } = descriptor
  // It becomes part of a URL.
  if (!isDigest(digest)) return invalid('malformed')
  if (size === 0) return invalid('empty')
  if (size > limit) return invalid('too-large')
  const usable = lookup.sessions.some(({ station }) => station.pull) ? lookup.sessions : []
  for (const session of usable) {
    const kept = lookup.content.get(contentKey(session, descriptor))
    if (kept !== undefined) return kept
  }
  return firstGood(usable, async (session) => {
    const accept = mediaType === '' ? '*/*' : `${mediaType}, */*`
    const reply = await ask(session, { method: 'GET', target: `${what}/${digest}`, accept, limit })
    if ('kind' in reply) return reply
    const bytes = verified(reply, descriptor)
    if (!Buffer.isBuffer(bytes)) return bytes
    const content = parse(bytes, session.station.base.host)
    if (content.kind === 'document' || content.kind === 'config')
      lookup.content.set(contentKey(session, descriptor), content)
    return content
  })
}

/** The bytes of a good answer, or what is wrong with it. */
export function verified(reply: Reply, descriptor: Pick<Descriptor, 'digest' | 'size'>): Buffer | Failure {
  if (!isSuccess(reply.status)) return failureOf(reply)
  const flaw = flawOf(reply)
  if (flaw !== undefined) return flaw
  const { digest, size } = descriptor
  if (reply.body.length !== size) return invalid('size')
  return digestOf(reply.body, digest) === digest ? reply.body : invalid('digest-mismatch')
}

/** A body that no node takes, whatever is in it. */
export function flawOf(reply: Reply): Invalid | undefined {
  const encoding = headerValue(reply.headers['content-encoding'])?.trim().toLowerCase() ?? ''
  // The node asked for identity, does not decompress, and hashes what it got.
  if (encoding !== '' && encoding !== 'identity') return invalid('malformed')
  if (reply.over) return invalid('too-large')
  return reply.body.length === 0 ? invalid('empty') : undefined
}

/** Never across repositories: who may read one need not be let read another. */
export function contentKey({ station, path }: Session, { digest, mediaType }: Descriptor): string {
  return `${station.base.href}/${path}@${digest} ${mediaType}`
}
