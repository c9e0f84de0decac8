import { setTimeout as sleep } from 'node:timers/promises'

import { startChild } from '../support/child.ts'
import type { Follower } from '../support/people.ts'
import { milliseconds, note, thousands, type Bench, type Row } from '../support/report.ts'
import { quantile } from '../support/statistics.ts'
import { openNetra, openSocketIo, type Client } from './clients.ts'
import type { Opened, ServerRequest } from './messages.ts'
import { startProxy, type Cut, type Proxy } from './proxy.ts'

const CLIENTS = Number(process.env['CONNECTIONS'] ?? 5)
const CUTS = Number(process.env['ROUNDS'] ?? 9)
const EVENTS_PER_SECOND = 50
const CUT_MS = 2_000
const PERIOD_MS = 10_000
const FIRST_CUT_MS = 3_000
/** How long a client may take to come back and catch up once nothing is cut any more. */
const PATIENCE_MS = 30_000
/** Whoever has been given nothing for so long has all that it will get. */
const SETTLED_MS = 5_000

interface Side {
  netra: Client[]
  socketIo: Client[]
  proxies: Proxy[]
}

const KINDS: Record<Cut, string> = {
  both: 'cut at both ends',
  client: "cut at the client's end",
}

async function run(): Promise<Row[]> {
  await using server = startChild<ServerRequest>(new URL('./server.ts', import.meta.url))
  const opened = await server.ask<Opened>({ kind: 'open', clients: CLIENTS * 2 })
  const { followers } = opened
  const sides: Record<Cut, Side> = {
    both: await open(opened, followers.slice(0, CLIENTS)),
    client: await open(opened, followers.slice(CLIENTS)),
  }
  try {
    const seconds = (FIRST_CUT_MS + CUTS * PERIOD_MS) / 1_000
    const sent = server.ask({ kind: 'run', eventsPerSecond: EVENTS_PER_SECOND, seconds })
    await cutAll(sides)
    await sent
    const expected = EVENTS_PER_SECOND * seconds
    await settled(Object.values(sides), expected)
    return (['both', 'client'] as const).flatMap((how) => rowsOf(how, sides[how], expected))
  } finally {
    for (const { netra, socketIo, proxies } of Object.values(sides)) {
      for (const end of [...netra, ...socketIo, ...proxies]) end[Symbol.dispose]()
    }
  }
}

async function open(
  { netraPort, socketIoPort }: Opened,
  followers: readonly Follower[],
): Promise<Side> {
  const netraProxy = await startProxy(netraPort)
  const socketIoProxy = await startProxy(socketIoPort)
  return {
    proxies: [netraProxy, socketIoProxy],
    netra: await Promise.all(
      followers.map((follower) => openNetra(netraProxy.port, netraPort, follower)),
    ),
    socketIo: await Promise.all(
      followers.map(({ stream }) => openSocketIo(socketIoProxy.port, stream)),
    ),
  }
}

/** The same cuts for all, at the same moments. */
async function cutAll(sides: Record<Cut, Side>): Promise<void> {
  await sleep(FIRST_CUT_MS)
  for (let cut = 0; cut < CUTS; cut += 1) {
    for (const how of ['both', 'client'] as const) {
      for (const proxy of sides[how].proxies) proxy.cut(how)
    }
    await sleep(CUT_MS)
    for (const { proxies } of Object.values(sides)) for (const proxy of proxies) proxy.mend()
    await sleep(PERIOD_MS - CUT_MS)
    const counts = Object.values(sides).map(({ netra, socketIo }) => [
      total(netra),
      total(socketIo),
    ])
    note(`after ${cut + 1} cuts, received by Netra and Socket.IO: ${counts.join(' / ')}`)
  }
}

const total = (clients: readonly Client[]): number =>
  clients.reduce((sum, { received }) => sum + received.count, 0)

/** Until everybody has everything, or nothing has come for a while. */
async function settled(sides: readonly Side[], expected: number): Promise<void> {
  const clients = sides.flatMap(({ netra, socketIo }) => [...netra, ...socketIo])
  const begun = performance.now()
  let changed = begun
  let before = 0
  while (clients.some(({ received }) => received.count < expected)) {
    const now = performance.now()
    const count = total(clients)
    if (count !== before) changed = now
    before = count
    if (now - changed > SETTLED_MS || now - begun > PATIENCE_MS) return
    await sleep(50)
  }
}

function rowsOf(how: Cut, { netra, socketIo, proxies }: Side, expected: number): Row[] {
  const lost = proxies.map(({ ended }) => ended)
  if (lost.some((ended) => ended < CUTS))
    throw new Error(`only ${lost.join(', ')} connections were cut`)
  const share = total(netra) / (netra.length * expected)
  return [
    {
      what: `${KINDS[how]}, events delivered`,
      ours: delivered(netra, expected),
      against: `Socket.IO ${delivered(socketIo, expected)}`,
      goal: { least: 1, value: share, text: '100 %' },
    },
    {
      what: `${KINDS[how]}, delivered twice / out of order / not recovered`,
      ours: mishaps(netra),
      against: `Socket.IO ${mishaps(socketIo)}`,
    },
    {
      what: `${KINDS[how]}, from sending to delivery: p50 / p99 of what came`,
      ours: delays(netra),
      against: `Socket.IO ${delays(socketIo)}`,
    },
  ]
}

function delays(clients: readonly Client[]): string {
  const all = clients.flatMap(({ received }) => received.delays)
  return [0.5, 0.99].map((share) => milliseconds(quantile(all, share))).join(' / ')
}

/** Rounded down, so that 100 % is said only of all. */
const percent = (share: number): string => `${(Math.floor(share * 10_000) / 100).toFixed(2)} %`

function delivered(clients: readonly Client[], expected: number): string {
  const shares = clients.map(({ received }) => received.count / expected)
  if (shares.some((share) => share > 1)) throw new Error('more was delivered than was sent')
  const covered = clients.reduce((sum, { received }) => sum + received.covered, 0)
  const all = percent(total(clients) / (clients.length * expected))
  const inSnapshots = covered > 0 ? `, ${thousands(covered)} in snapshots` : ''
  return `${all} of ${thousands(clients.length * expected)} (worst client ${percent(Math.min(...shares))}${inSnapshots})`
}

function mishaps(clients: readonly Client[]): string {
  const sum = (of: 'duplicates' | 'late' | 'unrecovered'): number =>
    clients.reduce((count, { received }) => count + received[of], 0)
  return `${sum('duplicates')} / ${sum('late')} / ${sum('unrecovered')}`
}

export const cuts: Bench = {
  name: 'cuts',
  about: `${EVENTS_PER_SECOND} events a second through ${CUTS} cuts of ${CUT_MS / 1_000} s, against Socket.IO with its connection state recovery`,
  run,
}
