import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificates } from '../../../src/edges/certificates/index.ts'
import { hostsDirectory } from '../../../src/edges/node-files/index.ts'
import type { Endpoint } from '../../../src/edges/node-files/index.ts'

let root = ''
let ca = ''
let cert = ''
let key = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hosts-'))
  const made = await makeCertificates({
    commonName: 'mirror.test',
    dnsNames: ['mirror.test'],
    ipAddresses: [],
    days: 1,
  })
  ca = made.ca.trim()
  cert = made.cert
  key = made.key
})
afterAll(() => rm(root, { recursive: true }))

let count = 0
/** The endpoints of the domain, in a directory of these files, and what was warned of. */
async function endpoints(
  domain: string,
  files: Readonly<Record<string, string>>,
): Promise<readonly [unknown, readonly string[]]> {
  const directory = join(root, String((count += 1)))
  await mkdir(directory)
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), text)
  }
  const warnings: string[] = []
  const found = await hostsDirectory(directory, {
    warn: (message) => warnings.push(message.replaceAll(directory, '.')),
  })(domain)
  return [found, warnings]
}

const full = { resolve: true, pull: true, skipVerify: false, headers: {} }
const at = (url: string, more: Partial<Endpoint> = {}): Endpoint => ({ url, ...full, ...more })

