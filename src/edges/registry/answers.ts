import type { Failure, Refused, Throttled } from '../../engine/verdict/index.ts'
import { readErrorBody } from './error-body.ts'
import type { ErrorBody } from './error-body.ts'
import { headerValue, looksLikeHtml } from './json.ts'
import type { Reply } from './transport.ts'

export const refusedAtRegistry: Refused = { kind: 'refused', at: 'registry' }
export const refusedAtLogin: Refused = { kind: 'refused', at: 'login' }
const expired: Refused = { kind: 'refused', at: 'login', detail: 'expired' }

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

/**
 * What a registry's answer above 299 means, its challenges already dealt with (registry-protocol 2.2). Statuses and
 * codes decide; wording only where nothing else tells two causes apart.
 */
export function failureOf(reply: Reply): Failure {
  const { status, url } = reply
  // The other origin was asked without what the node may have for it: its refusal is no answer.
  if (reply.strayed && status === 401) return { kind: 'faulty', detail: 'redirects', status, host: url.host }
  switch (status) {
    case 401:
      return saysExpired(readErrorBody(reply)) ? expired : refusedAtRegistry
    case 403:
      return forbidden(reply)
    case 404:
      if (looksLikeHtml(headerValue(reply.headers['content-type']), reply.body)) break
      return { kind: 'absent', what: saysNoRepository(readErrorBody(reply)) ? 'repository' : 'manifest' }
    case 412:
      return { kind: 'blocked', status, detail: 'policy' }
    case 451:
      return { kind: 'blocked', status, detail: 'legal' }
    case 429:
      return throttled(reply)
    default:
      return { kind: 'faulty', detail: 'status', status, host: url.host }
  }
  return { kind: 'faulty', detail: 'not-a-registry', status, host: url.host }
}

function forbidden(reply: Reply): Failure {
  const error = readErrorBody(reply)
  const { status } = reply
  if (error.codes.some((code) => QUOTA.includes(code))) return throttled(reply)
  if (isPolicy(error)) return { kind: 'blocked', status, detail: 'policy' }
  // Azure's firewall speaks in the registry's voice, with the registry's code.
  const byAddress = error.text.includes('client with ip')
  if (reply.strayed || !error.registry || byAddress) return { kind: 'blocked', status, detail: 'firewall' }
  return saysExpired(error) ? expired : refusedAtRegistry
}

const QUOTA = ['TOOMANYREQUESTS', 'TOO_MANY_REQUEST', 'TOO_MANY_REQUESTS']

/** Harbor's code; Artifactory's Xray sends errors without one. */
function isPolicy(error: ErrorBody): boolean {
  if (error.codes.includes('PROJECTPOLICYVIOLATION')) return true
  return error.text.includes('xray') || error.text.includes('download blocking')
}

/** ECR and Chainguard name it in words alone. */
export function saysExpired(error: ErrorBody): boolean {
  return error.registry && /\b(?:has|have) expired\b/.test(error.text)
}

/** ECR, Quay, zot and distribution have a code for it; Harbor has words. */
export function saysNoRepository(error: ErrorBody): boolean {
  if (error.codes.includes('NAME_UNKNOWN')) return true
  return error.codes.includes('NOT_FOUND') && error.text.startsWith('repository ')
}

export function throttled(reply: Pick<Reply, 'headers'>): Throttled {
  const window = rateOf(headerValue(reply.headers['ratelimit-limit']))?.window
  return window === undefined ? { kind: 'throttled' } : { kind: 'throttled', window }
}

const RATE = /^(\d{1,9})(?:;w=(\d{1,8}))?$/

/** `100;w=21600` */
export function rateOf(header: string | undefined): { readonly count: number; readonly window?: number } | undefined {
  const match = RATE.exec(header?.trim() ?? '')
  if (match === null) return undefined
  const count = Number(match[1])
  return match[2] === undefined ? { count } : { count, window: Number(match[2]) }
}
