import { once } from 'node:events'

import { WebSocket } from 'ws'

import type { Follower } from './people.ts'

/** Sockets opened at once; below the limit of strangers that one address may have. */
const AT_ONCE = 50

export async function inBatches<In, Out>(
  items: readonly In[],
  open: (item: In, index: number) => Promise<Out>,
): Promise<Out[]> {
  const opened: Out[] = []
  for (let at = 0; at < items.length; at += AT_ONCE) {
    const batch = items.slice(at, at + AT_ONCE)
    opened.push(...(await Promise.all(batch.map((item, index) => open(item, at + index)))))
  }
  return opened
}

/** A socket that has said hello and is live on its one stream. `onData` sees every frame of it. */
export async function openFollower(
  port: number,
  follower: Follower,
  onData?: (data: Buffer, socket: WebSocket) => void,
): Promise<WebSocket> {
  const socket = await openBare(`ws://localhost:${port}/ws`, ['netra.v1'])
  if (onData) socket.on('message', (data: Buffer) => onData(data, socket))
  const live = new Promise<void>((resolve, reject) => {
    socket.on('close', (code, reason) => reject(new Error(`closed: ${code} ${reason.toString()}`)))
    socket.on('message', function look(data: Buffer) {
      if (!data.includes('"type":"live"')) return
      socket.off('message', look)
      resolve()
    })
  })
  socket.send(
    JSON.stringify({
      type: 'hello',
      protocol: 1,
      device: 'bench',
      instance: follower.threadId,
      token: follower.token,
      resume: [{ stream: follower.stream, position: null }],
    }),
  )
  await live
  return socket
}

export async function openBare(url: string, protocols: string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(url, protocols, { perMessageDeflate: false })
  await once(socket, 'open')
  return socket
}
