import type { AdmissionRequest, GroupVersionKind, GroupVersionResource } from './request.ts'

export type ReviewReading =
  | { readonly kind: 'request'; readonly request: AdmissionRequest }
  /** `problem` is one of a closed set of sentences: nothing of the body is in it. */
  | { readonly kind: 'unreadable'; readonly problem: string }

const API_VERSION = 'admission.k8s.io/v1'

/** Room for any UID that the API server makes (36 characters), visible ASCII: it goes back in the answer and into every log line. */
const UID = /^[\x21-\x7e]{1,128}$/

/** Names, groups and users are shorter than this in any cluster; what is longer is nobody's review. */
const MAX_NAME = 4096

/** A user is in a few dozen groups at most, in directories of some hundreds. */
const MAX_GROUPS = 10_000

class Unreadable extends Error {}

/**
 * Reads the envelope of an AdmissionReview of v1, and nothing of the objects in it. Only own properties count; unknown
 * keys are passed over; a field that is absent or null is empty; a field of a wrong type makes the review unreadable, as
 * it would for a Go server.
 */
export function readAdmissionReview(body: unknown): ReviewReading {
  try {
    return { kind: 'request', request: readRequest(body) }
  } catch (error) {
    if (error instanceof Unreadable) return { kind: 'unreadable', problem: error.message }
    throw error
  }
}

function readRequest(body: unknown): AdmissionRequest {
  if (!isObject(body)) throw new Unreadable('the body is not an object')
  if (own(body, 'kind') !== 'AdmissionReview') throw new Unreadable('kind is not AdmissionReview')
  if (own(body, 'apiVersion') !== API_VERSION) throw new Unreadable(`apiVersion is not ${API_VERSION}`)
  const request = own(body, 'request')
  if (!isObject(request)) throw new Unreadable('request is not an object')
  const uid = own(request, 'uid')
  if (typeof uid !== 'string' || !UID.test(uid)) throw new Unreadable('request.uid is not a UID')
  const user = objectAt(request, 'userInfo')
  return {
    uid,
    operation: textAt(request, 'operation'),
    kind: readKind(objectAt(request, 'kind')),
    resource: readResource(objectAt(request, 'resource')),
    subResource: textAt(request, 'subResource'),
    name: textAt(request, 'name'),
    namespace: textAt(request, 'namespace'),
    object: own(request, 'object'),
    oldObject: own(request, 'oldObject'),
    username: textAt(user, 'username', 'userInfo.username'),
    groups: readGroups(own(user, 'groups')),
    dryRun: readFlag(own(request, 'dryRun')),
  }
}

function readKind(from: object): GroupVersionKind {
  return {
    group: textAt(from, 'group', 'kind.group'),
    version: textAt(from, 'version', 'kind.version'),
    kind: textAt(from, 'kind', 'kind.kind'),
  }
}

function readResource(from: object): GroupVersionResource {
  return {
    group: textAt(from, 'group', 'resource.group'),
    version: textAt(from, 'version', 'resource.version'),
    resource: textAt(from, 'resource', 'resource.resource'),
  }
}

function readGroups(value: unknown): readonly string[] {
  if (value === undefined || value === null) return []
  const readable =
    Array.isArray(value) && value.length <= MAX_GROUPS && value.every((group) => typeof group === 'string')
  if (!readable) throw new Unreadable('request.userInfo.groups is not a list of strings')
  return value
}

function readFlag(value: unknown): boolean {
  if (value === undefined || value === null) return false
  if (typeof value !== 'boolean') throw new Unreadable('request.dryRun is not true or false')
  return value
}

function textAt(from: object, key: string, field = key): string {
  const value = own(from, key)
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw new Unreadable(`request.${field} is not a string`)
  if (value.length > MAX_NAME) throw new Unreadable(`request.${field} is longer than ${MAX_NAME} characters`)
  return value
}

function objectAt(from: object, key: string): object {
  const value = own(from, key)
  if (value === undefined || value === null) return {}
  if (!isObject(value)) throw new Unreadable(`request.${key} is not an object`)
  return value
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own(from: object, key: string): unknown {
  return Object.hasOwn(from, key) ? (from as Record<string, unknown>)[key] : undefined
}
