// A token service as distribution's registries trust it: it signs what an asker may do, for a registry that knows its certificate.
// https://distribution.github.io/distribution/spec/auth/token/ and .../jwt/
import { KeyObject, randomUUID, sign, webcrypto } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { installReflectMetadata } from '../../src/edges/certificates/reflect-metadata.ts'
import type { Login } from '../registry/images.ts'

export interface TokenServiceOptions {
  /** Who may do anything; any other name or password is refused. */
  readonly login: Login
  /** Repositories that begin so may be pulled by anybody. */
  readonly publicPrefix: string
  /** Where it listens. */
  readonly address: string
  /** Under which name the registry's clients find it. */
  readonly name: string
}

export interface TokenService {
  /** What a registry needs to send its clients here, and to believe what they bring back. */
  readonly trust: TokenTrust
  close(): Promise<void>
}

/** The words of a registry's configuration, `auth.token`. */
export interface TokenTrust {
  readonly realm: string
  readonly service: string
  readonly issuer: string
  /** PEM. */
  readonly certificate: string
}

const SERVICE = 'lab registry'
const ISSUER = 'lab token service'
const LIFETIME_S = 300
const ALGORITHM = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
}
const DAY_MS = 24 * 60 * 60 * 1000

export async function startTokenService(options: TokenServiceOptions): Promise<TokenService> {
  const signer = await createSigner()
  const server = createServer((request, response) => {
    answer(request, options, signer).then(
      ({ status, body }) => response.writeHead(status, { 'content-type': 'application/json' }).end(body),
      () => response.destroy(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, options.address, resolve))
  const { port } = server.address() as AddressInfo
  return {
    trust: {
      realm: `http://${options.name}:${String(port)}/token`,
      service: SERVICE,
      issuer: ISSUER,
      certificate: signer.certificate,
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Fewer rights rather than a refusal, unless the password is wrong. */
async function answer(
  request: IncomingMessage,
  options: TokenServiceOptions,
  signer: Signer,
): Promise<{ readonly status: number; readonly body: string }> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://token')
  if (pathname !== '/token') return { status: 404, body: '{}' }
  const asked = request.method === 'POST' ? await readForm(request) : searchParams
  const who = request.method === 'POST' ? posted(asked) : basic(request.headers.authorization)
  const known = who?.username === options.login.username && who.password === options.login.password
  if (who !== undefined && !known) return { status: 401, body: '{"details":"incorrect username or password"}' }
  const scopes = asked.getAll('scope').flatMap((scope) => scope.split(' '))
  const access = scopes.flatMap((scope) => granted(scope, known, options.publicPrefix))
  const token = signer.sign({ sub: who?.username ?? '', access })
  return { status: 200, body: JSON.stringify({ token, access_token: token, expires_in: LIFETIME_S }) }
}

interface Access {
  readonly type: string
  readonly name: string
  readonly actions: readonly string[]
}

/** `repository:team/app:pull,push` */
function granted(scope: string, known: boolean, publicPrefix: string): readonly Access[] {
  const [type = '', name = '', actions = ''] = scope.split(':')
  if (known) return [{ type, name, actions: actions.split(',') }]
  const open = type === 'repository' && name.startsWith(publicPrefix) && actions.split(',').includes('pull')
  return open ? [{ type, name, actions: ['pull'] }] : []
}

function posted(form: URLSearchParams): Login | undefined {
  const username = form.get('username')
  return username === null ? undefined : { username, password: form.get('password') ?? '' }
}

function basic(authorization: string | undefined): Login | undefined {
  if (authorization === undefined) return undefined
  const [username = '', ...password] = Buffer.from(authorization.replace(/^basic /i, ''), 'base64')
    .toString()
    .split(':')
  return { username, password: password.join(':') }
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return new URLSearchParams(Buffer.concat(pieces).toString())
}

interface Signer {
  /** PEM. */
  readonly certificate: string
  /** A token that says this, and that it is ours and good from now on. */
  sign(claims: object): string
}

async function createSigner(): Promise<Signer> {
  installReflectMetadata()
  const x509 = await import('@peculiar/x509')
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: '01',
      name: [{ CN: [ISSUER] }],
      notBefore: new Date(Date.now() - DAY_MS),
      notAfter: new Date(Date.now() + 30 * DAY_MS),
      signingAlgorithm: ALGORITHM,
      keys,
    },
    webcrypto,
  )
  const key = KeyObject.from(keys.privateKey)
  const header = { typ: 'JWT', alg: 'RS256', x5c: [Buffer.from(certificate.rawData).toString('base64')] }
  return {
    certificate: certificate.toString('pem'),
    sign(claims) {
      const now = Math.floor(Date.now() / 1000)
      const times = { iat: now, nbf: now - 60, exp: now + LIFETIME_S }
      const payload = { iss: ISSUER, aud: SERVICE, jti: randomUUID(), ...times, ...claims }
      const text = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
      return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`
    },
  }
}
