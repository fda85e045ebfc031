import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'

import type { Logger } from '../../base/telemetry/index.ts'
import { whyUnreadable } from '../../base/file-error.ts'
import { printable } from '../../base/text.ts'
import { CertificateError } from './certificate-error.ts'
import { readPair } from './certificate-pair.ts'
import type { CertificatePair, PairFiles } from './certificate-pair.ts'

export interface WatchOptions extends PairFiles {
  /** Milliseconds between two looks at the files. */
  readonly pollMs?: number
  /** A new pair, to be put in service now. If it throws, the old one stays. Not called for the first. */
  readonly onChange: (pair: CertificatePair) => void
  /** Once for each new content of the files, the first excepted. */
  readonly count?: (result: 'loaded' | 'rejected') => void
  readonly log: Logger
  readonly now?: () => number
}

export interface CertificateWatch {
  /** The pair in service. */
  current(): CertificatePair
  /** When that pair expires. */
  notAfter(): Date
  close(): void
}

/** A chain with its key is some kilobytes. */
const MAX_FILE = 1024 * 1024

const POLL = 1000

/**
 * Loads a certificate pair, and looks for another by the content of its files, so that every way of replacing them is seen, the
 * swap of the `..data` symlink of a mounted Secret too. What cannot be used leaves the old pair in service. Rejects with
 * a CertificateError where the first pair cannot be used; an expired one is taken then, since its successor may be on the way.
 */
export async function watchCertificate(options: WatchOptions): Promise<CertificateWatch> {
  const { log, now = Date.now } = options
  const first = await load(options)
  const firstPair = first.read()
  if (firstPair instanceof CertificateError) throw firstPair
  let current = firstPair
  if (isExpired(current)) log.warn({ notAfter: current.notAfter.toISOString() }, 'certificate has expired')
  let settled = first.content
  let suspect: string | undefined
  let closed = false
  let timer = setTimeout(look, options.pollMs ?? POLL).unref()

  function isExpired(pair: CertificatePair): boolean {
    return pair.notAfter.getTime() <= now()
  }

  function look(): void {
    void load(options).then((loaded) => {
      if (closed) return
      consider(loaded)
      timer = setTimeout(look, options.pollMs ?? POLL).unref()
    })
  }

  function consider({ content, read }: Loaded): void {
    if (content === settled) {
      suspect = undefined
      return
    }
    const pair = read()
    const refusal = pair instanceof CertificateError ? pair : putInService(pair)
    // The two files are not replaced in one instant, nor written in one: only what is still wrong at the next look is wrong.
    if (refusal !== undefined && content !== suspect) {
      suspect = content
      return
    }
    settled = content
    suspect = undefined
    options.count?.(refusal === undefined ? 'loaded' : 'rejected')
    if (refusal === undefined) log.info({ notAfter: current.notAfter.toISOString() }, 'certificate changed')
    else
      log.error({ code: refusal.code, problem: refusal.message }, 'certificate not changed: the files cannot be used')
  }

  function putInService(pair: CertificatePair): CertificateError | undefined {
    if (isExpired(pair) && !isExpired(current)) {
      const path = printable(options.certFile)
      return new CertificateError('CERTIFICATE_EXPIRED', 'certFile', `the certificate in ${path} has expired`)
    }
    try {
      options.onChange(pair)
    } catch (cause) {
      return new CertificateError('CERTIFICATE_INVALID', 'certFile', 'the server does not take it', { cause })
    }
    current = pair
    return undefined
  }

  return {
    current: () => current,
    notAfter: () => current.notAfter,
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}

interface Loaded {
  /** Equal for equal content of both files, or for the same failure to read them. */
  readonly content: string
  readonly read: () => CertificatePair | CertificateError
}

async function load(files: PairFiles): Promise<Loaded> {
  const [cert, key] = await Promise.all([readText(files.certFile, 'certFile'), readText(files.keyFile, 'keyFile')])
  if (cert instanceof CertificateError) return { content: cert.message, read: () => cert }
  if (key instanceof CertificateError) return { content: key.message, read: () => key }
  const content = createHash('sha256')
    .update(JSON.stringify([cert, key]))
    .digest('hex')
  return { content, read: () => readPair(cert, key, files) }
}

async function readText(path: string, field: 'certFile' | 'keyFile'): Promise<string | CertificateError> {
  const unreadable = (why: string, cause?: unknown): CertificateError =>
    new CertificateError('CERTIFICATE_UNREADABLE', field, `cannot read ${printable(path)}: ${why}`, { cause })
  try {
    const file = await stat(path)
    if (!file.isFile()) return unreadable('it is not a file')
    if (file.size > MAX_FILE) return unreadable(`it is larger than ${MAX_FILE} bytes`)
    return await readFile(path, 'utf8')
  } catch (cause) {
    return unreadable(whyUnreadable(cause), cause)
  }
}
