import { setTimeout as sleep } from 'node:timers/promises'

import { WINDOW_BYTES } from '@netra/protocol'

import { startChild } from '../support/child.ts'
import { inBatches } from '../support/clients.ts'
import { untilRead } from '../support/event-reader.ts'
import type { Follower } from '../support/people.ts'
import {
  kilobytes,
  milliseconds,
  note,
  thousands,
  type Bench,
  type Row,
} from '../support/report.ts'
import { median, quantile, spread } from '../support/statistics.ts'
import { comeLate, type Arrival } from './late-comer.ts'
import { BACKLOG, type Opened, type ServerRequest, type Variant } from './messages.ts'
import { slowBare, slowFollower, type SlowReader } from './slow-reader.ts'

const SLOW = Number(process.env['CONNECTIONS'] ?? 20)
const LATE = 20
/** The first few compile the code. */
const WARM_UP = 5
const FIRST_FRAME_MS = 100
const REPEATS = Number(process.env['ROUNDS'] ?? 3)
/** Kernel and window are full by then, and what follows waits in the journal or in the process. */
const SETTLED_MS = 500

type Server = ReturnType<typeof startChild<ServerRequest>>

async function run(): Promise<Row[]> {
  await using server = startChild<ServerRequest>(new URL('./server.ts', import.meta.url), [
    '--expose-gc',
  ])
  const opened = await server.ask<Opened>({ kind: 'open', late: LATE, slow: SLOW })
  return [...(await firstFrames(server, opened)), ...(await memory(server, opened))]
}

/** One after the other, each to a thread that nobody has opened yet; then to the same once more. */
async function firstFrames(server: Server, { ports, late }: Opened): Promise<Row[]> {
  const come = async (followers: Follower[]): Promise<Arrival[]> => {
    const arrivals: Arrival[] = []
    for (const follower of followers) arrivals.push(await comeLate(ports.netra, follower, BACKLOG))
    return arrivals
  }
  await come(late.slice(0, WARM_UP))
  await server.ask({ kind: 'standstill' })
  const first = await come(late.slice(WARM_UP))
  const standstill = await server.ask<number>({ kind: 'standstill' })
  const again = await come(late.slice(WARM_UP))
  return [
    rowOfFrames('first frame of the thread', contents(first), FIRST_FRAME_MS),
    rowOfFrames('first frame when it was opened before', contents(again)),
    rowOfFrames(
      'welcome',
      first.map(({ welcome }) => welcome),
    ),
    {
      what: 'the event loop stood still meanwhile, at most',
      ours: milliseconds(standstill),
      against: '',
    },
  ]
}

const contents = (arrivals: readonly Arrival[]): number[] => arrivals.map(({ content }) => content)

function rowOfFrames(what: string, times: number[], most?: number): Row {
  const middle = median(times)
  return {
    what: `${thousands(BACKLOG)} events behind, until the ${what}`,
    ours: `${milliseconds(middle)}, worst ${milliseconds(quantile(times, 1))}`,
    against: '',
    ...(most !== undefined && { goal: { most, value: middle, text: `${most} ms` } }),
  }
}

/** Bytes for each client that does not read. */
interface Held {
  /** Alive in the server. */
  process: number
  /** Handed to its socket: in the kernel's buffers, where it counts as memory all the same. */
  sent: number
}

async function memory(server: Server, { ports, slow }: Opened): Promise<Row[]> {
  const clients: Record<Variant, SlowReader[]> = {
    netra: await inBatches(slow, (follower) => slowFollower(ports.netra, follower)),
    bare: await inBatches(slow, () => slowBare(ports.bare)),
  }
  const rounds: Record<Variant, Held>[] = []
  for (let round = 0; round <= REPEATS; round += 1) {
    const through = BACKLOG * (round + 1)
    const measured = {
      netra: await heldFor(server, 'netra', clients.netra, through),
      bare: await heldFor(server, 'bare', clients.bare, through),
    }
    note(`held for each: ${describe(measured.netra)} against ${describe(measured.bare)}`)
    // The first round leaves behind what every server needs.
    if (round > 0) rounds.push(measured)
  }
  for (const client of [...clients.netra, ...clients.bare]) client.leave()
  const sum = (held: Held): number => Math.max(held.process, 0) + held.sent
  const ratios = rounds.map(({ netra, bare }) => sum(netra) / sum(bare))
  const middle = (variant: Variant, of: (held: Held) => number): number =>
    median(rounds.map((round) => of(round[variant])))
  return [
    {
      what: `held for a client that does not read ${thousands(BACKLOG)} events, process and kernel`,
      ours: kilobytes(middle('netra', sum)),
      against: `ws loop ${kilobytes(middle('bare', sum))}`,
      ratio: median(ratios),
      spread: spread(ratios),
      goal: { most: WINDOW_BYTES, value: middle('netra', sum), text: kilobytes(WINDOW_BYTES) },
    },
    {
      what: 'of which in the process',
      ours: kilobytes(middle('netra', (held) => held.process)),
      against: `ws loop ${kilobytes(middle('bare', (held) => held.process))}`,
    },
  ]
}

const describe = (held: Held): string =>
  `${kilobytes(held.process)} in the process, ${kilobytes(held.sent)} sent`

/** Afterwards all of the clients have read everything. */
async function heldFor(
  server: Server,
  variant: Variant,
  clients: readonly SlowReader[],
  through: number,
): Promise<Held> {
  const before = await server.ask<number>({ kind: 'memory' })
  for (const client of clients) client.stop()
  await server.ask({ kind: 'flood', variant })
  await sleep(SETTLED_MS)
  const after = await server.ask<number>({ kind: 'memory' })
  const sent = await Promise.all(clients.map((client) => client.drain()))
  for (const client of clients) client.goOn()
  const readers = clients.map(({ reader }) => reader)
  await untilRead(readers, through)
  return { process: (after - before) / clients.length, sent: quantile(sent, 1) }
}

export const backlog: Bench = {
  name: 'backlog',
  about: `clients that are ${thousands(BACKLOG)} events behind: the first frame, and the memory of those that do not read`,
  run,
}
