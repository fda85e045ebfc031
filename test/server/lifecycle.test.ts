import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'

import { ServerError } from '../../src/edges/server/index.ts'
import { agent, allowed, allowAll, get, makePair, reviewBody, send, serving, start, stopAll, uidIn } from './support.ts'

afterEach(stopAll)

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function handshake(port: number, ca: string, options: object = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca, ...options }, () => resolve(socket))
    socket.once('error', reject)
  })
}

describe('probes', () => {
  test('ready, with its reasons not to be', async () => {
    const reasons: string[] = []
    const { server } = await start({ whyNotReady: () => reasons[0] })
    expect(await get(server.metricsPort, '/healthz')).toEqual({ status: 200, text: '{"alive":true}' })
    expect(await get(server.metricsPort, '/readyz')).toEqual({ status: 200, text: '{"ready":true}' })
    reasons.push('nodes not read yet')
    const text = '{"ready":false,"reason":"nodes not read yet"}'
    expect(await get(server.metricsPort, '/readyz')).toEqual({ status: 503, text })
    expect((await get(server.metricsPort, '/validate')).status).toBe(404)
  })

  test('an expired certificate is one, until it is replaced', async () => {
    const pair = await makePair()
    const { server } = await start({ pair, certificate: serving(pair, new Date(Date.now() - 1000)) })
    const text = '{"ready":false,"reason":"certificate expired"}'
    expect(await get(server.metricsPort, '/readyz')).toEqual({ status: 503, text })
    expect((await get(server.metricsPort, '/healthz')).status).toBe(200)
    server.setCertificate(serving(pair))
    expect((await get(server.metricsPort, '/readyz')).status).toBe(200)
  })

  test('metrics', async () => {
    const { server } = await start()
    const { status, text } = await get(server.metricsPort, '/metrics')
    expect(status).toBe(200)
    expect(text).toMatch(/^pullable_certificate_expiry_timestamp_seconds 1?\d{10}$/m)
  })
})

describe('TLS', () => {
  test('speaks HTTP/1.1 alone', async () => {
    const { server, pair } = await start()
    const socket = await handshake(server.port, pair.ca, { ALPNProtocols: ['h2', 'http/1.1'] })
    expect([socket.alpnProtocol, socket.getProtocol()]).toEqual(['http/1.1', 'TLSv1.3'])
    socket.destroy()
    await expect(handshake(server.port, pair.ca, { ALPNProtocols: ['h2'] })).rejects.toThrow(/no application protocol/)
    await expect(handshake(server.port, pair.ca, { maxVersion: 'TLSv1.1' })).rejects.toThrow()
    const client = agent(pair.ca)
    expect((await send(server.port, { agent: client, body: reviewBody() })).headers['keep-alive']).toBe(
      'timeout=120, max=1000',
    )
    client.destroy()
  })

  test('with a client CA, only its clients', async () => {
    const clients = await makePair('api-server')
    const others = await makePair('stranger')
    const { server, pair } = await start({ clientCa: clients.ca })
    const answers = await Promise.allSettled(
      [clients, others, undefined].map(async (from) => {
        const client = agent(pair.ca, from === undefined ? {} : { cert: from.cert, key: from.key })
        const { status } = await send(server.port, { agent: client, body: reviewBody() })
        client.destroy()
        return status
      }),
    )
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : 'refused'))).toEqual([
      200,
      'refused',
      'refused',
    ])
    // A new certificate of ours does not open the door to everybody.
    server.setCertificate(serving(pair))
    const stranger = agent(pair.ca)
    await expect(send(server.port, { agent: stranger, body: reviewBody() })).rejects.toThrow()
    stranger.destroy()
  })

  test('a certificate that TLS does not take leaves the old one', async () => {
    const { server, pair } = await start()
    const other = await makePair('other')
    expect(() => server.setCertificate(serving({ ...pair, key: other.key }))).toThrow()
    const client = agent(pair.ca)
    expect((await send(server.port, { agent: client, body: reviewBody() })).status).toBe(200)
    client.destroy()
  })
})

describe('cannot start', () => {
  async function taken(): Promise<{ port: number; free: () => void }> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { port: (server.address() as AddressInfo).port, free: () => server.close() }
  }

  test.each(['port', 'metricsPort'] as const)('%s in use', async (field) => {
    const { port, free } = await taken()
    const error: unknown = await start({ [field]: port }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ServerError)
    expect(error).toMatchObject({ code: 'PORT_IN_USE', field, message: `port ${port} is in use` })
    free()
  })

  test('no such address', async () => {
    await expect(start({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'ADDRESS_UNUSABLE' })
    await expect(start({ port: 70_000 })).rejects.toMatchObject({ code: 'ADDRESS_UNUSABLE', field: 'port' })
  })

  test('no client CA', async () => {
    const expected = { code: 'CLIENT_CA_INVALID', field: 'clientCa' }
    await expect(start({ clientCa: 'hunter2' })).rejects.toMatchObject(expected)
  })
})

