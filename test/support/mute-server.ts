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
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  if (kind === 'silent') return { host, close }
  await close()
  return { host, close: () => Promise.resolve() }
}
