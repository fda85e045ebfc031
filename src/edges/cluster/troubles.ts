import { LRUCache } from 'lru-cache'
import type { ClusterOptions, Resource, Verb } from './options.ts'

/** Tells the operator what keeps the view from the cluster: once, and again after it worked in between. */
export interface Troubles {
  forbidden(at: Place): void
  lost(at: Place, why: string): void
  worked(at: Place): void
  /** Nothing more is told: what ends now was ended by us. */
  close(): void
}

export interface Place {
  readonly resource: Resource
  readonly verb: Verb
  readonly namespace?: string | undefined
}

/** Namespaces whose rules are missing; those long unseen may be told again. */
const MOST_PLACES = 1_000

/** An API server that comes and goes is told of no oftener. */
const LOST_AGAIN_MS = 30_000

/** Pods are listed by reviews and read one by one for forecasts: each wants its own verb. */
const VERBS: Readonly<Record<Exclude<Resource, 'pods'>, string>> = {
  nodes: 'list, watch',
  namespaces: 'get, list, watch',
  secrets: 'get',
  serviceaccounts: 'get',
  events: 'list',
  mutatingwebhookconfigurations: 'list, watch',
  mutatingadmissionpolicies: 'list, watch',
  mutatingadmissionpolicybindings: 'list, watch',
}

const REWRITTEN = 'templates are warned of, not denied: something may rewrite their pods'

const UNFOLLOWED = 'whether pods start that would have been denied is not known'

/** What comes of it where a review does not say so itself. */
const EFFECTS: Readonly<Partial<Record<Resource, string>>> = {
  mutatingwebhookconfigurations: REWRITTEN,
  mutatingadmissionpolicies: REWRITTEN,
  mutatingadmissionpolicybindings: REWRITTEN,
  pods: 'an image that cannot be pulled is warned of, not denied: a pod may run it, unless it is always pulled',
  events: UNFOLLOWED,
}

export function createTroubles(log: ClusterOptions['log'], now: () => number): Troubles {
  const forbidden = new LRUCache<string, true>({ max: MOST_PLACES })
  const lost = new LRUCache<string, { readonly at: number; over: boolean }>({ max: MOST_PLACES })
  let closed = false
  return {
    close: () => {
      closed = true
    },
    forbidden(at) {
      const { resource, verb, namespace } = at
      const key = keyOf(at)
      if (closed || forbidden.has(key)) return
      forbidden.set(key, true)
      const group = resource.startsWith('mutating') ? 'admissionregistration.k8s.io' : '""'
      const verbs = resource === 'pods' ? verb : VERBS[resource]
      const rule = `apiGroups: [${group}], resources: [${resource}], verbs: [${verbs}]`
      const effect = resource === 'pods' && verb === 'get' ? UNFOLLOWED : EFFECTS[resource]
      log.warn(
        {
          resource,
          verb,
          ...(namespace !== undefined && { namespace }),
          rule,
          ...(effect !== undefined && { effect }),
        },
        'not allowed to read the cluster',
      )
    },
    lost({ resource, verb }, why) {
      if (closed) return
      const key = `${resource} ${verb}`
      const told = lost.get(key)
      if (told !== undefined && (!told.over || now() - told.at < LOST_AGAIN_MS)) return
      lost.set(key, { at: now(), over: false })
      log.warn({ resource, verb, why }, 'the cluster cannot be read')
    },
    worked(at) {
      forbidden.delete(keyOf(at))
      const told = lost.get(`${at.resource} ${at.verb}`)
      if (told === undefined || told.over) return
      told.over = true
      log.info({ resource: at.resource, verb: at.verb }, 'the cluster can be read again')
    },
  }
}

function keyOf({ resource, verb, namespace }: Place): string {
  return `${resource} ${verb} ${namespace ?? ''}`
}
