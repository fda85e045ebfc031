export type Outcome = 'pullable' | 'failing' | 'undetermined'
export type Decision = 'allow' | 'warn' | 'deny'

/** A row of the closed list of causes. Their order is the order in which findings lead (design, "Verdict"). */
export interface CauseRow {
  readonly class: 'failing' | 'undetermined' | 'policy'
  /** When it is found. docs/causes.md is made from these rows. */
  readonly when: string
  /** What the node would show. */
  readonly node: string
  readonly baseline: Decision
  readonly strict: Decision
}

const row = (cells: readonly [CauseRow['class'], Decision, Decision], when: string, node: string): CauseRow => ({
  class: cells[0],
  baseline: cells[1],
  strict: cells[2],
  when,
  node,
})

const FAILS = ['failing', 'deny', 'deny'] as const
const OPEN = ['undetermined', 'warn', 'deny'] as const

export const causes = {
  'reference-invalid': row(FAILS, 'the image does not parse as the kubelet parses it', '`InvalidImageName`'),
  'manifest-unknown': row(
    FAILS,
    'the repository can be read, and the tag or digest is not there',
    '`ErrImagePull`, `not found`',
  ),
  'repository-unknown': row(
    FAILS,
    'a registry that tells the two apart says that the repository is absent',
    '`ErrImagePull`, `not found`',
  ),
  'credentials-rejected': row(
    FAILS,
    'every credential that matches is refused at login, and the nodes hold none for this host',
    '`ErrImagePull`, `failed to authorize`',
  ),
  'access-denied': row(
    FAILS,
    'refused with the credentials that match or with none, and the nodes hold none for this host',
    '`ErrImagePull`, `pull access denied`',
  ),
  'pull-secret-malformed': row(
    FAILS,
    'a referenced pull secret does not decode, and an image must be pulled: the kubelet then fails every such image of the pod',
    'the raw decode error',
  ),
  'platform-none': row(
    FAILS,
    "no candidate node's platform is in the index",
    '`ErrImagePull`, `no match for platform in manifest`',
  ),
  'platform-mismatch': row(
    FAILS,
    "the image's own config names an OS or CPU family that no candidate node has: it pulls, then dies",
    '`exec format error`',
  ),
  'manifest-unsupported': row(
    FAILS,
    "nothing that the candidate nodes' runtimes can run as a container or mount as a volume",
    'differs by runtime',
  ),
  'manifest-invalid': row(
    FAILS,
    'what the registry serves cannot be accepted: a digest that does not fit, over the size limit, malformed, a chosen child missing',
    '`ErrImagePull`',
  ),
  'never-pull-absent': row(
    ['failing', 'warn', 'deny'],
    "the pull policy is `Never`, and every candidate node's complete image list lacks the image",
    '`ErrImageNeverPull`',
  ),
  'cached-only': row(
    OPEN,
    'the image cannot be pulled, the pull policy is `IfNotPresent`, and some candidate node has it, or runs it for a pod of the namespace',
    'depends on the node',
  ),
  'platform-partial': row(OPEN, 'some candidate nodes can run it, some cannot', 'depends on the scheduler'),
  'access-unverifiable': row(OPEN, 'refused to us, but nodes may hold credentials of their own for this host', '-'),
  'access-blocked': row(
    OPEN,
    "403, 412 or 451 that are not a registry's own error: a firewall, a country, an address list, a scan policy",
    '-',
  ),
  'pull-secret-absent': row(
    OPEN,
    'refused without a pull secret or service account that may yet come: in a template, or where nobody says what the cluster has',
    '-',
  ),
  'rate-limited': row(OPEN, '429, or a quota', '`429 Too Many Requests`'),
  'registry-unreachable': row(
    OPEN,
    'no answer: DNS, connection refused, timeout, TLS, HTTP on an HTTPS port, a proxy that does not let us through',
    '`dial tcp`, `x509`, `i/o timeout`',
  ),
  'registry-error': row(OPEN, '5xx, or an answer that is none', '`503 Service Unavailable`'),
  'runtime-dependent': row(OPEN, "the candidate nodes' runtimes differ, or are not known, where it matters", '-'),
  'view-incomplete': row(
    OPEN,
    'what may be read of the cluster is stale or forbidden, or a bound of ours was reached',
    '-',
  ),
  deadline: row(OPEN, 'the time to answer ran out', '-'),
  'no-candidate-node': row(
    ['undetermined', 'allow', 'warn'],
    "no current node fits the pod's constraints",
    '`Pending`',
  ),
  'tag-missing': row(['policy', 'deny', 'deny'], 'the image names neither tag nor digest', 'pulls `:latest`'),
  'tag-latest': row(['policy', 'allow', 'deny'], 'the tag is `latest`, without a digest', 'mutable'),
} as const satisfies Record<string, CauseRow>

export type Cause = keyof typeof causes

export const causeNames = Object.keys(causes) as readonly Cause[]

/** The outcome that a finding of this cause gives its image; null for a policy cause, which says nothing of it. */
export function outcomeOf(cause: Cause): 'failing' | 'undetermined' | null {
  const kind = causes[cause].class
  return kind === 'policy' ? null : kind
}

/** Note codes: they inform, and never deny. */
export type NoteCode =
  | 'pull-secret-missing'
  | 'pull-secret-ignored'
  | 'pull-secret-no-match'
  | 'service-account-missing'
  | 'already-on-nodes'
  | 'rate-limit-low'
  | 'digest-available'
  | 'host-assumed'
  | 'cluster-dns-host'
  | 'platforms-unknown'

export interface Note {
  readonly code: NoteCode
  readonly message: string
}

export interface Finding {
  readonly cause: Cause
  /** A finer name under the cause, `dns` of `registry-unreachable.dns`; undefined where it has none. */
  readonly detail: string | undefined
  /** Constant for the same facts: no time, no request id. */
  readonly message: string
  readonly fix: string
}

/** The cause with its detail, as the configuration names it: `registry-unreachable.dns`. */
export function fullName({ cause, detail }: { readonly cause: Cause; readonly detail?: string | undefined }): string {
  return detail === undefined ? cause : `${cause}.${detail}`
}
