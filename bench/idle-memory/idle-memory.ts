import { setTimeout as sleep } from 'node:timers/promises'

import type { WebSocket } from 'ws'

import { openSqliteJournal } from '../../packages/server/src/journal/sqlite/sqlite-journal.ts'
import { silentLogger } from '../../packages/server/src/platform/logger.ts'
import { startChild } from '../support/child.ts'
import { inBatches, openBare, openFollower } from '../support/clients.ts'
import { benchFolder } from '../support/folder.ts'
import { makeFollowers, openAccounts, type Follower } from '../support/people.ts'
import { kilobytes, note, type Bench, type Row } from '../support/report.ts'
import { median, spread } from '../support/statistics.ts'
import type { Memory } from './memory.ts'

const CONNECTIONS = Number(process.env['CONNECTIONS'] ?? 2_000)
const REPEATS = Number(process.env['ROUNDS'] ?? 3)
/** Opened and kept first: code and heap that every server needs are no cost of a connection. */
const FIRST = 1_000
/** Every connection has been pinged once: what a heartbeat leaves behind counts too. */
const FIRST_HEARTBEAT_MS = 12_000

type Open = (port: number, index: number) => Promise<WebSocket>

/** Bytes for each connection: of the process, and alive in it. */
async function measure(entry: URL, open: Open): Promise<Memory> {
  await using server = startChild<'port' | 'memory'>(entry, ['--expose-gc'])
  const port = await server.ask<number>('port')
  const openMany = (from: number, count: number): Promise<WebSocket[]> =>
    inBatches(Array.from({ length: count }), (_, index) => open(port, from + index))
  const sockets = await openMany(0, FIRST)
  const before = await server.ask<Memory>('memory')
  sockets.push(...(await openMany(FIRST, CONNECTIONS)))
  await sleep(FIRST_HEARTBEAT_MS)
  const after = await server.ask<Memory>('memory')
  if (sockets.some(({ readyState, OPEN }) => readyState !== OPEN))
    throw new Error('a socket closed')
  for (const socket of sockets) socket.terminate()
  return {
    rss: (after.rss - before.rss) / CONNECTIONS,
    live: (after.live - before.live) / CONNECTIONS,
  }
}

function answerPing(data: Buffer, socket: WebSocket): void {
  if (!data.includes('"type":"ping"')) return
  const { nonce }: { nonce: string } = JSON.parse(data.toString())
  socket.send(JSON.stringify({ type: 'pong', nonce }))
}

async function prepare(folder: string): Promise<Follower[]> {
  await using journal = await openSqliteJournal({ folder, logger: silentLogger })
  await using auth = await openAccounts(folder, 'http://localhost:8000')
  return await makeFollowers(auth, journal, FIRST + CONNECTIONS)
}

const follow =
  (followers: readonly Follower[]): Open =>
  async (port, index) => {
    const follower = followers[index]
    if (!follower) throw new Error(`no follower ${index}`)
    return openFollower(port, follower, answerPing)
  }

async function run(): Promise<Row[]> {
  using folder = benchFolder()
  const netra: Memory[] = []
  const bare: Memory[] = []
  const followers = await prepare(folder.path)
  process.env['NETRA_DATA_DIR'] = folder.path
  for (let round = 0; round < REPEATS; round += 1) {
    netra.push(await measure(new URL('./netra.ts', import.meta.url), follow(followers)))
    bare.push(
      await measure(new URL('./bare.ts', import.meta.url), (port) =>
        openBare(`ws://localhost:${port}/`),
      ),
    )
    note(`round ${round}: ${JSON.stringify(netra.at(-1))} against ${JSON.stringify(bare.at(-1))}`)
  }
  return [
    rowOf('memory of the process for each connection', 'rss', netra, bare),
    rowOf('of which objects and buffers', 'live', netra, bare),
  ]
}

function rowOf(what: string, key: keyof Memory, netra: Memory[], bare: Memory[]): Row {
  const ratios = netra.map((memory, index) => memory[key] / (bare[index]?.[key] ?? Number.NaN))
  return {
    what,
    ours: kilobytes(median(netra.map((memory) => memory[key]))),
    against: kilobytes(median(bare.map((memory) => memory[key]))),
    ratio: median(ratios),
    spread: spread(ratios),
    ...(key === 'rss' && { goal: { most: 1.5 } }),
  }
}

export const idleMemory: Bench = {
  name: 'idle-memory',
  about: `an authenticated, subscribed, idle connection against one of bare ws, ${CONNECTIONS} of each`,
  run,
}
