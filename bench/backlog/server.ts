import { createServer } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'

import { WebSocketServer, type WebSocket } from 'ws'

import { makeDelta } from '../../packages/server/src/journal/journal.ts'
import { openSqliteJournal } from '../../packages/server/src/journal/sqlite/sqlite-journal.ts'
import { silentLogger } from '../../packages/server/src/platform/logger.ts'
import { settledMemory } from '../idle-memory/memory.ts'
import { Answer } from '../support/answer.ts'
import { answerParent } from '../support/child.ts'
import { listen, openDelivery } from '../support/delivery.ts'
import { benchFolder } from '../support/folder.ts'
import { makeFollowers, openAccounts } from '../support/people.ts'
import { BACKLOG, type Opened, type ServerRequest, type Variant } from './messages.ts'
import { openTurn } from './open-turn.ts'

const PER_COMMIT = 50
/** The journal keeps so many characters in memory: full from the start, they are no cost of a reader. */
const FILLING = 36 * 1024 * 1024

const folder = benchFolder()
const auth = await openAccounts(folder.path, 'http://localhost:8000')
const journal = await openSqliteJournal({ folder: folder.path, logger: silentLogger })
const delivery = await openDelivery({ journal, auth })
const bareSockets: { socket: WebSocket; answer: Answer; seq: number }[] = []
const barePort = await openBare()
const standstill = monitorEventLoopDelay({ resolution: 1 })
standstill.enable()
let slow: Answer[] = []

async function openBare(): Promise<number> {
  const server = createServer()
  const sockets = new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false })
  sockets.on('connection', (socket) => {
    socket.on('error', () => undefined)
    bareSockets.push({
      socket,
      answer: new Answer('thread:0c6f7e1a-5b1d-4a53-9d0e-3f1c2b4a5d6e'),
      seq: 0,
    })
  })
  return listen(server)
}

/** One long answer that still streams: no turn that is over shortens the way. */
async function writeTurn(follower: Opened['late'][number]): Promise<void> {
  const events = openTurn(follower, BACKLOG)
  for (let at = 0; at < events.length; at += PER_COMMIT) {
    const appends = [{ stream: follower.stream, events: events.slice(at, at + PER_COMMIT) }]
    const { status } = await journal.commit({ appends })
    if (status !== 'committed') throw new Error(status)
  }
}

async function fillMemory(): Promise<void> {
  const answer = new Answer('thread:filling')
  for (let size = 0; size < FILLING;) {
    const events = Array.from({ length: PER_COMMIT }, () => makeDelta(answer.next()))
    size += events.reduce((sum, { payload }) => sum + payload.length, 0)
    await journal.commit({ appends: [{ stream: answer.stream, events }] })
  }
}

async function open(request: { late: number; slow: number }): Promise<Opened> {
  const followers = await makeFollowers(auth, journal, request.late + request.slow)
  const late = followers.slice(0, request.late)
  const others = followers.slice(request.late)
  await Promise.all(late.map(writeTurn))
  await fillMemory()
  slow = others.map(({ stream }) => new Answer(stream))
  return { ports: { netra: delivery.port, bare: barePort }, late, slow: others }
}

async function flood(variant: Variant): Promise<void> {
  if (variant === 'bare') {
    for (const connection of bareSockets) floodBare(connection)
    return
  }
  await Promise.all(
    slow.map(async (answer) => {
      for (let made = 0; made < BACKLOG; made += PER_COMMIT) {
        const events = Array.from({ length: PER_COMMIT }, () => makeDelta(answer.next()))
        const { status } = await journal.commit({ appends: [{ stream: answer.stream, events }] })
        if (status !== 'committed') throw new Error(status)
      }
    }),
  )
}

function floodBare(connection: (typeof bareSockets)[number]): void {
  const { socket, answer } = connection
  for (let sent = 0; sent < BACKLOG; sent += 1) {
    connection.seq += 1
    const event = { type: 'message_delta', ...answer.next() }
    socket.send(
      JSON.stringify({ type: 'event', stream: answer.stream, seq: connection.seq, event }),
    )
  }
}

function longestStandstill(): number {
  const longest = standstill.max / 1e6
  standstill.reset()
  return longest
}

answerParent(
  async (request: ServerRequest): Promise<unknown> => {
    if (request.kind === 'open') return open(request)
    if (request.kind === 'flood') return flood(request.variant)
    return request.kind === 'memory' ? (await settledMemory()).live : longestStandstill()
  },
  async () => {
    await journal[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  },
)
