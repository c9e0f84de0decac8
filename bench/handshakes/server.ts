import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

import { WebSocketServer } from 'ws'

import { openSqliteJournal } from '../../packages/server/src/journal/sqlite/sqlite-journal.ts'
import { silentLogger } from '../../packages/server/src/platform/logger.ts'
import { openBareUpgrades } from '../resume/bare-upgrades.ts'
import { answerParent } from '../support/child.ts'
import { listen, openDelivery } from '../support/delivery.ts'
import { benchFolder } from '../support/folder.ts'
import { makeFollowers, openAccounts } from '../support/people.ts'
import type { Cost, ServerRequest, Variant } from './messages.ts'

const folder = benchFolder()
const journal = await openSqliteJournal({ folder: folder.path, logger: silentLogger })
const auth = await openAccounts(folder.path, 'http://localhost:8000')
const delivery = await openDelivery({ journal, auth })
const checked = await openBareUpgrades(folder.path)
const bare = await openPlainUpgrades()

/** A `ws` server that lets in whoever comes. */
async function openPlainUpgrades(): Promise<{ port: number; readonly connections: number }> {
  const server = createServer()
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
  })
  let connections = 0
  server.on('upgrade', (request, socket: Duplex, head) => {
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      connections += 1
      webSocket.on('error', () => undefined)
      webSocket.on('close', () => {
        connections -= 1
      })
    })
  })
  return {
    port: await listen(server),
    get connections() {
      return connections
    },
  }
}

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