describe('going away', () => {
  test('not ready at once, serves on for the delay, answers what is in flight, and ends', async () => {
    let begun = 0
    const { server, pair } = await start({
      review: async (body) => {
        begun++
        await pause(600)
        return { kind: 'answered', response: allowed(uidIn(body)) }
      },
    })
    const client = agent(pair.ca)
    const early = send(server.port, { agent: client, body: reviewBody('early') })
    while (begun < 1) await pause(5)
    const closed = server.close({ delayMs: 300 })
    const probe = await get(server.metricsPort, '/readyz')
    expect(probe).toEqual({ status: 503, text: '{"ready":false,"reason":"draining"}' })
    await pause(150)
    const late = send(server.port, { agent: client, body: reviewBody('late') })
    const answers = await Promise.all([early, late])
    expect(answers.map(({ status, headers, body }) => [status, headers.connection, body])).toEqual([
      [200, 'close', allowed('early')],
      [200, 'close', allowed('late')],
    ])
    const answered = performance.now()
    await closed
    expect(performance.now() - answered).toBeLessThan(2500)
    await expect(send(server.port, { agent: client, body: reviewBody() })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    })
    await expect(get(server.metricsPort, '/readyz')).rejects.toThrow()
    client.destroy()
  })

  test('idle and silent connections do not hold it up', async () => {
    const { server, pair } = await start()
    const client = agent(pair.ca)
    await send(server.port, { agent: client, body: reviewBody() })
    const silent = await handshake(server.port, pair.ca)
    silent.on('error', () => undefined)
    const begun = performance.now()
    await server.close()
    expect(performance.now() - begun).toBeLessThan(2500)
    client.destroy()
  })

  test('a request that was on its way when the doors closed is answered', async () => {
    const { server, pair } = await start()
    const socket = await handshake(server.port, pair.ca)
    const closed = server.close()
    await pause(50)
    const body = reviewBody('on its way')
    const head = `POST /validate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`
    socket.write(`${head}\r\n\r\n${body}`)
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    const answer = Buffer.concat(chunks).toString()
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(answer.slice(answer.indexOf('\r\n\r\n') + 4)).toBe(JSON.stringify(allowed('on its way')))
    await closed
  })

  test('what hangs is cut off when the grace is over, and closing twice is closing', async () => {
    const { server, pair } = await start({ review: () => new Promise(() => undefined) })
    const client = agent(pair.ca)
    const hung = send(server.port, { agent: client, body: reviewBody() }).catch(() => 'cut off')
    await pause(100)
    const begun = performance.now()
    await Promise.all([server.close({ graceMs: 400 }), server.close()])
    const took = performance.now() - begun
    expect(await hung).toBe('cut off')
    expect(took).toBeGreaterThan(350)
    expect(took).toBeLessThan(2500)
    client.destroy()
  })

  test('under load nothing is lost', async () => {
    const { server, pair } = await start({
      review: async (body, context) => {
        await pause(10)
        return allowAll(body, context)
      },
    })
    const client = agent(pair.ca, { maxSockets: 10 })
    let going = true
    let answered = 0
    const lost: unknown[] = []
    const senders = Array.from({ length: 10 }, async () => {
      while (going) {
        await send(server.port, { agent: client, body: reviewBody() }).then(
          () => answered++,
          (error: unknown) => going && lost.push(error),
        )
      }
    })
    await pause(200)
    const closed = server.close({ delayMs: 400 })
    await pause(300)
    // By then an endpoint list no longer names us.
    going = false
    await Promise.all(senders)
    await closed
    expect(lost).toEqual([])
    expect(answered).toBeGreaterThan(10)
    client.destroy()
  })
})

// Nothing makes it shorter: Node tells of its patience with a new connection only by losing it.
test('a connection that was opened for later is as good for its first review after a while', async () => {
  const { server, pair } = await start()
  const socket = await handshake(server.port, pair.ca)
  await pause(12_000)
  const body = reviewBody()
  const head = `POST /validate HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${String(Buffer.byteLength(body))}`
  const answer = new Promise<string>((resolve) => socket.once('data', (data: Buffer) => resolve(data.toString())))
  socket.write(`${head}\r\n\r\n${body}`)
  expect((await answer).split('\r\n', 1)).toEqual(['HTTP/1.1 200 OK'])
  socket.destroy()
}, 30_000)
