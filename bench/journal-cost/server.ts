import { setTimeout as sleep } from 'node:timers/promises'

import type { Journal } from '../../packages/server/src/journal/journal.ts'
import { openSqliteJournal } from '../../packages/server/src/journal/sqlite/sqlite-journal.ts'
import { silentLogger } from '../../packages/server/src/platform/logger.ts'
import { answerParent } from '../support/child.ts'
import { openDelivery } from '../support/delivery.ts'
import { benchFolder } from '../support/folder.ts'
import { makeFollowers, openAccounts, type Follower } from '../support/people.ts'
import { makeRuns } from '../support/runs.ts'
import { memoryJournal } from './memory-journal.ts'
import type { Load, Opened, ServerRequest, Spent, Variant } from './messages.ts'
import { Stream } from './stream.ts'

const folder = benchFolder()
const auth = await openAccounts(folder.path, 'http://localhost:8000')
const sqlite = await openSqliteJournal({ folder: folder.path, logger: silentLogger })
const memory = memoryJournal(sqlite)
const deliveries = {
  journal: await openDelivery({ journal: sqlite, auth }),
  none: await openDelivery({ journal: memory, auth }),
}
const streams: Record<Variant, Stream[]> = { journal: [], none: [] }

async function open(connections: number): Promise<Opened> {
  // An account's sockets are all of one side, so that both stay below its limit.
  const followers = await makeFollowers(auth, sqlite, connections * 2)
  const sides = { journal: followers.slice(0, connections), none: followers.slice(connections) }
  streams.journal = await makeStreams(sqlite, sides.journal)
  streams.none = await makeStreams(memory, sides.none)
  return {
    ports: { journal: deliveries.journal.port, none: deliveries.none.port },
    followers: sides,
  }
}

async function makeStreams(journal: Journal, followers: Follower[]): Promise<Stream[]> {
  const answers = await makeRuns(sqlite, followers)
  return answers.map((answer) => new Stream(journal, answer))
}

/**
 * An open load: what is due comes, one after the other over all runs, whether or not what came
 * before is durable, as many models stream at once.
 */
async function run(variant: Variant, { source, perSecond, seconds }: Load): Promise<Spent> {
  const all = streams[variant]
  const total = perSecond * seconds
  const before = process.cpuUsage()
  const started = performance.now()
  for (let made = 0; made < total;) {
    const due = Math.min(total, ((performance.now() - started) / 1_000) * perSecond)
    for (; made < due; made += 1) {
      const stream = all[made % all.length]
      if (source === 'commits') stream?.event()
      else stream?.piece()
    }
    await sleep(1)
  }
  const settled = await Promise.all(all.map((stream) => stream.settled()))
  const tookMs = performance.now() - started
  const { user, system } = process.cpuUsage(before)
  return {
    heads: all.map(({ head }) => head),
    events: settled.reduce((sum, { events }) => sum + events, 0),
    marks: settled.reduce((sum, { marks }) => sum + marks, 0),
    seconds: tookMs / 1_000,
    cores: (user + system) / 1_000 / tookMs,
  }
}

answerParent(
  async (request: ServerRequest): Promise<unknown> =>
    request.kind === 'open' ? open(request.connections) : run(request.variant, request.load),
  async () => {
    await sqlite[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  },
)
