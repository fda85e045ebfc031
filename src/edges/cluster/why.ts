const WORDS: Readonly<Record<string, string>> = {
  NO_CREDENTIALS: 'the credentials for it cannot be read',
  LINE_TOO_LONG: 'an event that is too large',
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'its name does not resolve',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no route to it',
  ETIMEDOUT: 'no answer in time',
  // Our own signal is known before; what else ends so is a CONNECT that was not answered with a 200.
  UND_ERR_ABORTED: 'the proxy on the way to it does not let us through',
  UND_ERR_PRX_CONN: 'the proxy on the way to it breaks off the connection',
  UND_ERR_PRX_TLS: 'the proxy on the way to it shows a certificate for another name',
  UND_ERR_CONNECT_TIMEOUT: 'no answer in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'no answer in time',
  ECONNRESET: 'connection reset',
  ECONNABORTED: 'connection reset',
  EPIPE: 'connection reset',
  UND_ERR_SOCKET: 'connection reset',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is of an unknown authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is of an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is of an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is of an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is of an unknown authority',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not yet valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
}

const RESETS = ['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'UND_ERR_SOCKET']

/** Files or a plugin that should give credentials did not. */
export class NoCredentials extends Error {
  readonly code = 'NO_CREDENTIALS'
}

/** A server that stops resets the connections that it keeps. */
export function isReset(error: unknown): boolean {
  return codesOf(error).some((code) => RESETS.includes(code))
}

/** Nothing came for as long as was waited. */
export function isTimeout(error: unknown): boolean {
  return codesOf(error).includes('UND_ERR_BODY_TIMEOUT')
}

/** What an exchange with the API server failed of, by the codes of the error and of its causes; nothing else of them is shown. */
export function whyLost(error: unknown): string {
  const codes = codesOf(error)
  for (const code of codes) {
    const words = Object.hasOwn(WORDS, code) ? WORDS[code] : undefined
    if (words !== undefined) return words
  }
  const [first = ''] = codes
  return /^[A-Z0-9_]{2,60}$/.test(first) ? `network (${first})` : 'network'
}

function codesOf(error: unknown): readonly string[] {
  const codes: string[] = []
  let each = error
  for (let depth = 0; depth < 4 && each instanceof Error; depth += 1) {
    if ('code' in each && typeof each.code === 'string') codes.push(each.code)
    each = each instanceof AggregateError ? each.errors[0] : each.cause
  }
  return codes
}
