import { afterEach, expect, test } from 'vitest'
import { canariesIn, canary, canaryBasic } from '../support/canary.ts'
import { agent, get, reviewBody, send, start, stopAll } from './support.ts'

afterEach(stopAll)

const said = `${canary.username} ${canary.password} ${canary.token} ${canaryBasic}`

test('a review that fails with secrets in its error tells none of them, in no log line, metric and answer', async () => {
  const error = Object.assign(new Error(said, { cause: new Error(said) }), { options: { headers: said } })
  const { server, lines, pair } = await start({ review: () => Promise.reject(error) })
  const client = agent(pair.ca)
  const headers = { authorization: `Bearer ${canary.token}`, cookie: canaryBasic, 'x-forwarded-for': canary.token }
  const heard: unknown[] = [
    await send(server.port, {
      agent: client,
      headers,
      body: reviewBody('uid-1', { kind: 'Secret', data: { a: said } }),
    }),
    await send(server.port, { agent: client, headers, body: `{${said}` }),
    await send(server.port, { agent: client, headers: { 'content-type': canary.token }, body: said }),
    await send(server.port, { agent: client, path: `/validate?timeout=${canary.token}`, body: JSON.stringify(said) }),
    await send(server.port, { agent: client, path: `/${canary.token}?user=${encodeURIComponent(canary.username)}` }),
    await get(server.metricsPort, `/${canary.token}`),
    await get(server.metricsPort, '/metrics'),
  ]
  client.destroy()
  expect(lines).toContainEqual(expect.objectContaining({ level: 'error', message: 'review failed' }))
  expect(canariesIn(JSON.stringify([lines, heard]))).toEqual([])
})
