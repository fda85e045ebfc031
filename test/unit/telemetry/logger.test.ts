import { describe, expect, test } from 'vitest'

import { Secret } from '../../../src/base/secret.ts'
import { createLogger } from '../../../src/base/telemetry/index.ts'
import type { LogFields, LoggerOptions } from '../../../src/base/telemetry/index.ts'

function collected(level: LoggerOptions['level'] = 'debug') {
  const lines: string[] = []
  const log = createLogger({ level, stream: { write: (line) => void lines.push(line) } })
  return { log, lines, objects: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

function logged(fields: LogFields): Record<string, unknown> {
  const { log, objects } = collected()
  log.info(fields, 'm')
  const own = ['level', 'time', 'message']
  return Object.fromEntries(Object.entries(objects()[0] ?? {}).filter(([name]) => !own.includes(name)))
}

test('one JSON object a line', () => {
  const { log, lines, objects } = collected()
  log.info({ port: 8443, ready: true, none: undefined, reason: null, names: ['a', 'b'] }, 'serving')
  expect(lines[0]).toMatch(/^\{"level":"info","time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",.*\}\n$/)
  expect(objects()).toEqual([
    {
      level: 'info',
      time: expect.any(String) as string,
      port: 8443,
      ready: true,
      reason: null,
      names: ['a', 'b'],
      message: 'serving',
    },
  ])
})

test('levels', () => {
  const all = ['debug', 'info', 'warn', 'error'] as const
  const seen = [...all, 'silent' as const].map((level) => {
    const { log, objects } = collected(level)
    log.debug({}, 'm')
    log.info({}, 'm')
    log.warn({}, 'm')
    log.error({}, 'm')
    return objects().map((line) => line['level'])
  })
  expect(seen).toEqual([all, all.slice(1), all.slice(2), all.slice(3), []])
})

test('from warn up the message is a literal', () => {
  const { log } = collected('silent')
  const host: string = 'registry.test'
  log.info({}, `asking ${host}`)
  // @ts-expect-error: it varies
  log.warn({}, `asking ${host}`)
  // @ts-expect-error: it varies
  log.error({}, host)
  log.error({ host }, 'registry unavailable')
})

describe('no secret gets through', () => {
  const canary = 'hunter2-canary'
  const hidden = { authorization: canary, registryPassword: canary, accessToken: canary, TOKEN: canary, cookie: canary }
  const nested = { deeper: { password: canary }, list: [{ password: canary }, canary] }
  const failure = Object.assign(new TypeError(`cannot use ${canary}\n    at ${canary}`), {
    code: 'E_X',
    headers: canary,
  })
  const rows: readonly [string, unknown][] = [
    ['in its type', { secret: new Secret(canary) }],
    ['by name', hidden],
    ['in an object', { nested: { ...nested, list: [] } }],
    ['in a list of objects', { list: [{ password: canary }] }],
    ['in an URL', { url: `https://user:${canary}@registry.test/v2/` }],
    ['in a header', { header: `Authorization: Basic ${canary}`, other: `bearer ${canary}` }],
    ['in an error', { error: failure }],
    ["in an error's cause", { error: new Error('x', { cause: failure }) }],
    ['in a function', { read: () => canary }],
    ['in a map', { map: new Map([['a', canary]]) }],
    ['in what says how it is to be printed', { sly: { toJSON: () => canary } }],
  ]
  test.each(rows)('%s', (_name, fields) => {
    const { log, lines } = collected()
    log.error(fields as LogFields, 'm')
    expect(lines.join('')).not.toContain(canary)
    expect(lines).toHaveLength(1)
  })

  test('by this test, which sees one that does', () => {
    expect(JSON.stringify(logged({ plain: canary }))).toContain(canary)
  })
})

test('of an error: its name, its code and where', () => {
  const error = Object.assign(new TypeError('hunter2'), { code: 'E_X', cause: new RangeError('y') })
  expect(logged({ error })).toEqual({
    error: {
      name: 'TypeError',
      code: 'E_X',
      cause: { name: 'RangeError', at: expect.any(Array) as string[] },
      at: expect.arrayContaining([expect.stringMatching(/^at .*logger\.test\.ts:\d+:\d+/)]) as string[],
    },
  })
})

test('text is one line, and bounded', () => {
  expect(logged({ image: 'a\nb\u001b[31m', long: 'x'.repeat(9999), many: Array<string>(99).fill('y') })).toEqual({
    image: 'a b [31m',
    long: `${'x'.repeat(511)}…`,
    many: Array<string>(32).fill('y'),
  })
})
