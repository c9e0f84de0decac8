import type { ThreadState } from '@netra/protocol'

import { openBare } from '../support/clients.ts'
import type { Follower } from '../support/people.ts'

/** Milliseconds from the first byte of the connection attempt. */
export interface Arrival {
  welcome: number
  /** The first frame of the thread itself. */
  content: number
}

interface Message {
  type: string
  position?: string
  seq?: number
  state?: ThreadState
}

/**
 * Comes with the position of somebody who has seen nothing, and leaves when it is live.
 *
 * @throws when what it was given does not stand for `backlog` events.
 */
export async function comeLate(
  port: number,
  { token, threadId, stream }: Follower,
  backlog: number,
): Promise<Arrival> {
  const begun = performance.now()
  const socket = await openBare(`ws://localhost:${port}/ws`, ['netra.v1'])
  const arrival: Arrival = { welcome: 0, content: 0 }
  let through = 0
  const live = new Promise<number>((resolve, reject) => {
    socket.on('close', (code, why) => reject(new Error(`closed: ${code} ${why.toString()}`)))
    socket.on('message', (data: Buffer) => {
      const at = performance.now() - begun
      const parsed: Message | Message[] = JSON.parse(data.toString())
      for (const message of Array.isArray(parsed) ? parsed : [parsed]) {
        if (message.type === 'welcome') arrival.welcome = at
        if (message.type === 'event' || message.type === 'snapshot') arrival.content ||= at
        if (message.type === 'event') through = message.seq ?? 0
        if (message.state) through = seqOf(message)
        if (message.type === 'live') resolve(seqOf(message))
      }
    })
  })
  const resume = [{ stream, position: null }]
  const hello = { type: 'hello', protocol: 1, device: 'bench', instance: threadId, token, resume }
  socket.send(JSON.stringify(hello))
  const head = await live
  socket.removeAllListeners('close')
  socket.terminate()
  if (head !== backlog || through !== backlog || arrival.content === 0) {
    throw new Error(`live at ${head} and shown ${through} of ${backlog} events`)
  }
  return arrival
}

const seqOf = ({ position = '' }: Message): number =>
  Number(position.slice(position.lastIndexOf(':') + 1))
