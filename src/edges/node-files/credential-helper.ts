import { spawn } from 'node:child_process'
import { Secret } from '../../base/secret.ts'

const MOST_MS = 5000
const MOST_BYTES = 64 * 1024 // a token of a few KiB, and its server

export interface HelperLogin {
  readonly username: string
  readonly password: Secret
}

export type HelperAnswer =
  | { readonly kind: 'login'; readonly login: HelperLogin }
  /** It has none for this server. */
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly why: string }

/** `docker-credential-NAME get`, the server on its standard input (docker/docker-credential-helpers, README "Development"). */
export function askHelper(name: string, server: string): Promise<HelperAnswer> {
  return new Promise((resolve) => {
    const child = spawn(`docker-credential-${name}`, ['get'], { stdio: ['pipe', 'pipe', 'ignore'], shell: false })
    const parts: Buffer[] = []
    let length = 0
    function end(answer: HelperAnswer): void {
      clearTimeout(timer)
      child.kill('SIGKILL')
      child.stdout.destroy()
      resolve(answer) // only the first counts
    }
    const timer = setTimeout(() => end({ kind: 'failed', why: 'it did not answer in 5 s' }), MOST_MS)
    child.on('error', (error) => {
      const missing = 'code' in error && error.code === 'ENOENT'
      end({ kind: 'failed', why: missing ? 'it is not in the PATH' : 'it cannot be run' })
    })
    child.stdin.on('error', () => undefined) // it may end without reading
    child.stdout.on('data', (part: Buffer) => {
      length += part.length
      if (length > MOST_BYTES) end({ kind: 'failed', why: 'it answered more than 64 KiB' })
      else parts.push(part)
    })
    child.on('close', (code) => end(readAnswer(code, Buffer.concat(parts).toString('utf8'))))
    child.stdin.end(`${server}\n`)
  })
}

/** `{"ServerURL": …, "Username": …, "Secret": …}`; a helper that has nothing says so on its standard output, and fails. */
function readAnswer(code: number | null, text: string): HelperAnswer {
  if (code !== 0) {
    return /credentials not found/i.test(text) ? { kind: 'none' } : { kind: 'failed', why: 'it ended with an error' }
  }
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    return { kind: 'failed', why: 'its answer is not JSON' }
  }
  if (typeof answer !== 'object' || answer === null) return { kind: 'failed', why: 'its answer is not JSON' }
  const { Username: username, Secret: secret } = answer as { readonly Username?: unknown; readonly Secret?: unknown }
  if (typeof username !== 'string' || typeof secret !== 'string')
    return { kind: 'failed', why: 'its answer lacks a login' }
  // `<token>` marks an identity token, which no pull secret could carry to a node.
  if (username === '' || secret === '' || username === '<token>') return { kind: 'none' }
  return { kind: 'login', login: { username, password: new Secret(secret) } }
}