describe('a hosts.toml', () => {
  const upstream = at('https://reg.test/v2')
  it.each<readonly [string, string, readonly Endpoint[]]>([
    ['a server alone', 'server = "https://a.test"', [at('https://a.test/v2')]],
    ['a server without a scheme', 'server = "a.test:5000"', [at('https://a.test:5000/v2')]],
    ['a server of http', 'server = "http://a.test:5000"', [at('http://a.test:5000/v2')]],
    ['a path, cleaned', 'server = "https://a.test//x/../proxy/"', [at('https://a.test/proxy/v2')]],
    ['a trailing slash', 'server = "https://a.test/"', [at('https://a.test/v2')]],
    ['a path that ends in v2', 'server = "https://a.test/proxy/v2/"', [at('https://a.test/proxy/v2')]],
    [
      'an overriding path',
      'server = "https://a.test/v2/mirror/"\noverride_path = true',
      [at('https://a.test/v2/mirror')],
    ],
    ['an overriding path that is none', 'server = "https://a.test"\noverride_path = true', [at('https://a.test')]],
    ['no server', '[host."https://m.test"]', [at('https://m.test/v2'), upstream]],
    ['only a comment', '# nothing\n', [upstream]],
    ['hosts that name none', '[host.""]\n[host."http"]', [upstream]],
    [
      'hosts, in the order of the file, before the server',
      'server = "https://reg.test"\n[host."https://z.test"]\n[host.5000]\n[host."http://a.test"]\n[host."http://a.test".header]\nx = "y"',
      [
        at('https://z.test/v2'),
        at('https://5000/v2'),
        at('http://a.test/v2', { headers: { x: 'y' } }),
        at('https://reg.test/v2'),
      ],
    ],
    [
      'a host whose key is quoted',
      '["host"."a"]\n[\'host\' . "b\\u002etest"]',
      [at('https://a/v2'), at('https://b.test/v2'), upstream],
    ],
    [
      'a host that is none to us',
      'server = "a.test:99999"\n[host."256.1.1.1"]\n[host.m]',
      [at('https://256.1.1.1/v2'), at('https://m/v2'), at('https://a.test:99999/v2')],
    ],
    ['numbers past our own', 'x = 9223372036854775807\nserver = "a"', [at('https://a/v2')]],
    ['a host written inline, which containerd does not see', 'host = { "https://m.test" = {} }', [upstream]],
    [
      'capabilities, in any case',
      '[host.a]\ncapabilities = ["Pull"]\n[host.b]\ncapabilities = ["push"]\n[host.c]\ncapabilities = []\n[host.d]\ncapabilities = ["PULL", "resolve", "referrers"]',
      [
        at('https://a/v2', { resolve: false }),
        at('https://b/v2', { resolve: false, pull: false }),
        at('https://c/v2'),
        at('https://d/v2'),
        upstream,
      ],
    ],
    ['capabilities of the default upstream, which are not heard', 'capabilities = ["push"]', [upstream]],
    [
      'capabilities of a server',
      'server = "a.test"\ncapabilities = ["pull"]',
      [at('https://a.test/v2', { resolve: false })],
    ],
    [
      'TLS and the rest, at the root too',
      'skip_verify = true\ndial_timeout = "1.5s"\n[header]\n"X-One" = "1"\nX-Many = ["a", "b"]',
      [{ ...upstream, skipVerify: true, dialTimeoutMs: 1500, headers: { 'X-One': '1', 'X-Many': 'a, b' } }],
    ],
    [
      'HTTP with TLS settings, even such as change nothing',
      '[host."http://a:5000"]\nskip_verify = false\n[host."http://b"]\nca = []\n[host."http://c:80"]\nskip_verify = true\n[host."http://d"]\nclient = []',
      [
        at('http://a:5000/v2', { httpsFirst: true }),
        at('http://b/v2', { httpsFirst: true }),
        at('http://c:80/v2', { skipVerify: true }),
        at('http://d/v2'),
        upstream,
      ],
    ],
    ['fields in another letter case, and fields unknown', 'Server = "a.test"\nfuture = 1', [at('https://a.test/v2')]],
    [
      'headers that cannot be sent',
      '[header]\n"a b" = "x"\nc = "x\\ny"\n__proto__ = "z"',
      [{ ...upstream, headers: Object.fromEntries([['__proto__', 'z']]) }],
    ],
  ])('may have %s', async (_, text, expected) => {
    expect(await endpoints('reg.test', { 'reg.test/hosts.toml': text })).toEqual([expected, []])
  })

  it.each([
    ['no TOML', 'server = ', /^"\.\/reg\.test\/hosts\.toml" is ignored, as a node ignores it: Invalid TOML/],
    ['a key twice', 'server = "a"\nserver = "b"', /Invalid TOML/],
    ['an unknown capability', '[host.a]\ncapabilities = ["pull", "fetch"]', /: unknown capability "fetch"$/],
    ['capabilities that are no list', 'capabilities = "pull"', /: "capabilities" is not a list of strings$/],
    ['a flag that is none', 'skip_verify = "true"', /: "skip_verify" is neither true nor false$/],
    ['a server that is no text', 'server = 5', /: "server" is not a string$/],
    ['a server that is no host', 'server = "https://a b:x"', /: cannot parse the server "https:\/\/a b:x"$/],
    ['a server with a port that is none', 'server = "a:b"', /: cannot parse the server "a:b"$/],
    ['a server with an escape in its host', 'server = "a%2eb"', /: cannot parse the server/],
    ['a server with a backslash', "server = 'https://a\\b'", /: cannot parse the server/],
    ['a server with an escape that is none', 'server = "https://a/%zz"', /: cannot parse the server/],
    ['a server with a tab', 'server = "https://a/\\t"', /: cannot parse the server/],
    ['a server that is half an address', 'server = "https://::1"', /: cannot parse the server/],
    ['a byte order mark', '\ufeffserver = "a"', /: it begins with a byte order mark$/],
    ['a host that is no table', 'host = { a = 1 }', /: host "a" is not a table$/],
    ['hosts that are a list', '[[host.a]]\n', /: host "a" is not a table$/],
    ['an authority that is no path', 'ca = 1', /: "ca" is not a list of strings$/],
    ['a client that is no pair', 'client = [["a", "b", "c"]]', /: "client" holds what is no pair$/],
    ['a header that is no text', '[header]\na = 1', /: "header" is not a list of strings$/],
    ['a timeout that is none', 'dial_timeout = "soon"', /: dial_timeout "soon" is not a duration$/],
    ['text past all depth', `x = ${'['.repeat(10_000)}`, /Invalid TOML/],
  ])('with %s is ignored, and what lies beside it counts', async (_, text, why) => {
    const [found, warnings] = await endpoints('reg.test', {
      'reg.test/hosts.toml': text,
      'reg.test/ca.crt': ca,
    })
    expect([found, warnings]).toEqual([[at('https://reg.test/v2', { ca })], [expect.stringMatching(why)]])
  })
})

