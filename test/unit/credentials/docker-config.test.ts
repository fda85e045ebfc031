import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyText } from '../../support/any-text.ts'
import { Secret } from '../../../src/base/secret.ts'
import { decodeDockerConfigJson, readPullSecret } from '../../../src/engine/credentials/index.ts'
import { plain } from './support.ts'

const NONE = new Map<string, string>()

function entry(json: string): string {
  return `{"auths":{"h":${json}}}`
}

describe('read as Go reads it', () => {
  test.each<readonly [name: string, text: string, want: ReadonlyMap<string, string>]>([
    [
      'two auths objects are merged',
      '{"auths":{"a":{"auth":"dTpw"}},"AUTHS":{"b":{"auth":"dTpw"}}}',
      new Map([
        ['a', 'u/p'],
        ['b', 'u/p'],
      ]),
    ],
    ['a later auths of null drops what was', '{"auths":{"a":{"auth":"dTpw"}},"auths":null}', NONE],
    ['the last of two hosts', '{"auths":{"a":{"auth":"dTpw"},"a":{"username":"x"}}}', new Map([['a', 'x/']])],
    ['the last of two fields', entry('{"username":"x","Username":"y"}'), new Map([['h', 'y/']])],
    ['a field of null is as if absent', entry('{"auth":"dTpw","auth":null}'), new Map([['h', 'u/p']])],
    ['the long s is an s', '{"auth\u017F":{"h":{"u\u017Fername":"x"}}}', new Map([['h', 'x/']])],
    ['escapes in keys', '{"\\u0061uths":{"\\u0068":{"auth":"dTpw"}}}', new Map([['h', 'u/p']])],
    ['half a surrogate pair', entry('{"username":"\\ud800"}'), new Map([['h', '\uFFFD/']])],
    ['auth beats the plain fields', entry('{"auth":"dTpw","username":"x","password":"y"}'), new Map([['h', 'u/p']])],
    ['an empty auth does not', entry('{"auth":"","username":"x","password":"y"}'), new Map([['h', 'x/y']])],
    [
      'unknown fields of any shape',
      entry('{"auth":"dTpw","identitytoken":[{"a":[]},-1.5e+3]}'),
      new Map([['h', 'u/p']]),
    ],
    ['a header of null', '{"HttpHeaders":{"A":null}}', NONE],
    [
      'no prototype is touched',
      '{"__proto__":{"auths":1},"auths":{"__proto__":{"auth":"dTpw"}}}',
      new Map([['__proto__', 'u/p']]),
    ],
    [
      'white space everywhere',
      ' {\n"auths" :\t{ "h" : { "auth" : "dTpw" } , "i" : { } } }\r\n',
      new Map([
        ['h', 'u/p'],
        ['i', '/'],
      ]),
    ],
    ['an empty object', '{}', NONE],
    ['null', ' null ', NONE],
  ])('%s', (_, text, want) => {
    expect(plain(decodeDockerConfigJson(text))).toEqual(want)
  })
})

