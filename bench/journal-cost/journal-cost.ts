import { startChild } from '../support/child.ts'
import { milliseconds, note, thousands, type Bench, type Row } from '../support/report.ts'
import { median, spread } from '../support/statistics.ts'
import type {
  Latencies,
  Load,
  Opened,
  ReaderRequest,
  ServerRequest,
  Source,
  Spent,
  Variant,
} from './messages.ts'

const CONNECTIONS = Number(process.env['CONNECTIONS'] ?? 400)
const REPEATS = Number(process.env['ROUNDS'] ?? 7)
const EVENTS_PER_SECOND = Number(process.env['EVENTS'] ?? 20_000)
const SECONDS = 3
/** A side that took longer than this for its seconds was not under the load that the row names. */
const HELD = 1.05

const LOADS: Record<Source, Load> = {
  commits: { source: 'commits', perSecond: EVENTS_PER_SECOND, seconds: SECONDS },
  // 100 pieces a second of each run become 50 events.
  pieces: { source: 'pieces', perSecond: EVENTS_PER_SECOND * 2, seconds: SECONDS },
}

type Measured = Latencies & Spent
type Round = Record<Source, Record<Variant, Measured>>

interface Measure {
  source: Source
  what: string
  of: 'p50' | 'p99' | 'max' | 'cores' | 'events'
  most?: number
}

const MEASURES: Measure[] = [
  { source: 'commits', what: 'from commit to client, p50', of: 'p50', most: 1.5 },
  { source: 'commits', what: 'from commit to client, p99', of: 'p99', most: 2 },
  { source: 'commits', what: 'from commit to client, worst', of: 'max' },
  { source: 'commits', what: 'cores of the server', of: 'cores', most: 2 },
  { source: 'pieces', what: "from the model's piece to client, p50", of: 'p50' },
  { source: 'pieces', what: "from the model's piece to client, p99", of: 'p99' },
  { source: 'pieces', what: 'cores of the server, pieces gathered', of: 'cores' },
  { source: 'pieces', what: 'events a second made of the pieces', of: 'events' },
]

async function run(): Promise<Row[]> {
  await using server = startChild<ServerRequest>(new URL('./server.ts', import.meta.url))
  await using reader = startChild<ReaderRequest>(new URL('./reader.ts', import.meta.url))
  const opened = await server.ask<Opened>({ kind: 'open', connections: CONNECTIONS })
  await reader.ask({ kind: 'follow', ...opened })

  const measure = async (source: Source, variant: Variant): Promise<Measured> => {
    await reader.ask({ kind: 'begin' })
    const spent = await server.ask<Spent>({ kind: 'run', variant, load: LOADS[source] })
    const { heads, marks } = spent
    const latencies = await reader.ask<Latencies>({ kind: 'end', variant, heads, marks })
    note(
      `${source}, ${variant}: p50 ${milliseconds(latencies.p50)}, p99 ${milliseconds(latencies.p99)}, ` +
        `${spent.cores.toFixed(2)} cores, ${thousands(spent.events)} events in ${spent.seconds.toFixed(2)} s`,
    )
    return { ...latencies, ...spent }
  }
  const measureBoth = async (source: Source): Promise<Round[Source]> => ({
    journal: await measure(source, 'journal'),
    none: await measure(source, 'none'),
  })

  const rounds: Round[] = []
  for (let round = -1; round < REPEATS; round += 1) {
    const measured = { commits: await measureBoth('commits'), pieces: await measureBoth('pieces') }
    // The first round warms all of it up.
    if (round >= 0) rounds.push(measured)
  }
  const slow = rounds.filter(({ commits: { journal, none } }) =>
    [journal, none].some(({ seconds }) => seconds > SECONDS * HELD),
  )
  if (slow.length > REPEATS / 2) {
    throw new Error(`${thousands(EVENTS_PER_SECOND)} events a second are too many for this machine`)
  }
  return MEASURES.map((measured) => rowOf(measured, rounds))
}

function rowOf({ source, what, of, most }: Measure, rounds: Round[]): Row {
  const sides = rounds.map((round) => round[source])
  const ratios = sides.map(({ journal, none }) => journal[of] / none[of])
  return {
    what,
    ours: show(of, median(sides.map(({ journal }) => journal[of]))),
    against: `no journal ${show(of, median(sides.map(({ none }) => none[of])))}`,
    ratio: median(ratios),
    spread: spread(ratios),
    ...(most !== undefined && { goal: { most } }),
  }
}

function show(of: Measure['of'], value: number): string {
  if (of === 'events') return thousands(value / SECONDS)
  return of === 'cores' ? value.toFixed(2) : milliseconds(value)
}

export const journalCost: Bench = {
  name: 'journal-cost',
  about: `${thousands(EVENTS_PER_SECOND)} events a second to ${CONNECTIONS} connections, durable before delivery, against the same server without a journal`,
  run,
}
