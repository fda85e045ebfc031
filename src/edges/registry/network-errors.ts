import { printable } from '../../base/text.ts'
import type { Faulty, Unconnected, Unfollowed, Unproxied, Unreachable } from '../../engine/verdict/index.ts'
import type { AddressKind } from './addresses.ts'

/** An address that our safety rules refuse to connect to. */
export class AddressRefused extends Error {
  readonly code: 'ADDRESS_REFUSED' | 'LOOPBACK_REFUSED'

  constructor(kind: AddressKind) {
    super('the address is refused')
    this.code = kind === 'loopback' ? 'LOOPBACK_REFUSED' : 'ADDRESS_REFUSED'
  }
}

/** The proxy did not let us through: the status that it answered, or the error for want of one. */
export class ProxyFailed extends Error {
  readonly code = 'PROXY_FAILED'
  readonly proxy: Unproxied['proxy']

  constructor(host: string, answer: unknown) {
    super('the proxy failed')
    this.proxy = { host: printable(host), answer: typeof answer === 'number' ? answer : proxyAnswer(answer) }
  }
}

/** Node's, OpenSSL's and undici's codes. What is not listed is `network`, or `tls` by its prefix. */
const DETAILS: Readonly<Record<string, Unconnected['detail']>> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  EAI_NODATA: 'dns',
  EAI_NONAME: 'dns',
  ENODATA: 'dns',
  ESERVFAIL: 'dns',
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  ABORT_ERR: 'timeout',
  UND_ERR_ABORTED: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls-unknown-ca',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls-unknown-ca',
  UNABLE_TO_GET_ISSUER_CERT: 'tls-unknown-ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls-unknown-ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls-unknown-ca',
  CERT_UNTRUSTED: 'tls-unknown-ca',
  CERT_HAS_EXPIRED: 'tls-expired',
  CERT_NOT_YET_VALID: 'tls-expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls-name',
  HOSTNAME_MISMATCH: 'tls-name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'plain-http',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'plain-http',
  ERR_SSL_HTTP_REQUEST: 'plain-http',
  EPROTO: 'tls',
}

const TLS_PREFIXES = ['ERR_SSL_', 'ERR_TLS_', 'ERR_OSSL_', 'CERT_', 'UNABLE_TO_', 'CRL_', 'INVALID_CA', 'PATH_LENGTH_']

/** What an exchange with `host` (name and port) failed of, by the codes of the error and of its causes. */
export function networkFailure(error: unknown, host: string): Unreachable | Unfollowed | Faulty {
  const named = printable(host)
  if (error instanceof ProxyFailed) return { kind: 'unreachable', detail: 'proxy', host: named, proxy: error.proxy }
  for (const code of codesOf(error, 4)) {
    if (code === 'ADDRESS_REFUSED') return { kind: 'unfollowed', detail: 'address', host: named }
    if (code === 'LOOPBACK_REFUSED') return { kind: 'unfollowed', detail: 'loopback', host: named }
    // Bytes came, but not HTTP's.
    if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW') {
      return { kind: 'faulty', detail: 'not-a-registry', status: 0, host: named }
    }
    const detail = Object.hasOwn(DETAILS, code) ? DETAILS[code] : undefined
    if (detail !== undefined) return { kind: 'unreachable', detail, host: named }
    if (TLS_PREFIXES.some((prefix) => code.startsWith(prefix))) {
      return { kind: 'unreachable', detail: 'tls', host: named }
    }
  }
  return { kind: 'unreachable', detail: 'network', host: named }
}

function proxyAnswer(error: unknown): Unproxied['proxy']['answer'] {
  const failure = networkFailure(error, '')
  if (failure.kind !== 'unreachable' || failure.detail === 'proxy') return 'not-http'
  return failure.detail === 'plain-http' ? 'tls' : failure.detail
}

function codesOf(error: unknown, depth: number): readonly string[] {
  if (!(error instanceof Error) || depth === 0) return []
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : []
  const name = error.name === 'TimeoutError' || error.name === 'AbortError' ? ['ABORT_ERR'] : []
  // undici's parser names its code no more.
  const parser = error.name === 'HTTPParserError' ? ['HPE_'] : []
  const inner: readonly unknown[] = error instanceof AggregateError ? error.errors.slice(0, 4) : []
  return [...own, ...name, ...parser, ...[error.cause, ...inner].flatMap((each) => codesOf(each, depth - 1))]
}
