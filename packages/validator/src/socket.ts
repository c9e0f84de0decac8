import { randomUUID } from 'node:crypto'

import { parseServerFrame, SUBPROTOCOL, type ServerMessage } from '@netra/protocol'

/** A plain client of the native protocol: what it hears is kept, in order. */
export interface Socket extends Disposable {
  messages: ServerMessage[]
  send(message: Record<string, unknown>): void
  /** The first message that fits; rejects when the socket closes before. */
  next(fits: (message: ServerMessage) => boolean): Promise<ServerMessage>
}

/** @throws when the upgrade fails or the server is not heard welcoming. */
export async function openSocket(address: string, token: string): Promise<Socket> {
  const socket = new WebSocket(address, SUBPROTOCOL)
  const messages: ServerMessage[] = []
  const waiting = new Set<{ look: () => void; fail: (error: Error) => void }>()
  let bytes = 0
  let ended: Error | undefined
  socket.addEventListener('message', ({ data }) => {
    const text = String(data)
    bytes += Buffer.byteLength(text)
    const parsed = parseServerFrame(text)
    if (!parsed.ok) return socket.close(1002, 'a frame that cannot be read')
    messages.push(...parsed.messages)
    for (const { look } of waiting) look()
    socket.send(JSON.stringify({ type: 'ack', positions: {}, bytes }))
  })
  socket.addEventListener('close', ({ code, reason }) => {
    ended = new Error(`the socket closed with ${code} ${reason}`)
    for (const { fail } of waiting) fail(ended)
  })
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', () => reject(new Error(`no socket at ${address}`)))
  })
  const opened: Socket = {
    messages,
    send: (message) => socket.send(JSON.stringify(message)),
    next: (fits) =>
      new Promise((resolve, reject) => {
        const entry = {
          look() {
            const found = messages.find(fits)
            if (!found) return
            waiting.delete(entry)
            resolve(found)
          },
          fail: reject,
        }
        waiting.add(entry)
        entry.look()
        if (ended) reject(ended)
      }),
    [Symbol.dispose]: () => socket.close(1000),
  }
  opened.send({
    type: 'hello',
    protocol: 1,
    device: randomUUID(),
    instance: randomUUID(),
    token,
    resume: [],
  })
  await opened.next((message) => message.type === 'welcome')
  return opened
}
