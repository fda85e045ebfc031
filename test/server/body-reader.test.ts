import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'

import { createBodyReader } from '../../src/edges/server/body.ts'
import type { Body } from '../../src/edges/server/body.ts'

function streamOf(...chunks: string[]): PassThrough {
  const stream = new PassThrough()
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
  return stream
}

const text = (body: Body): string => (body.kind === 'bytes' ? body.bytes.toString() : body.kind)

test('a body in pieces', async () => {
  expect(text(await createBodyReader().read(streamOf('ab', 'c')))).toBe('abc')
  expect(text(await createBodyReader().read(streamOf()))).toBe('')
})

test('what all together may hold is given back, however a body ends', async () => {
  const bodies = createBodyReader(10)
  const read = async (...chunks: string[]): Promise<string> => {
    const body = await bodies.read(streamOf(...chunks))
    bodies.release(body)
    return text(body)
  }
  const first = await bodies.read(streamOf('123456'))
  expect(await read('7890', '1')).toBe('no-room')
  expect(await read('7890')).toBe('7890')
  bodies.release(first)

  const gone = new PassThrough()
  const reading = bodies.read(gone)
  gone.write('12345678')
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(await read('123')).toBe('no-room')
  gone.destroy()
  await expect(reading).rejects.toThrow('the client went away')
  expect(await read('1234567890')).toBe('1234567890')
  expect(await read('12345678901')).toBe('no-room')
  expect(await read('1234567890')).toBe('1234567890')
})

test('a body that takes too long is given up, with its stream', async () => {
  const bodies = createBodyReader(10, 20)
  const slow = new PassThrough()
  slow.write('12345678')
  await expect(bodies.read(slow)).rejects.toThrow('the client went away')
  expect(slow.destroyed).toBe(true)
  expect(text(await bodies.read(streamOf('1234567890')))).toBe('1234567890')
})
