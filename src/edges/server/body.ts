import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'

/** Some room above the 3 MiB of an object, twice: an UPDATE carries the old one too. */
export const MAX_BODY = 8 * 1024 * 1024

/** What all requests together may hold: a body costs many times its size once it is parsed. */
const MAX_HELD = 64 * 1024 * 1024

/** The longest timeout that a webhook may have: nobody waits for what takes longer to arrive. */
const LONGEST = 30_000

/** Deeper than any object of Kubernetes, and far from where a recursive reader runs out of stack. */
const MAX_DEPTH = 1000

/** A body up to this size cannot nest deep enough to cost anything; it is not looked through. */
const MAX_UNCHECKED = 64 * 1024

export type Body =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'too-large' }
  /** Other requests hold all that there is room for. */
  | { readonly kind: 'no-room' }

export interface BodyReader {
  /**
   * Reads to the end, whatever it is, so that the client is done writing when it is answered. Rejects if the client goes away, or
   * takes so long that the stream is destroyed.
   */
  read(stream: Readable): Promise<Body>
  /** Gives back what `read` took. */
  release(body: Body): void
}

export function createBodyReader(most = MAX_HELD, longestMs = LONGEST): BodyReader {
  let held = 0

  function read(stream: Readable): Promise<Body> {
    const chunks: Buffer[] = []
    let size = 0
    let refusal: 'too-large' | 'no-room' | undefined
    function drop(): void {
      held -= size
      size = 0
      chunks.length = 0
    }
    function take(chunk: Buffer): void {
      if (refusal !== undefined) return
      if (size + chunk.length > MAX_BODY) refusal = 'too-large'
      else if (held + chunk.length > most) refusal = 'no-room'
      if (refusal !== undefined) {
        drop()
        return
      }
      size += chunk.length
      held += chunk.length
      chunks.push(chunk)
    }
    return new Promise((resolve, reject) => {
      let ended = false
      const late = setTimeout(() => stream.destroy(), longestMs).unref()
      stream.on('data', take)
      stream.once('end', () => {
        ended = true
        clearTimeout(late)
        resolve(refusal === undefined ? { kind: 'bytes', bytes: Buffer.concat(chunks, size) } : { kind: refusal })
      })
      stream.once('error', reject)
      stream.once('close', () => {
        clearTimeout(late)
        if (ended) return
        drop()
        reject(new Error('the client went away'))
      })
    })
  }

  return {
    read,
    release(body) {
      if (body.kind === 'bytes') held -= body.bytes.length
    },
  }
}

export type ParsedBody =
  | { readonly kind: 'parsed'; readonly body: unknown }
  /** A constant sentence: nothing of the body is in it. */
  | { readonly kind: 'unreadable'; readonly problem: string }

/**
 * JSON by `JSON.parse` alone: a key `__proto__` is a key like others to it, where a parser that looks for such keys would refuse, and
 * so let a pod's author decide which pods are looked at.
 */
export function parseBody(bytes: Buffer): ParsedBody {
  if (bytes.length === 0) return { kind: 'unreadable', problem: 'the body is empty' }
  if (!isUtf8(bytes)) return { kind: 'unreadable', problem: 'the body is not UTF-8' }
  if (bytes.length > MAX_UNCHECKED && nestsDeeper(bytes, MAX_DEPTH)) {
    return { kind: 'unreadable', problem: `the body nests deeper than ${MAX_DEPTH} levels` }
  }
  try {
    return { kind: 'parsed', body: JSON.parse(bytes.toString('utf8')) as unknown }
  } catch {
    return { kind: 'unreadable', problem: 'the body is not JSON' }
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

function nestsDeeper(bytes: Buffer, most: number): boolean {
  let depth = 0
  let inText = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (inText) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) inText = false
    } else if (byte === QUOTE) inText = true
    // `[` and `{`, then `]` and `}`: each pair differs in one bit.
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > most) return true
    } else if (byte === 0x5d || byte === 0x7d) depth--
  }
  return false
}
