import { canExecute, chooseEntry, fetchedEntries, isAtLeast } from '../platform/index.ts'
import type { Choice, Host, Platform } from '../platform/index.ts'
import type { ImageUse } from '../workload/index.ts'
import { artifactOf } from './artifact.ts'
import type { Cause } from './causes.ts'
import { isFailure } from './failure-cause.ts'
import type { Document, Failure, IndexDocument, IndexEntry, ManifestDocument } from './facts.ts'

/** How one kind of host takes a document. */
export type Judgement =
  | { readonly kind: 'runs' }
  | {
      readonly kind: 'fails'
      readonly cause: Cause
      readonly detail: string | undefined
      readonly config?: Platform
      readonly manifest?: ManifestDocument
    }
  | { readonly kind: 'open'; readonly cause: Cause; readonly detail: string | undefined; readonly why?: string }
  /** A child or a config could not be had; what that means depends on pull secrets and node credentials. */
  | { readonly kind: 'part'; readonly failure: Failure }

const RUNS: Judgement = { kind: 'runs' }
const DEEPEST_INDEX = 3 // containerd walks nested indexes; more than three levels is nobody's image

/** Judges a document for one host; without one, only what no platform decides. `role` tells running from mounting. */
export function judgeDocument(
  document: Document,
  host: Host | undefined,
  role: ImageUse['role'],
  depth = 0,
): Judgement {
  switch (document.kind) {
    case 'index': {
      if (document.entries.length === 0) return fails('manifest-unsupported', 'empty-index')
      if (host === undefined) return RUNS
      if (depth === DEEPEST_INDEX) return open('view-incomplete', 'index-depth')
      const choice = chooseEntry(document.entries, host)
      if (choice.kind === 'none') return fails('platform-none', undefined)
      const judge = (entry: IndexEntry): Judgement => judgeChild(document, entry, host, role, depth)
      const judgement = choice.kind === 'chosen' ? judge(choice.entry) : judgeEither(choice, judge)
      return judgement.kind === 'runs' && lacksFetched(document, host)
        ? open('runtime-dependent', 'index', FETCHED)
        : judgement
    }
    case 'manifest':
      return judgeManifest(document, host, role)
    case 'schema1':
      return judgeSchema1(host)
    case 'other':
      if (document.misspelt === true && host?.runtime.name !== 'containerd')
        return open('runtime-dependent', 'media-type')
      return fails('manifest-unsupported', 'media-type')
  }
}

/** Whether no host can run it: what a denial would rest on. */
export function cannotRun(document: Document, hosts: readonly Host[]): boolean {
  const places = hosts.length === 0 ? [undefined] : hosts
  return places.every((host) => judgeDocument(document, host, 'container').kind === 'fails')
}

const FETCHED = 'some fetch every entry for the platform, and one of them is not to be had'

function lacksFetched({ entries, children }: IndexDocument, host: Host): boolean {
  return fetchedEntries(entries, host).some(({ digest }) => {
    const child = children.get(digest)
    return child !== undefined && isFailure(child) && ofFailure(child, 'child-missing').kind === 'fails'
  })
}

function judgeChild(
  { children }: IndexDocument,
  { digest }: IndexEntry,
  host: Host,
  role: ImageUse['role'],
  depth: number,
): Judgement {
  const child = children.get(digest)
  if (child === undefined) return open('view-incomplete', 'index-size')
  if (isFailure(child)) return ofFailure(child, 'child-missing')
  return judgeDocument(child, host, role, depth + 1)
}

// Engines differ in what they take: it is open only where that makes a difference.
function judgeEither(
  choice: Choice<IndexEntry> & { kind: 'depends' },
  judge: (entry: IndexEntry) => Judgement,
): Judgement {
  const ends = choice.entries.map(judge)
  if (choice.refused) ends.push(fails('platform-none', undefined))
  const [first] = ends
  if (first !== undefined && ends.every(({ kind }) => kind === 'runs')) return RUNS
  if (first !== undefined && ends.every(({ kind }) => kind === 'fails')) return first
  return { kind: 'open', cause: 'runtime-dependent', detail: 'index', why: choice.why }
}

function judgeManifest(manifest: ManifestDocument, host: Host | undefined, role: ImageUse['role']): Judgement {
  const artifact = artifactOf(manifest)
  if (artifact === 'odd-image') return open('runtime-dependent', 'config-type')
  if (artifact !== 'image')
    return role === 'volume' ? judgeMount(manifest) : { ...fails('manifest-unsupported', artifact), manifest }
  const { config } = manifest
  if (config === undefined) return RUNS
  if (isFailure(config)) return ofFailure(config, 'config-missing')
  // Nothing of an image volume is executed, so any CPU will do.
  if (role === 'volume' || host === undefined || canExecute(host.platform, config)) return RUNS
  return { ...fails('platform-mismatch', undefined), config }
}

function judgeMount(manifest: ManifestDocument): Judgement {
  switch (artifactOf(manifest)) {
    case 'signature':
      return { ...fails('manifest-unsupported', 'signature'), manifest }
    case 'artifact':
      return open('runtime-dependent', 'artifact-volume')
    default:
      return RUNS
  }
}

// containerd dropped schema 1 in 2.1; 1.7 and CRI-O convert it; 2.0 has a switch.
function judgeSchema1(host: Host | undefined): Judgement {
  if (host?.runtime.name === 'cri-o') return RUNS
  if (host?.runtime.name === 'containerd') {
    if (isAtLeast(host.runtime, 2, 1) === true) return fails('manifest-unsupported', 'schema1')
    if (isAtLeast(host.runtime, 2, 0) === false) return RUNS
  }
  return open('runtime-dependent', 'schema1')
}

function ofFailure(failure: Failure, absent: 'child-missing' | 'config-missing'): Judgement {
  if (failure.kind === 'absent') return fails('manifest-invalid', absent)
  if (failure.kind === 'invalid') return fails('manifest-invalid', failure.detail)
  return { kind: 'part', failure }
}

function fails(cause: Cause, detail: string | undefined): Judgement & { kind: 'fails' } {
  return { kind: 'fails', cause, detail }
}

function open(cause: Cause, detail: string | undefined, why?: string): Judgement {
  return { kind: 'open', cause, detail, ...(why === undefined ? {} : { why }) }
}
