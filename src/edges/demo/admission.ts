import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { causeNames } from '../../engine/verdict/index.ts'
import type { Cause, Decision } from '../../engine/verdict/index.ts'
import type { Manifest } from './examples.ts'

/** What an API server made of the webhook's answer; `none` where it could make nothing of it. */
export type Ruling =
  | {
      readonly kind: 'answered'
      readonly decision: Decision
      /** As the texts tell them, in their order, each once; then those from which the object was exempt. */
      readonly causes: readonly Cause[]
      /** The text of the denial, line by line. */
      readonly denial: readonly string[]
      readonly warnings: readonly string[]
      /** The audit annotation that an exemption leaves, `FIELD: CAUSE, FIELD: CAUSE`; empty where none was used. */
      readonly exempt: string
    }
  | { readonly kind: 'none'; readonly problem: string }

/** An AdmissionReview, as far as the demo looks back at it. */
export interface Review {
  readonly request: { readonly uid: string }
}

/**
 * The review that an API server sends when somebody types `kubectl apply` (admission.k8s.io/v1). A Pod has been through the
 * ServiceAccount admission plugin by then: where it names no pull secrets, it has its account's.
 */
export function reviewOf(object: Manifest, accounts: ReadonlyMap<string, readonly string[]>): Review {
  const [group, version] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : ['', object.apiVersion]
  const kind = { group, version, kind: object.kind }
  const resource = { group, version, resource: `${object.kind.toLowerCase()}s` }
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: randomUUID(),
      kind,
      resource,
      requestKind: kind,
      requestResource: resource,
      name: object.metadata.name,
      namespace: object.metadata.namespace,
      operation: 'CREATE',
      userInfo: { username: 'kubernetes-admin', groups: ['kubeadm:cluster-admins', 'system:authenticated'] },
      object: object.kind === 'Pod' ? withAccount(object, accounts) : object,
      oldObject: null,
      dryRun: false,
      options: { apiVersion: 'meta.k8s.io/v1', kind: 'CreateOptions', fieldManager: 'kubectl-client-side-apply' },
    },
  }
  return review
}

function withAccount(pod: Manifest, accounts: ReadonlyMap<string, readonly string[]>): Manifest {
  const spec: Record<string, unknown> = { serviceAccountName: 'default', ...pod.spec }
  const secrets = accounts.get(`${pod.metadata.namespace}/${String(spec['serviceAccountName'])}`) ?? []
  if (spec['imagePullSecrets'] === undefined && secrets.length > 0) {
    spec['imagePullSecrets'] = secrets.map((name) => ({ name }))
  }
  return { ...pod, spec }
}

const ReviewAnswer = z.object({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  response: z.object({
    uid: z.string(),
    allowed: z.boolean(),
    status: z.object({ message: z.string().default('') }).exactOptional(),
    warnings: z.array(z.string()).default([]),
    auditAnnotations: z.object({ exempt: z.string().default('') }).default({ exempt: '' }),
  }),
})

/** Reads the webhook's answer as strictly as an API server does: the version, the kind and the uid must be those of the request. */
export function rulingOf(status: number, body: string, uid: string): Ruling {
  if (status !== 200) return { kind: 'none', problem: `HTTP status ${status}` }
  const answer = ReviewAnswer.safeParse(parsed(body))
  if (!answer.success) return { kind: 'none', problem: 'the answer is no AdmissionReview' }
  const { response } = answer.data
  if (response.uid !== uid) return { kind: 'none', problem: 'the answer is to another request' }
  const { warnings, auditAnnotations } = response
  const { exempt } = auditAnnotations
  const denial = response.allowed ? [] : (response.status?.message ?? '').split('\n')
  const allowed = warnings.length > 0 ? 'warn' : 'allow'
  return {
    kind: 'answered',
    decision: response.allowed ? allowed : 'deny',
    causes: [...new Set([...denial, ...warnings, ...exempt.split(', ')].flatMap(causesIn))],
    denial,
    warnings,
    exempt,
  }
}

// A finding reads `FIELD "IMAGE": CAUSE: MESSAGE`, an exemption `FIELD: CAUSE.DETAIL`.
function causesIn(line: string): readonly Cause[] {
  const [, named = ''] = line.split(': ')
  return causeNames.filter((cause) => named === cause || named.startsWith(`${cause}.`))
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
