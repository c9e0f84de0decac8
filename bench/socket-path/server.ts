import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'

import { WebSocketServer, type WebSocket } from 'ws'

import { createAccess } from '../../packages/server/src/access/access.ts'
import type { Commands } from '../../packages/server/src/command/command.ts'
import { createAddresses } from '../../packages/server/src/gateway/addresses.ts'
import { handleMessage } from '../../packages/server/src/gateway/handle-message.ts'
import { Registry } from '../../packages/server/src/gateway/registry.ts'
import { SocketMetrics } from '../../packages/server/src/gateway/socket-metrics.ts'
import { takeUpgrades } from '../../packages/server/src/gateway/upgrade.ts'
import { createHub } from '../../packages/server/src/hub/hub.ts'
import { makeDelta, positionOf, type Journal } from '../../packages/server/src/journal/journal.ts'
import { openSqliteJournal } from '../../packages/server/src/journal/sqlite/sqlite-journal.ts'
import { systemClock } from '../../packages/server/src/platform/clock.ts'
import { silentLogger } from '../../packages/server/src/platform/logger.ts'
import { RateLimit } from '../../packages/server/src/platform/rate-limit.ts'
import { answerParent } from '../support/child.ts'
import { makeFollowers, openAccounts, type Follower } from '../support/people.ts'
import type { Cost, Follow, ServerRequest, Shape } from './shape.ts'
import { Answer } from './text.ts'

/** A bare socket that is not read holds so much before its loop waits. */
const BARE_WINDOW = 256 * 1024

interface BareConnection {
  answer: Answer
  socket: WebSocket
  seq: number
}

const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'netra-bench-'))
const journal = await openSqliteJournal({ folder, logger: silentLogger })
const answers: { answer: Answer; follower: Follower }[] = []
const bare: BareConnection[] = []
let begun = { processor: 0, loop: 0 }

const listen = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no address')
  return address.port
}

const noCommands = (): never => {
  throw new Error('this bench sends no commands')
}

/** The delivery path as the composition root builds it, without agents and web pages. */
async function openNetra(): Promise<{
  port: number
  auth: Awaited<ReturnType<typeof openAccounts>>
}> {
  const server = createServer()
  const port = await listen(server)
  const auth = await openAccounts(folder, `http://localhost:${port}`)
  const commands: Commands = {
    sendMessage: noCommands,
    regenerate: noCommands,
    cancelRun: noCommands,
    createThread: noCommands,
    updateThread: noCommands,
    deleteThread: noCommands,
  }
  takeUpgrades(server, createAddresses({ publicUrl: undefined, port, allowedOrigins: [] }), {
    auth,
    access: createAccess(journal),
    commands,
    hub: createHub({ journal, logger: silentLogger }),
    clock: systemClock,
    logger: silentLogger,
    registry: new Registry(),
    metrics: new SocketMetrics(),
    commandRate: new RateLimit(systemClock, { perMinute: 1_200, burst: 200 }),
    node: 'bench',
    handle: handleMessage,
    addressOf: (request) => request.socket.remoteAddress ?? '',
    headOf: async (stream) =>
      positionOf(journal.epoch, await journal.head(stream as Follower['stream'])),
  })
  return { port, auth }
}

async function openBare(): Promise<number> {
  const server = createServer()
  const sockets = new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false })
  sockets.on('connection', (socket, request) => {
    const answer = new Answer(`thread:${(request.url ?? '').slice(1)}`)
    bare.push({ answer, socket, seq: 0 })
  })
  return await listen(server)
}

async function open(connections: number): Promise<Follow> {
  const { port, auth } = await openNetra()
  const followers = await makeFollowers(auth, journal, connections)
  for (const follower of followers) answers.push({ answer: new Answer(follower.stream), follower })
  await journal.write(answers.map(({ answer, follower }) => runRow(journal, answer, follower)))
  return { port, barePort: await openBare(), followers }
}

function runRow({ db }: Journal, answer: Answer, { threadId, userId }: Follower) {
  const at = new Date().toISOString()
  return db
    .insertInto('run')
    .values({
      id: answer.runId,
      thread_id: threadId,
      user_id: userId,
      state: 'running',
      agent: 'assistant',
      model: null,
      client_message_id: null,
      parent_message_id: threadId,
      trace_id: threadId,
      fence: 1,
      attempt: 1,
      lease_until: null,
      cancel_requested: 0,
      created_at: at,
      updated_at: at,
    })
    .compile()
}

/** Each run commits as an agent's does, fence and all, and goes on once its commit is durable. */
async function runNetra({ eventsPerCommit, rounds }: Shape): Promise<void> {
  const stream = async (answer: Answer): Promise<void> => {
    const fence = { runId: answer.runId, fence: 1 }
    for (let round = 0; round < rounds; round += 1) {
      const events = Array.from({ length: eventsPerCommit }, () => makeDelta(answer.next()))
      const { status } = await journal.commit({
        appends: [{ stream: answer.stream, events }],
        fence,
      })
      if (status !== 'committed') throw new Error(status)
    }
  }
  // Two halves a turn apart, so that one is on its way to the disk while the other is delivered.
  const half = answers.length / 2
  const first = answers.slice(0, half).map(({ answer }) => stream(answer))
  await nextTurn()
  await Promise.all([...first, ...answers.slice(half).map(({ answer }) => stream(answer))])
}

/** The same frames without journal, hub, windows or acknowledgements: made and sent in a loop. */
async function runBare({ eventsPerCommit, rounds }: Shape, paceMs: number): Promise<void> {
  const halves = [bare.slice(0, bare.length / 2), bare.slice(bare.length / 2)]
  const started = performance.now()
  for (let turn = 0; turn < rounds * 2; turn += 1) {
    for (const connection of halves[turn % 2] ?? []) sendBare(connection, eventsPerCommit)
    await nextTurn()
    const early = started + ((turn + 1) * paceMs) / 2 - performance.now()
    if (early >= 1) await sleep(early)
    while (bare.some(({ socket }) => socket.bufferedAmount > BARE_WINDOW)) await sleep(1)
  }
}

function sendBare(connection: BareConnection, eventsPerCommit: number): void {
  const { answer, socket } = connection
  const frames = Array.from({ length: eventsPerCommit }, () => {
    connection.seq += 1
    const event = { type: 'message_delta', ...answer.next() }
    return JSON.stringify({ type: 'event', stream: answer.stream, seq: connection.seq, event })
  })
  socket.send(frames.length === 1 ? (frames[0] ?? '') : `[${frames.join(',')}]`)
}

const spent = (): Cost => {
  const whole = process.cpuUsage()
  const loop = process.threadCpuUsage()
  return { processor: (whole.user + whole.system) / 1e6, loop: (loop.user + loop.system) / 1e6 }
}

async function handle(request: ServerRequest): Promise<unknown> {
  switch (request.kind) {
    case 'open':
      return open(request.connections)
    case 'run':
      begun = spent()
      return request.variant === 'netra'
        ? runNetra(request.shape)
        : runBare(request.shape, request.paceMs)
    case 'cost': {
      const now = spent()
      return { processor: now.processor - begun.processor, loop: now.loop - begun.loop }
    }
    default:
      throw new Error('unknown request')
  }
}

answerParent(handle, async () => {
  await journal[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})
