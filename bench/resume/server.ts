import { setTimeout as sleep } from 'node:timers/promises'

import { makeDelta, type Journal } from '../../packages/server/src/journal/journal.ts'
import { openSqliteJournal } from '../../packages/server/src/journal/sqlite/sqlite-journal.ts'
import { silentLogger } from '../../packages/server/src/platform/logger.ts'
import { Answer } from '../support/answer.ts'
import { answerParent } from '../support/child.ts'
import { openDelivery, type Delivery } from '../support/delivery.ts'
import { benchFolder } from '../support/folder.ts'
import { makeFollowers, openAccounts, type Follower } from '../support/people.ts'
import { byToken, openBareUpgrades } from './bare-upgrades.ts'
import { EVENTS, type Cost, type Ready, type ServerRequest, type Variant } from './messages.ts'

const folder = benchFolder()
let journal: Journal
let delivery: Delivery
let auth: Awaited<ReturnType<typeof openAccounts>>

async function start(): Promise<void> {
  journal = await openSqliteJournal({ folder: folder.path, logger: silentLogger })
  auth = await openAccounts(folder.path, 'http://localhost:8000')
  delivery = await openDelivery({ journal, auth })
}

async function stop(): Promise<void> {
  await delivery[Symbol.asyncDispose]()
  await auth[Symbol.asyncDispose]()
  await journal[Symbol.asyncDispose]()
}

await start()
const bare = await openBareUpgrades(await byToken(folder.path))

async function prepare(clients: number): Promise<Follower[]> {
  const followers = await makeFollowers(auth, journal, clients)
  await Promise.all(
    followers.map(async ({ stream }) => {
      const answer = new Answer(stream)
      const events = Array.from({ length: EVENTS }, () => makeDelta(answer.next()))
      const { status } = await journal.commit({ appends: [{ stream, events }] })
      if (status !== 'committed') throw new Error(status)
    }),
  )
  return followers
}

let begun = spent()

function spent(): Cost {
  const whole = process.cpuUsage()
  const loop = process.threadCpuUsage()
  return { processor: (whole.user + whole.system) / 1e6, loop: (loop.user + loop.system) / 1e6 }
}

async function ready(variant: Variant): Promise<Ready> {
  while (delivery.connections > 0 || bare.connections > 0) await sleep(5)
  if (variant === 'restarted') {
    await stop()
    await start()
  }
  globalThis.gc?.()
  begun = spent()
  return { port: variant === 'bare' ? bare.port : delivery.port, epoch: journal.epoch }
}

function cost(): Cost {
  const now = spent()
  return { processor: now.processor - begun.processor, loop: now.loop - begun.loop }
}

answerParent(
  async (request: ServerRequest): Promise<unknown> => {
    if (request.kind === 'prepare') return prepare(request.clients)
    return request.kind === 'ready' ? ready(request.variant) : cost()
  },
  async () => {
    await stop()
    folder[Symbol.dispose]()
  },
)