describe('malformed, in the words of Go', () => {
  const into = 'of type credentialprovider'
  test.each([
    ['', 'unexpected end of JSON input'],
    ['{"auths":', 'unexpected end of JSON input'],
    ['tru', "invalid character ' ' in literal true (expecting 'e')"],
    ['\uFEFF{}', "invalid character 'ï' looking for beginning of value"],
    ['{} {}', "invalid character '{' after top-level value"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ['[1 2]', "invalid character '2' after array element"],
    ['[01]', "invalid character '1' after array element"],
    ['{"a":-}', "invalid character '}' in numeric literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
    ['[]', `json: cannot unmarshal array into Go value ${into}.DockerConfigJSON`],
    ['"x"', `json: cannot unmarshal string into Go value ${into}.DockerConfigJSON`],
    ['{"auths":[]}', `json: cannot unmarshal array into Go struct field DockerConfigJSON.auths ${into}.DockerConfig`],
    [
      entry('[]'),
      `json: cannot unmarshal array into Go struct field DockerConfigJSON.auths ${into}.dockerConfigEntryWithAuth`,
    ],
    [
      entry('{"auth":123}'),
      'json: cannot unmarshal number into Go struct field DockerConfigJSON.auths.auth of type string',
    ],
    [
      '{"HttpHeaders":{"A":1}}',
      'json: cannot unmarshal number into Go struct field DockerConfigJSON.HttpHeaders of type string',
    ],
    ['{"HttpHeaders":{"A":1},"auths":{"a":{"auth":"!"}}}', 'illegal base64 data at input byte 0'],
    [entry('{"auth":"dTpwOnE= "}'), 'illegal base64 data at input byte 8'],
    [entry('{"auth":"dTpw="}'), 'illegal base64 data at input byte 4'],
    [entry('{"auth":"dTo=\u00A0"}'), 'illegal base64 data at input byte 4'],
    [entry('{"auth":"dT=x="}'), 'illegal base64 data at input byte 2'],
    [entry('{"auth":"="}'), 'illegal base64 data at input byte 0'],
    [entry('{"auth":"d="}'), 'illegal base64 data at input byte 1'],
    [entry('{"auth":"dT="}'), 'illegal base64 data at input byte 3'],
    [entry('{"auth":"d"}'), 'illegal base64 data at input byte 0'],
    [entry('{"auth":"dTo=\u0085"}'), 'illegal base64 data at input byte 4'],
  ])('%s', (text, error) => {
    expect(plain(decodeDockerConfigJson(text))).toBe(error)
  })
})

describe('a Secret', () => {
  const json = 'kubernetes.io/dockerconfigjson'
  const cfg = 'kubernetes.io/dockercfg'
  const encoded = (text: string): string => Buffer.from(text).toString('base64')

  test.each<readonly [name: string, type: string, data: Readonly<Record<string, string>>, want: unknown]>([
    ['dockerconfigjson', json, { '.dockerconfigjson': encoded(entry('{"auth":"dTpw"}')) }, new Map([['h', 'u/p']])],
    ['dockercfg', cfg, { '.dockercfg': encoded('{"h":{"auth":"dTpw"}}') }, new Map([['h', 'u/p']])],
    ['line ends in the base64', json, { '.dockerconfigjson': 'bnVs\r\nbA==\n' }, NONE],
    ['the other key', json, { '.dockercfg': encoded('{}') }, { ignored: json }],
    ['an empty value', json, { '.dockerconfigjson': '' }, { ignored: json }],
    ['Opaque with the right key', 'Opaque', { '.dockerconfigjson': encoded('!') }, { ignored: 'Opaque' }],
    ['no key at all', cfg, {}, { ignored: cfg }],
    ['no base64', json, { '.dockerconfigjson': 'e30=!' }, 'illegal base64 data at input byte 4'],
    [
      'an array',
      cfg,
      { '.dockercfg': encoded('[]') },
      'json: cannot unmarshal array into Go value of type credentialprovider.DockerConfig',
    ],
    [
      'a list for an entry',
      cfg,
      { '.dockercfg': encoded('{"h":[]}') },
      'json: cannot unmarshal array into Go value of type credentialprovider.dockerConfigEntryWithAuth',
    ],
    [
      'bytes that are no UTF-8',
      json,
      { '.dockerconfigjson': Buffer.from([0xff]).toString('base64') },
      "invalid character 'ÿ' looking for beginning of value",
    ],
  ])('%s', (_, type, data, want) => {
    const secrets = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, new Secret(value)]))
    expect(plain(readPullSecret({ name: 'regcred', type, data: secrets }))).toEqual(want)
  })

  test('shows no password', () => {
    const data = { '.dockerconfigjson': new Secret(encoded(entry('{"username":"u","password":"canary"}'))) }
    expect(JSON.stringify(readPullSecret({ name: 'regcred', type: json, data }))).not.toMatch(/canary|Y2FuYXJ5/)
  })
})

describe('bounds', () => {
  test('10000 levels are fine, one more is not', () => {
    const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
    expect(plain(decodeDockerConfigJson(`{"x":${nested(9_999)}}`))).toEqual(NONE)
    expect(plain(decodeDockerConfigJson(`{"x":${nested(10_000)}}`))).toBe("invalid character '[' exceeded max depth")
  })

  test('a megabyte is read in good time', () => {
    const start = performance.now()
    for (const bit of ['[', '{"a":', '"', '\\"', '1', ' ', '{"auths":{', '[[],']) {
      decodeDockerConfigJson(bit.repeat(2 ** 20 / bit.length))
    }
    const hosts = Array.from({ length: 10_000 }, (_, at) => `"h${at}":{"auth":"dTpw"}`)
    const reading = decodeDockerConfigJson(`{"auths":{${hosts.join(',')}}}`)
    expect(reading.kind === 'entries' && reading.entries.length).toBe(10_000)
    decodeDockerConfigJson(entry(`{"auth":"${' '.repeat(2 ** 20)}="}`))
    expect(performance.now() - start).toBeLessThan(10_000)
  })
})

describe('properties', () => {
  test('never throws', () => {
    const bits = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"auths"',
      '"auth"',
      '"dTpw"',
      '"',
      '\\',
      'null',
      '1',
      '-',
      'e',
    )
    const texts = fc.oneof(
      anyText(),
      fc.array(bits).map((list) => list.join('')),
    )
    fc.assert(fc.property(texts, (text) => decodeDockerConfigJson(text).kind !== 'ignored'))
  })

  test('agrees with JSON.parse on what is JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.string({ maxLength: 1 }), (json, at, change) => {
        const place = at % (json.length + 1)
        const text = json.slice(0, place) + change + json.slice(place)
        const reading = decodeDockerConfigJson(`{"x":${text}}`)
        expect(reading.kind === 'entries').toBe(isJson(`{"x":${text}}`))
      }),
    )
  })
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
