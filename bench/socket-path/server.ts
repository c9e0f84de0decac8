import { setImmediate as nextTurn } from 'node:timers/promises'

import { makeDelta } from '../../packages/server/src/journal/journal.ts'
import { openSqliteJournal } from '../../packages/server/src/journal/sqlite/sqlite-journal.ts'
import { silentLogger } from '../../packages/server/src/platform/logger.ts'
import type { Answer } from '../support/answer.ts'
import { answerParent } from '../support/child.ts'
import { openDelivery } from '../support/delivery.ts'
import { benchFolder } from '../support/folder.ts'
import { makeFollowers, openAccounts } from '../support/people.ts'
import { makeRuns } from '../support/runs.ts'
import { openBareLoop } from './bare-loop.ts'
import { openCLoop } from './c-loop.ts'
import type { Cost, Follow, ServerRequest, Shape } from './shape.ts'

const folder = benchFolder()
const journal = await openSqliteJournal({ folder: folder.path, logger: silentLogger })
const auth = await openAccounts(folder.path, 'http://localhost:8000')
const delivery = await openDelivery({ journal, auth })
const bare = await openBareLoop()
const c = await openCLoop(folder.path)
let answers: Answer[] = []
let begun: Cost = { processor: 0, loop: 0 }
let spentInC: number | undefined

async function open(connections: number): Promise<Follow> {
  const followers = await makeFollowers(auth, journal, connections)
  answers = await makeRuns(journal, followers)
  return { port: delivery.port, barePort: bare.port, cPort: c?.port, followers }
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
  const first = answers.slice(0, half).map(stream)
  await nextTurn()
  await Promise.all([...first, ...answers.slice(half).map(stream)])
}

const spent = (): Cost => {
  const whole = process.cpuUsage()
  const loop = process.threadCpuUsage()
  return { processor: (whole.user + whole.system) / 1e6, loop: (loop.user + loop.system) / 1e6 }
}

async function run(request: Extract<ServerRequest, { kind: 'run' }>): Promise<void> {
  begun = spent()
  spentInC = undefined
  if (request.variant === 'netra') return runNetra(request.shape)
  if (request.variant === 'bare') return bare.run(request.shape, request.paceMs)
  spentInC = await c?.run(request.shape, request.paceMs)
}

function cost(): Cost {
  if (spentInC !== undefined) return { processor: spentInC, loop: spentInC }
  const now = spent()
  return { processor: now.processor - begun.processor, loop: now.loop - begun.loop }
}

answerParent(
  async (request: ServerRequest): Promise<unknown> => {
    if (request.kind === 'open') return open(request.connections)
    if (request.kind === 'followed') return c?.start()
    return request.kind === 'run' ? run(request) : cost()
  },
  async () => {
    c?.[Symbol.dispose]()
    await journal[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  },
)
