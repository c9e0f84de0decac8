import { NetraClient, tokenCredentials } from '@netra/client'
import { nodeTransport } from '@netra/client/node'
import { io } from 'socket.io-client'

import type { Follower } from '../support/people.ts'
import { Received } from './received.ts'

/** Whoever is not connected by then never will be. */
const PATIENCE_MS = 20_000

export interface Client extends Disposable {
  received: Received
}

/** Netra's SDK as it comes. `hostPort`: the server answers to its own name, not to that of a proxy. */
export async function openNetra(
  port: number,
  hostPort: number,
  follower: Follower,
): Promise<Client> {
  const received = new Received()
  const client = new NetraClient({
    url: `ws://localhost:${port}/ws`,
    credentials: tokenCredentials(() => follower.token),
    transport: nodeTransport({ headers: { host: `localhost:${hostPort}` } }),
  })
  await client.connect(AbortSignal.timeout(PATIENCE_MS))
  const live = Promise.withResolvers<void>()
  const read = async (): Promise<void> => {
    for await (const item of client.events(follower.stream, { after: null })) {
      if (item.kind === 'live') live.resolve()
      if (item.kind === 'snapshot') received.cover(Number(item.position.split(':').at(-1)))
      if (item.kind === 'reset' || item.kind === 'restart') received.unrecovered += 1
      if (item.kind !== 'event') continue
      received.take(item.seq, 'text' in item.event ? item.event.text : '')
    }
  }
  read().catch((error: unknown) => live.reject(error))
  await live.promise
  return { received, [Symbol.dispose]: () => client.close() }
}

/** Socket.IO's client with its defaults, over the one transport that both have. */
export async function openSocketIo(port: number, room: string): Promise<Client> {
  const received = new Received()
  const socket = io(`http://localhost:${port}`, {
    transports: ['websocket'],
    auth: { room },
    forceNew: true,
  })
  socket.on('delta', ({ seq, text }: { seq: number; text: string }) => received.take(seq, text))
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
  socket.on('connect', () => {
    if (!socket.recovered) received.unrecovered += 1
  })
  return { received, [Symbol.dispose]: () => socket.disconnect() }
}
