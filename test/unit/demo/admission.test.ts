import { describe, expect, test } from 'vitest'
import { reviewOf, rulingOf } from '../../../src/edges/demo/admission.ts'

const accounts = new Map([
  ['shop/default', ['of-default']],
  ['shop/billing', ['of-billing', 'second']],
])

describe('the review', () => {
  test('is the one that an API server sends', () => {
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' }, spec: {} }
    const kind = { group: 'apps', version: 'v1', kind: 'Deployment' }
    const resource = { group: 'apps', version: 'v1', resource: 'deployments' }
    expect(reviewOf(object, accounts)).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: {
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        kind,
        resource,
        requestKind: kind,
        requestResource: resource,
        name: 'web',
        namespace: 'shop',
        operation: 'CREATE',
        userInfo: { username: 'kubernetes-admin', groups: ['kubeadm:cluster-admins', 'system:authenticated'] },
        object,
        oldObject: null,
        dryRun: false,
        options: { apiVersion: 'meta.k8s.io/v1', kind: 'CreateOptions', fieldManager: 'kubectl-client-side-apply' },
      },
    })
  })

  test.each([
    ['its account’s', {}, { serviceAccountName: 'default', imagePullSecrets: [{ name: 'of-default' }] }],
    [
      'a named account’s',
      { serviceAccountName: 'billing' },
      { serviceAccountName: 'billing', imagePullSecrets: [{ name: 'of-billing' }, { name: 'second' }] },
    ],
    [
      'its own',
      { imagePullSecrets: [{ name: 'own' }] },
      { serviceAccountName: 'default', imagePullSecrets: [{ name: 'own' }] },
    ],
    ['none', { serviceAccountName: 'other' }, { serviceAccountName: 'other' }],
  ])('a Pod has pull secrets: %s', (_name, spec, expected) => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop' }, spec }
    expect(reviewOf(pod, accounts)).toMatchObject({
      request: {
        kind: { group: '', version: 'v1', kind: 'Pod' },
        object: { ...pod, spec: expected },
      },
    })
    expect(pod.spec).toBe(spec)
  })
})

const DENIAL = 'spec.containers[0].image "a.test/b": tag-missing: neither tag nor digest. Fix: name one: v1'
const WARNING = 'spec.containers[1].image "a.test/c:v1": rate-limited: 100 in six hours. Fix: log in'

function answer(response: object): string {
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response })
}

test.each<[string, number, string, object]>([
  ['allowed', 200, answer({ uid: '1', allowed: true }), answered('allow', [], [], [])],
  [
    'warned',
    200,
    answer({ uid: '1', allowed: true, warnings: [WARNING] }),
    answered('warn', ['rate-limited'], [], [WARNING]),
  ],
  [
    'denied, in two lines and a warning',
    200,
    answer({ uid: '1', allowed: false, status: { code: 403, message: `${DENIAL}\n${DENIAL}` }, warnings: [WARNING] }),
    answered('deny', ['tag-missing', 'rate-limited'], [DENIAL, DENIAL], [WARNING]),
  ],
  [
    'allowed, by an exemption',
    200,
    answer({ uid: '1', allowed: true, auditAnnotations: { exempt: 'a: registry-unreachable.dns, b: tag-missing' } }),
    {
      ...answered('allow', ['registry-unreachable', 'tag-missing'], [], []),
      exempt: 'a: registry-unreachable.dns, b: tag-missing',
    },
  ],
  [
    'another form of text',
    200,
    answer({ uid: '1', allowed: false, status: { message: 'tag-missing' } }),
    answered('deny', [], ['tag-missing'], []),
  ],
  ['another uid', 200, answer({ uid: '2', allowed: true }), none('the answer is to another request')],
  ['no uid', 200, answer({ allowed: true }), none('the answer is no AdmissionReview')],
  [
    'another version',
    200,
    answer({ uid: '1', allowed: true }).replace('/v1', '/v1beta1'),
    none('the answer is no AdmissionReview'),
  ],
  ['no JSON', 200, '<html>', none('the answer is no AdmissionReview')],
  ['another status', 503, answer({ uid: '1', allowed: true }), none('HTTP status 503')],
])('an answer: %s', (_name, status, body, expected) => {
  expect(rulingOf(status, body, '1')).toEqual(expected)
})

function answered(decision: string, causes: string[], denial: string[], warnings: string[]): object {
  return { kind: 'answered', decision, causes, denial, warnings, exempt: '' }
}

function none(problem: string): object {
  return { kind: 'none', problem }
}
