import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

import { Server } from 'socket.io'

import { makeDelta } from '../../packages/server/src/journal/journal.ts'
import { openSqliteJournal } from '../../packages/server/src/journal/sqlite/sqlite-journal.ts'
import { silentLogger } from '../../packages/server/src/platform/logger.ts'
import { Answer } from '../support/answer.ts'
import { answerParent } from '../support/child.ts'
import { listen, openDelivery } from '../support/delivery.ts'
import { benchFolder } from '../support/folder.ts'
import { makeFollowers, openAccounts } from '../support/people.ts'
import type { Opened, ServerRequest } from './messages.ts'

/** What its documentation recommends; the cuts are far shorter. */
const RECOVERY = { maxDisconnectionDuration: 2 * 60 * 1_000, skipMiddlewares: true }

const folder = benchFolder()
const auth = await openAccounts(folder.path, 'http://localhost:8000')
const journal = await openSqliteJournal({ folder: folder.path, logger: silentLogger })
const delivery = await openDelivery({ journal, auth })
const http = createServer()
const socketIo = new Server(http, { connectionStateRecovery: RECOVERY })
const socketIoPort = await listen(http)
let answers: Answer[] = []

socketIo.on('connection', (socket) => {
  // Rooms come back with a recovered session; whoever starts anew has to join again.
  if (!socket.recovered) void socket.join(String(socket.handshake.auth['room']))
})

async function open(clients: number): Promise<Opened> {
  const followers = await makeFollowers(auth, journal, clients)
  answers = followers.map(({ stream }) => new Answer(stream))
  return { netraPort: delivery.port, socketIoPort, followers }
}

async function run(eventsPerSecond: number, seconds: number): Promise<void> {
  const total = eventsPerSecond * seconds
  const started = performance.now()
  const commits: Promise<{ status: string }>[] = []
  for (let made = 0; made < total; made += 1) {
    const early = started + (made * 1_000) / eventsPerSecond - performance.now()
    if (early > 0) await sleep(early)
    for (const answer of answers) {
      const event = answer.next(`${process.hrtime.bigint()} `)
      socketIo.to(answer.stream).emit('delta', { seq: made + 1, ...event })
      commits.push(
        journal.commit({ appends: [{ stream: answer.stream, events: [makeDelta(event)] }] }),
      )
    }
  }
  const results = await Promise.all(commits)
  if (results.some(({ status }) => status !== 'committed')) throw new Error('a commit was refused')
}

answerParent(
  async (request: ServerRequest): Promise<unknown> =>
    request.kind === 'open' ? open(request.clients) : run(request.eventsPerSecond, request.seconds),
  async () => {
    await socketIo.close()
    await journal[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  },
)
