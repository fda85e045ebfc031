import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

export interface MuteServer {
  readonly host: string
  close(): Promise<void>
}

/** Nobody listens there, or somebody who never says anything. */
export async function startMute(kind: 'closed' | 'silent'): Promise<MuteServer> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => sockets.add(socket.on('error', () => undefined)))
  let port = kind === 'silent' ? 0 : nextClosed()
  while (!(await listens(server, port))) port = nextClosed()
  const host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  if (kind === 'silent') return { host, close }
  await close()
  return { host, close: () => Promise.resolve() }
}

// A port that the system has handed out and got back it may hand out again: these, below 32768, it keeps to itself.
let closed = 29_999

function nextClosed(): number {
  closed -= 1
  return closed
}

/** Whether it got the port. */
function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => {
      resolve(false)
    })
    server.listen(port, '127.0.0.1', () => {
      resolve(true)
    })
  })
}
