import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { readProxies } from '../../../src/edges/config/index.ts'
import { canariesIn, canary } from '../../support/canary.ts'

const PROXY = 'http://proxy.example:3128'

/** `direct`, or the proxy's origin. */
function wayTo(target: string, env: Readonly<Record<string, string>>): string {
  const read = readProxies(env)
  if (read.kind === 'misuse') return read.message
  return read.proxyFor?.(new URL(target))?.url.origin ?? 'direct'
}

describe('NO_PROXY', () => {
  // What Go's httpproxy said of the same rows; it is passed over for a host of which it says nothing.
  const rows: readonly (readonly [noProxy: string, direct: readonly string[], proxied: readonly string[]])[] = [
    ['', [], ['example.com', 'example.com:5000', '10.0.0.1', '[fd00::1]', 'example', 'sub.localhost']],
    ['*', ['example.com', '10.0.0.1:5000', '[fd00::1]'], []],
    ['other.example, *', ['example.com'], []],
    ['example.com', ['example.com', 'example.com:5000', 'a.example.com'], ['notexample.com', 'example.com.', 'com']],
    [' EXAMPLE.com ,', ['example.com'], ['other.example']],
    ['.example.com', ['a.example.com', 'a.b.example.com:5000'], ['example.com']],
    ['*.example.com', ['a.example.com'], ['example.com', 'notexample.com']],
    ['example.com:443', ['example.com', 'a.example.com'], ['example.com:5000']],
    ['example.com:5000', ['example.com:5000'], ['example.com']],
    ['example.com:', ['example.com', 'example.com:5000'], []],
    ['a.example,b.example', ['a.example', 'b.example'], ['c.example']],
    ['a.example b.example', [], ['a.example', 'b.example']],
    ['10.0.0.1', ['10.0.0.1', '10.0.0.1:5000', '[::ffff:10.0.0.1]'], ['10.0.0.2', 'a.10.0.0.1.example']],
    ['10.0.0.1:5000', ['10.0.0.1:5000'], ['10.0.0.1']],
    ['10.0.0.0/8', ['10.255.0.1', '10.0.0.1:5000', '[::ffff:10.0.0.1]'], ['11.0.0.1', 'ten.example']],
    ['fd00::/8', ['[fd00::1]', '[fd12::1]:5000'], ['[fe80::1]', '10.0.0.1']],
    ['fd00::1', ['[fd00::1]', '[fd00:0::1]:5000'], ['[fd00::2]']],
    ['[fd00::1]:5000', ['[fd00::1]:5000'], ['[fd00::1]']],
    ['bücher.example', ['xn--bcher-kva.example', 'a.bücher.example'], ['bucher.example']],
    // None of these is anything.
    ['[fd00::1]', [], ['[fd00::1]']],
    ['fd00::1%eth0', [], ['[fd00::1]']],
    ['10.0.0.0/33,10.0.0.0/8:443,010.0.0.1,10.0.0,10.*,0.0.1,.1', [], ['10.0.0.1']],
    ['https://example.com,example.com/,ex*.com,*example.com,:443,:,.,..,[example.com],a:b:c', [], ['example.com']],
  ]
  test.each(rows)('%s', (noProxy, direct, proxied) => {
    const way = (host: string): string => wayTo(`https://${host}/v2/`, { HTTPS_PROXY: PROXY, NO_PROXY: noProxy })
    expect(direct.filter((host) => way(host) !== 'direct')).toEqual([])
    expect(proxied.filter((host) => way(host) !== PROXY)).toEqual([])
  })

  test('port 80 is that of HTTP', () => {
    const env = { HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY, NO_PROXY: 'example.com:80' }
    expect(['http', 'https'].map((scheme) => wayTo(`${scheme}://example.com`, env))).toEqual(['direct', PROXY])
  })

  const own = [
    'localhost',
    'localhost:5000',
    'LOCALHOST',
    '127.0.0.1',
    '127.8.9.10:5000',
    '[::1]',
    '[::ffff:127.0.0.1]',
  ]
  test.each(own)('%s is never asked of a proxy', (host) => {
    expect(wayTo(`https://${host}`, { HTTPS_PROXY: PROXY })).toBe('direct')
  })
})

