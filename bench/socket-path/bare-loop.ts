import { createServer } from 'node:http'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'

import { WebSocketServer, type WebSocket } from 'ws'

import { Answer } from '../support/answer.ts'
import { listen } from '../support/delivery.ts'
import type { Shape } from './shape.ts'

/** A bare socket that is not read holds so much before its loop waits. */
const BARE_WINDOW = 256 * 1024

interface BareConnection {
  answer: Answer
  socket: WebSocket
  seq: number
}

export interface BareLoop {
  port: number
  /** The same frames without journal, hub, windows or acknowledgements: made and sent in a loop. */
  run(shape: Shape, paceMs: number): Promise<void>
}

export async function openBareLoop(): Promise<BareLoop> {
  const server = createServer()
  const sockets = new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false })
  const connections: BareConnection[] = []
  sockets.on('connection', (socket, request) => {
    const answer = new Answer(`thread:${(request.url ?? '').slice(1)}`)
    connections.push({ answer, socket, seq: 0 })
  })
  return { port: await listen(server), run: (shape, paceMs) => run(connections, shape, paceMs) }
}

async function run(
  connections: readonly BareConnection[],
  { eventsPerCommit, rounds }: Shape,
  paceMs: number,
): Promise<void> {
  const half = connections.length / 2
  const halves = [connections.slice(0, half), connections.slice(half)]
  const started = performance.now()
  for (let turn = 0; turn < rounds * 2; turn += 1) {
    for (const connection of halves[turn % 2] ?? []) send(connection, eventsPerCommit)
    await nextTurn()
    const early = started + ((turn + 1) * paceMs) / 2 - performance.now()
    if (early >= 1) await sleep(early)
    while (connections.some(({ socket }) => socket.bufferedAmount > BARE_WINDOW)) await sleep(1)
  }
}

function send(connection: BareConnection, eventsPerCommit: number): void {
  const { answer, socket } = connection
  const frames = Array.from({ length: eventsPerCommit }, () => {
    connection.seq += 1
    const event = { type: 'message_delta', ...answer.next() }
    return JSON.stringify({ type: 'event', stream: answer.stream, seq: connection.seq, event })
  })
  socket.send(frames.length === 1 ? (frames[0] ?? '') : `[${frames.join(',')}]`)
}
