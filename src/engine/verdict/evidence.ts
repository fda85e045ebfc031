import type { Credential } from '../credentials/index.ts'
import type { Presence } from '../nodes/index.ts'
import type { Host } from '../platform/index.ts'
import type { ParsedReference } from '../reference/index.ts'
import type { ImageUse } from '../workload/index.ts'
import type { ImageFact } from './facts.ts'

/** The object on which the findings are, as far as messages and fixes speak of it. */
export interface Subject {
  readonly kind: string
  readonly name: string
  readonly namespace: string
  /** Pods come from it later. */
  readonly template: boolean
  /** It is in the cluster already, so that `kubectl set image` finds it. */
  readonly exists: boolean
  readonly specField: string
}

/** What became of one named pull secret. */
export interface SecretEvidence {
  readonly name: string
  readonly state:
    | { readonly kind: 'read' }
    | { readonly kind: 'ignored'; readonly type: string }
    | { readonly kind: 'malformed'; readonly error: string }
    | { readonly kind: 'absent' }
    /** Not there, and it may yet come: design, `pull-secret-absent`. */
    | { readonly kind: 'pending' }
    | { readonly kind: 'unreadable'; readonly detail: string }
}

export interface AccountEvidence {
  readonly name: string
  /** `unasked`: the pod names its own secrets, or the API server has merged the account's already. */
  readonly state: 'read' | 'absent' | 'pending' | 'unreadable' | 'unasked'
}

/** Where the pod may land. */
export type Landing =
  /** No Node object and no `--platform`. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unreadable'; readonly detail: string }
  /** `nodes` is how many candidates there are; `unplatformed` how many of them say no platform. No candidate: `hosts` is empty. */
  | { readonly kind: 'hosts'; readonly hosts: readonly Host[]; readonly nodes: number; readonly unplatformed: number }

/** The images that pods run, as a runtime names them; or why nobody knows. */
export type Running = ReadonlySet<string> | { readonly unread: string }

/** What is known about the pod as a whole. */
export interface PodEvidence {
  readonly subject: Subject
  readonly secrets: readonly SecretEvidence[]
  readonly account: AccountEvidence
  readonly landing: Landing
  /** Registry hosts that the pod's other images and its pull secrets name. */
  readonly knownHosts: readonly string[]
  /** By pods of the namespace, on nodes where this one may land; absent: nobody looks. */
  readonly running?: Running
  /** The namespace's labels could not be read. */
  readonly blindNamespace: boolean
}

/** One attempt, as the kubelet makes one per matching credential, or one with none. */
export interface Answer {
  readonly credential: Credential | undefined
  readonly fact: ImageFact
}

/** A pull secret's key that nearly matches: for the note `pull-secret-no-match`. */
export interface NearMiss {
  readonly message: string
}

/** What is known about one image use. */
export interface ImageEvidence {
  readonly use: ImageUse
  readonly parsed: ParsedReference
  /** On the nodes where the pod may land; undefined where none is known, or the policy is `Always`. */
  readonly presence: Presence | undefined
  /** Nodes may hold credentials of their own for this registry. */
  readonly nodeCredentials: boolean
  /** In the order tried; empty where nobody was asked (no pull is needed, a malformed secret, an invalid reference). */
  readonly answers: readonly Answer[]
  /** Seen with the user's own login, where the pod's secrets are not at hand. */
  readonly ownSight: ImageFact | undefined
  readonly nearMisses: readonly NearMiss[]
}
