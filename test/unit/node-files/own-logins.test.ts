import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ownLogins } from '../../../src/edges/node-files/index.ts'

let root = ''
const signal = new AbortController().signal
const base64 = (text: string): string => Buffer.from(text).toString('base64')

const helpers: Readonly<Record<string, string>> = {
  // Answers with what it was asked, and counts.
  echo: 'read server; echo x >> "$(dirname "$0")/calls"; printf \'{"ServerURL":"s","Username":"%s","Secret":"hidden"}\' "$server"',
  empty: 'echo "credentials not found in native keychain"; exit 1',
  failing: 'echo canary; exit 3',
  text: 'echo canary',
  null: 'echo null',
  odd: 'echo \'{"Username": 1}\'',
  token: 'echo \'{"Username":"<token>","Secret":"canary"}\'',
  flood: 'head -c 100000 /dev/zero',
  sleepy: 'exec sleep 60',
  deaf: 'exec 0<&-; echo \'{"Username":"u","Secret":"hidden"}\'',
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'logins-'))
  for (const [name, script] of Object.entries(helpers)) {
    await writeFile(join(root, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`)
    await chmod(join(root, `docker-credential-${name}`), 0o755)
  }
  vi.stubEnv('PATH', `${root}${delimiter}${process.env['PATH'] ?? ''}`)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(root, { recursive: true })
})

let count = 0
async function fileOf(config: unknown): Promise<string> {
  const file = join(root, `${String((count += 1))}.json`)
  await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config))
  return file
}

/** `user:password of key` for each login, and the warnings. */
async function logins(config: unknown, name: string): Promise<readonly [readonly string[], readonly string[]]> {
  const file = await fileOf(config)
  const warnings: string[] = []
  const found = await ownLogins(file, { warn: (message) => warnings.push(message.replace(file, 'config.json')) })(
    name,
    signal,
  )
  expect(found.every(({ source }) => source === 'docker login')).toBe(true)
  return [found.map(({ username, password, key }) => `${username}:${password.reveal()} of ${key}`), warnings]
}

describe('own logins', () => {
  const auths = { 'ghcr.io': { auth: base64('me:pw') }, 'https://index.docker.io/v1/': { auth: base64('hub:pw') } }
  it.each<readonly [string, unknown, string, readonly string[]]>([
    ['of the file', { auths }, 'ghcr.io/acme/web', ['me:pw of ghcr.io']],
    ['of Docker Hub', { auths }, 'docker.io/library/nginx', ['hub:pw of https://index.docker.io/v1/']],
    ['of another host', { auths }, 'quay.io/a/b', []],
    ['kept elsewhere', { auths: { 'ghcr.io': {} } }, 'ghcr.io/a', []],
    [
      'that are an identity token',
      { auths: { 'a.test': { auth: base64('guid:'), identitytoken: 'canary' } } },
      'a.test/b',
      [],
    ],
    [
      'of a helper for the host',
      { credHelpers: { 'a.test:5000': 'echo' } },
      'a.test:5000/b',
      ['a.test:5000:hidden of a.test:5000'],
    ],
    ['of a helper for another host', { credHelpers: { 'a.test': 'echo' } }, 'b.test/b', []],
    [
      'of a helper for Docker Hub',
      { credHelpers: { 'docker.io': 'echo' } },
      'docker.io/library/nginx',
      ['https://index.docker.io/v1/:hidden of https://index.docker.io/v1/'],
    ],
    ['of the store', { credsStore: 'echo' }, 'a.test/b', ['a.test:hidden of a.test']],
    ['of the helper before the store', { credHelpers: { 'a.test': 'empty' }, credsStore: 'echo' }, 'a.test/b', []],
    [
      'of the store, then of the file',
      { credsStore: 'echo', auths },
      'ghcr.io/a',
      ['ghcr.io:hidden of ghcr.io', 'me:pw of ghcr.io'],
    ],
    ['of a helper that has none', { credsStore: 'empty', auths }, 'ghcr.io/a', ['me:pw of ghcr.io']],
    ['of a helper with an identity token', { credsStore: 'token' }, 'a.test/b', []],
    ['of a helper that does not read', { credsStore: 'deaf' }, 'a.test/b', ['u:hidden of a.test']],
    ['of a helper whose name is a path', { credsStore: '../docker-credential-echo' }, 'a.test/b', []],
    ['of nothing', {}, 'a.test/b', []],
    ['of odd types', { auths: null, credHelpers: [1], credsStore: 7 }, 'a.test/b', []],
  ])('%s', async (_, config, name, expected) => {
    expect(await logins(config, name)).toEqual([expected, []])
  })

  it.each([
    ['failing', 'docker-credential-failing: it ended with an error'],
    ['text', 'docker-credential-text: its answer is not JSON'],
    ['null', 'docker-credential-null: its answer is not JSON'],
    ['odd', 'docker-credential-odd: its answer lacks a login'],
    ['flood', 'docker-credential-flood: it answered more than 64 KiB'],
    ['missing', 'docker-credential-missing: it is not in the PATH'],
    ['sleepy', 'docker-credential-sleepy: it did not answer in 5 s'],
  ])('go on without the helper %s', async (credsStore, warning) => {
    expect(await logins({ credsStore, auths }, 'ghcr.io/a')).toEqual([['me:pw of ghcr.io'], [warning]])
  })

  it.each([
    ['{', 'the auths of "config.json" do not decode: unexpected end of JSON input'],
    ['{"auths": []}', /^the auths of "config\.json" do not decode: /],
    ['x'.repeat(1_100_000), 'no docker login: cannot read "config.json"'],
  ])('of a broken file are none', async (text, warning) => {
    const expected: unknown = typeof warning === 'string' ? warning : expect.stringMatching(warning)
    expect(await logins(text, 'a.test/b')).toEqual([[], [expected]])
  })

  it('of a broken auths leave the helper', async () => {
    expect((await logins({ auths: [], credsStore: 'echo' }, 'a.test/b'))[0]).toEqual(['a.test:hidden of a.test'])
  })

  it('of a file that is not there are none: a warning only where it was named', async () => {
    const warnings: string[] = []
    const warn = (message: string): number => warnings.push(message)
    const find = (file: string | undefined, required: boolean): Promise<readonly unknown[]> =>
      ownLogins(file, { warn, required })('a.test/b', signal)
    expect([await find(undefined, true), await find('/nowhere/config.json', false), warnings]).toEqual([[], [], []])
    expect([await find('/nowhere/config.json', true), warnings]).toEqual([
      [],
      ['no docker login: cannot read "/nowhere/config.json"'],
    ])
  })

  it('ask a helper once for a host, and warn once for a helper', async () => {
    await rm(join(root, 'calls'), { force: true })
    const warnings: string[] = []
    const find = ownLogins(await fileOf({ credHelpers: { 'a.test': 'echo' }, credsStore: 'failing' }), {
      warn: (message) => warnings.push(message),
    })
    const names = ['a.test/one', 'a.test/two', 'b.test/one', 'c.test/one', 'a.test/three']
    await Promise.all(names.map((name) => find(name, signal)))
    expect([await readFile(join(root, 'calls'), 'utf8'), warnings]).toEqual([
      'x\n',
      ['docker-credential-failing: it ended with an error'],
    ])
  })

  it('do not hold up who has no more time', async () => {
    const started = performance.now()
    const find = ownLogins(await fileOf({ credsStore: 'sleepy' }), { warn: () => undefined })
    expect(await find('a.test/b', AbortSignal.timeout(100))).toEqual([])
    expect(await find('a.test/b', AbortSignal.abort())).toEqual([])
    expect(performance.now() - started).toBeLessThan(3000)
  })

  it('never show a password', async () => {
    const found = await ownLogins(await fileOf({ auths, credsStore: 'echo' }), { warn: () => undefined })(
      'ghcr.io/a',
      signal,
    )
    expect(JSON.stringify(found)).not.toMatch(/pw|hidden/)
  })
})
