import { describe, expect, test } from 'vitest'

import { readAdmissionReview } from '../../../src/engine/admission/index.ts'

const request = {
  uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
  operation: 'UPDATE',
  kind: { group: 'apps', version: 'v1', kind: 'Deployment' },
  resource: { group: 'apps', version: 'v1', resource: 'deployments' },
  subResource: 'scale',
  requestKind: { group: 'extensions', version: 'v1beta1', kind: 'Deployment' },
  name: 'web',
  namespace: 'shop',
  userInfo: { username: 'jane', uid: '1', groups: ['system:authenticated'], extra: { a: ['b'] } },
  object: { kind: 'Deployment' },
  oldObject: { kind: 'Deployment', metadata: {} },
  dryRun: true,
  options: { kind: 'UpdateOptions' },
}
const review = (changes: object = {}, envelope: object = {}): unknown => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: { ...request, ...changes },
  ...envelope,
})

test('a whole request', () => {
  expect(readAdmissionReview(review())).toEqual({
    kind: 'request',
    request: {
      uid: request.uid,
      operation: 'UPDATE',
      kind: request.kind,
      resource: request.resource,
      subResource: 'scale',
      name: 'web',
      namespace: 'shop',
      username: 'jane',
      groups: ['system:authenticated'],
      object: request.object,
      oldObject: request.oldObject,
      dryRun: true,
    },
  })
})

test('what is absent or null is empty', () => {
  const empty = {
    kind: 'request',
    request: {
      uid: 'u',
      operation: '',
      kind: { group: '', version: '', kind: '' },
      resource: { group: '', version: '', resource: '' },
      subResource: '',
      name: '',
      namespace: '',
      username: '',
      groups: [],
      object: undefined,
      oldObject: undefined,
      dryRun: false,
    },
  }
  const envelope = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' }
  expect(readAdmissionReview({ ...envelope, request: { uid: 'u' } })).toEqual(empty)
  const nulls = { operation: null, kind: null, resource: null, subResource: null, name: null, namespace: null }
  const more = { userInfo: null, dryRun: null }
  expect(readAdmissionReview({ ...envelope, request: { uid: 'u', ...nulls, ...more } })).toEqual(empty)
})

describe('unreadable', () => {
  const json = (text: string): unknown => JSON.parse(text) as unknown
  const inherited = Object.assign(Object.create(review() as object) as object, { other: 1 })
  const rows: readonly [string, unknown, string][] = [
    ['nothing', undefined, 'the body is not an object'],
    ['null', null, 'the body is not an object'],
    ['text', 'x', 'the body is not an object'],
    ['a list', [review()], 'the body is not an object'],
    ['another kind', review({}, { kind: 'Pod' }), 'kind is not AdmissionReview'],
    ['a kind that is no text', review({}, { kind: ['AdmissionReview'] }), 'kind is not AdmissionReview'],
    ['v1beta1', review({}, { apiVersion: 'admission.k8s.io/v1beta1' }), 'apiVersion is not admission.k8s.io/v1'],
    ['no version', review({}, { apiVersion: undefined }), 'apiVersion is not admission.k8s.io/v1'],
    ['no request', review({}, { request: undefined }), 'request is not an object'],
    ['a response', review({}, { request: null, response: {} }), 'request is not an object'],
    ['a list for a request', review({}, { request: [] }), 'request is not an object'],
    ['no uid', review({ uid: undefined }), 'request.uid is not a UID'],
    ['an empty uid', review({ uid: '' }), 'request.uid is not a UID'],
    ['a number', review({ uid: 1 }), 'request.uid is not a UID'],
    ['a long uid', review({ uid: 'u'.repeat(129) }), 'request.uid is not a UID'],
    ['a uid of lines', review({ uid: 'a\nb' }), 'request.uid is not a UID'],
    ['an operation that is none', review({ operation: {} }), 'request.operation is not a string'],
    ['a long name', review({ name: 'n'.repeat(4097) }), 'request.name is longer than 4096 characters'],
    ['a namespace in a list', review({ namespace: ['a'] }), 'request.namespace is not a string'],
    ['a kind in a text', review({ kind: 'Pod' }), 'request.kind is not an object'],
    ['a kind of numbers', review({ kind: { group: '', version: 'v1', kind: 7 } }), 'request.kind.kind is not a string'],
    ['a user who is none', review({ userInfo: 'jane' }), 'request.userInfo is not an object'],
    ['a name of a user', review({ userInfo: { username: 1 } }), 'request.userInfo.username is not a string'],
    ['groups', review({ userInfo: { groups: 'a' } }), 'request.userInfo.groups is not a list of strings'],
    ['a group', review({ userInfo: { groups: ['a', 1] } }), 'request.userInfo.groups is not a list of strings'],
    ['dryRun', review({ dryRun: 'true' }), 'request.dryRun is not true or false'],
    ['what is inherited', inherited, 'kind is not AdmissionReview'],
    ['what is a prototype', json(`{"__proto__":${JSON.stringify(review())}}`), 'kind is not AdmissionReview'],
  ]
  test.each(rows)('%s', (_name, body, problem) => {
    expect(readAdmissionReview(body)).toEqual({ kind: 'unreadable', problem })
  })
})