describe('the directory of a host', () => {
  const server = (name: string): string => `server = "https://${name}.test"`
  const all = {
    'reg.test_5000_/hosts.toml': server('underscores'),
    'reg.test:5000/hosts.toml': server('colon'),
    'reg.test/hosts.toml': server('bare'),
    '_default/hosts.toml': server('default'),
  }
  const without = (...names: readonly string[]): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(all).filter(([path]) => !names.includes(dirname(path))))

  it.each<readonly [string, Readonly<Record<string, string>>, string | undefined]>([
    ['reg.test:5000', all, 'underscores'],
    ['reg.test:5000', without('reg.test_5000_'), 'colon'],
    ['reg.test:5000', without('reg.test_5000_', 'reg.test:5000'), 'default'],
    ['reg.test', all, 'bare'],
    ['REG.test', all, 'default'],
    ['other.test', all, 'default'],
    ['other.test', without('_default'), undefined],
    ['', all, undefined],
    ['..', all, undefined],
    ['../reg.test', all, undefined],
    ['[::1]:5000', { '[::1]_5000_/hosts.toml': server('six') }, 'six'],
  ])('%j', async (domain, files, expected) => {
    const found = expected === undefined ? undefined : [at(`https://${expected}.test/v2`)]
    expect(await endpoints(domain, files)).toEqual([found, []])
  })

  it.each([
    ['docker.io', 'https://registry-1.docker.io/v2', false],
    ['reg.test:443', 'https://reg.test:443/v2', false],
    ['localhost', 'https://localhost/v2', true],
    ['127.0.0.1:443', 'https://127.0.0.1:443/v2', true],
    ['localhost:5000', 'http://localhost:5000/v2', true],
    ['[::1]:5000', 'http://[::1]:5000/v2', true],
    ['localhost:80', 'http://localhost:80/v2', false],
    ['localhost.test:5000', 'https://localhost.test:5000/v2', false],
  ])('without hosts.toml leaves %s its default upstream', async (domain, url, skipVerify) => {
    expect(await endpoints(domain, { '_default/readme': '' })).toEqual([
      [at(url, { skipVerify, ...(url.startsWith('http:') && skipVerify && { httpsFirst: true }) })],
      [],
    ])
  })
})

describe('certificates', () => {
  it('are read in docker’s layout', async () => {
    const files = {
      'reg.test/hosts.toml': '',
      'reg.test/ca.crt': ca,
      'reg.test/me.cert': cert,
      'reg.test/me.key': key,
      'reg.test/old.crt/x': '',
    }
    expect(await endpoints('reg.test', files)).toEqual([[at('https://reg.test/v2', { ca, client: { cert, key } })], []])
  })

  it('are read where hosts.toml says, from its folder', async () => {
    const files = {
      'tls/both.pem': cert + key,
      'tls/ca.pem': `# bag\n${ca}\n`,
      'a/hosts.toml': 'server = "m.test"\nca = ["../tls/ca.pem"]\nclient = "../tls/both.pem"',
    }
    expect(await endpoints('a', files)).toEqual([
      [at('https://m.test/v2', { ca, client: { cert: cert + key, key: cert + key } })],
      [],
    ])
  })

  it.each([
    ['a missing authority', 'ca = "no.pem"', /^cannot read "\.\/a\/no\.pem"$/],
    ['an authority that is none', 'ca = "text.pem"', /^no certificate in "\.\/a\/text\.pem"$/],
    ['a missing key', 'client = [["cert.pem", "no.pem"]]', /^cannot read "\.\/a\/no\.pem"$/],
    ['a certificate alone', 'client = "cert.pem"', /^no certificate with its key in "\.\/a\/cert\.pem"$/],
  ])('that cannot be loaded make it unreadable: %s', async (_, text, why) => {
    const files = { 'a/text.pem': 'text', 'a/cert.pem': cert, 'a/hosts.toml': text }
    expect(await endpoints('a', files)).toEqual(['unreadable', [expect.stringMatching(why)]])
  })

  it('that cannot be loaded for one mirror make all of it unreadable', async () => {
    expect((await endpoints('a', { 'a/hosts.toml': '[host.m]\nca = "no.pem"' }))[0]).toBe('unreadable')
  })

  it('of which the folder is a file are unreadable', async () => {
    expect(await endpoints('a', { a: 'no folder' })).toEqual(['unreadable', ['cannot read the hosts directory of "a"']])
  })
})

describe('time', () => {
  it('shows a change after five seconds, and reads once before', async () => {
    const directory = join(root, 'time')
    await mkdir(join(directory, 'a'), { recursive: true })
    const write = (text: string): Promise<void> => writeFile(join(directory, 'a/hosts.toml'), text)
    let time = 0
    const warnings: string[] = []
    const find = hostsDirectory(directory, { now: () => time, warn: (message) => warnings.push(message) })
    await write('server = "one"')
    const first = await find('a')
    await write('server = [')
    time = 4999
    expect([await find('a'), first]).toEqual([first, [at('https://one/v2')]])
    time = 5000
    expect(await find('a')).toEqual([at('https://a/v2')])
    time = 10_000
    await find('a')
    expect(warnings.length).toBe(1)
  })

  it('says once that the directory is not there', async () => {
    const warnings: string[] = []
    const find = hostsDirectory(join(root, 'nowhere'), { warn: (message) => warnings.push(message.replace(root, '.')) })
    expect([await find('a'), await find('b'), warnings]).toEqual([
      undefined,
      undefined,
      ['there is no hosts directory "./nowhere"'],
    ])
  })
})