describe('which proxy', () => {
  const rows: readonly (readonly [string, Readonly<Record<string, string>>, http: string, https: string])[] = [
    ['none', {}, 'direct', 'direct'],
    ['empty ones', { HTTP_PROXY: '', https_proxy: '', NO_PROXY: '%' }, 'direct', 'direct'],
    ['each scheme its own', { HTTP_PROXY: 'http://a:1', HTTPS_PROXY: 'https://b:2' }, 'http://a:1', 'https://b:2'],
    ['one alone', { HTTPS_PROXY: 'http://a:1' }, 'direct', 'http://a:1'],
    ['lower case', { http_proxy: 'http://a:1', https_proxy: 'http://b:2' }, 'http://a:1', 'http://b:2'],
    ['upper case first', { HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:2' }, 'direct', 'http://a:1'],
    ['upper case is empty', { HTTPS_PROXY: '', https_proxy: 'http://b:2' }, 'direct', 'http://b:2'],
    ['for all', { ALL_PROXY: PROXY }, 'direct', 'direct'],
    ['without a scheme', { HTTPS_PROXY: 'proxy.example:3128' }, 'direct', PROXY],
    ['without scheme and port', { HTTPS_PROXY: 'proxy.example' }, 'direct', 'http://proxy.example'],
    ['on this machine', { HTTPS_PROXY: 'localhost:3128' }, 'direct', 'http://localhost:3128'],
    ['an address', { HTTPS_PROXY: '[fd00::9]:3128' }, 'direct', 'http://[fd00::9]:3128'],
    ['more than an origin', { HTTPS_PROXY: `${PROXY}/path?query#part` }, 'direct', PROXY],
    ['with a login', { HTTPS_PROXY: 'ann:pass@proxy.example:3128' }, 'direct', PROXY],
  ]
  test.each(rows)('%s', (_, env, http, https) => {
    expect([wayTo('http://example.com', env), wayTo('https://example.com', env)]).toEqual([http, https])
  })

  test('its login is decoded, and cannot print', () => {
    const { username, password } = canary
    const url = `http://${encodeURIComponent(username)}:${encodeURIComponent(password)}@proxy.example:3128`
    const read = readProxies({ HTTPS_PROXY: url })
    if (read.kind === 'misuse') throw new Error('misuse')
    const proxy = read.proxyFor?.(new URL('https://example.com'))
    const basic = Buffer.from(`${username}:${password}`).toString('base64')
    expect(proxy?.authorization?.reveal()).toBe(`Basic ${basic}`)
    expect(canariesIn(inspect(proxy) + JSON.stringify(proxy))).toEqual([])
  })
})

describe('what is no proxy', () => {
  const form = 'not the URL of a proxy, such as http://proxy.example:3128'
  const rows: readonly (readonly [string, string])[] = [
    ['http://', form],
    ['http://proxy.example:port', form],
    ['http://canary:canary#canary@proxy.example', form],
    ['http://canary:canary/canary@proxy.example', form],
    ['canary canary', form],
    ['://canary', form],
    ['socks5://canary@proxy.example:1080', 'a SOCKS proxy is not supported; name one that speaks HTTP'],
    ['ftp://canary@proxy.example', 'a proxy is reached by http:// or https://'],
    ['http://canary:50%@proxy.example:3128', 'its user or password has a % that begins no escape; write it as %25'],
  ]
  test.each(rows)('%s', (value, problem) => {
    expect(wayTo('https://example.com', { https_proxy: value })).toBe(`https_proxy: ${problem}`)
    expect(wayTo('https://example.com', { HTTP_PROXY: value, NO_PROXY: '*' })).toBe(`HTTP_PROXY: ${problem}`)
  })
})
