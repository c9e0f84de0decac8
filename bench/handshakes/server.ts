import { setTimeout as sleep } from 'node:timers/promises'

import { openSqliteJournal } from '../../packages/server/src/journal/sqlite/sqlite-journal.ts'
import { silentLogger } from '../../packages/server/src/platform/logger.ts'
import { byToken, openBareUpgrades } from '../resume/bare-upgrades.ts'
import { answerParent } from '../support/child.ts'
import { openDelivery } from '../support/delivery.ts'
import { benchFolder } from '../support/folder.ts'
import { makeFollowers, openAccounts } from '../support/people.ts'
import type { Cost, ServerRequest, Variant } from './messages.ts'

const folder = benchFolder()
const journal = await openSqliteJournal({ folder: folder.path, logger: silentLogger })
const auth = await openAccounts(folder.path, 'http://localhost:8000')
const delivery = await openDelivery({ journal, auth })
const checked = await openBareUpgrades(await byToken(folder.path))
const bare = await openBareUpgrades()

const servers: Record<Variant, { port: number; readonly connections: number }> = {
  netra: delivery,
  bare,
  checked,
}

let begun = spent()

function spent(): Cost {
  const whole = process.cpuUsage()
  const loop = process.threadCpuUsage()
  return { processor: (whole.user + whole.system) / 1e6, loop: (loop.user + loop.system) / 1e6 }
}

async function prepare(accounts: number): Promise<string[]> {
  const followers = await makeFollowers(auth, journal, accounts * 20)
  return [...new Set(followers.map(({ token }) => token))]
}

async function ready(variant: Variant): Promise<number> {
  while (Object.values(servers).some(({ connections }) => connections > 0)) await sleep(5)
  globalThis.gc?.()
  begun = spent()
  return servers[variant].port
}

function cost(): Cost {
  const now = spent()
  return { processor: now.processor - begun.processor, loop: now.loop - begun.loop }
}

answerParent(
  async (request: ServerRequest): Promise<unknown> => {
    if (request.kind === 'prepare') return prepare(request.accounts)
    return request.kind === 'ready' ? ready(request.variant) : cost()
  },
  async () => {
    await delivery[Symbol.asyncDispose]()
    await auth[Symbol.asyncDispose]()
    await journal[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  },
)
