import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createNap } from '../../../src/edges/certificates/nap.ts'

const FOR_EVER = 3_600_000
const never = new AbortController().signal

it('ends after its time, with the signal, and when it is cut', async () => {
  const nap = createNap(1)
  await nap.take(5, never)
  const ending = new AbortController()
  const taken = nap.take(FOR_EVER, ending.signal)
  ending.abort()
  await taken
  const cut = nap.take(FOR_EVER, never)
  nap.cut()
  await cut
})

it('ends at once where it was cut since the last one, and only that one', async () => {
  const nap = createNap(1)
  nap.cut()
  nap.cut()
  await nap.take(FOR_EVER, never)
  expect(await isOver(nap.take(FOR_EVER, never))).toBe(false)
})

it('that is cut again and again lasts its least, until one was not', async () => {
  const nap = createNap(FOR_EVER)
  for (let count = 0; count < 5; count++) {
    nap.cut()
    await nap.take(FOR_EVER, never)
  }
  nap.cut()
  expect(await isOver(nap.take(FOR_EVER, never))).toBe(false)
  const short = createNap(1)
  for (let count = 0; count < 8; count++) {
    short.cut()
    await short.take(FOR_EVER, never)
  }
  await short.take(1, never)
  short.cut()
  await short.take(FOR_EVER, never)
})

async function isOver(taking: Promise<void>): Promise<boolean> {
  let over = false
  void taking.then(() => (over = true))
  for (let turn = 0; turn < 10; turn++) await setImmediate()
  return over
}
