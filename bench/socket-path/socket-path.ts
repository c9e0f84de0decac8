import { startChild } from '../support/child.ts'
import { note, thousands, type Bench, type Row } from '../support/report.ts'
import { median, spread } from '../support/statistics.ts'
import type { Cost, Follow, ReaderRequest, ServerRequest, Shape, Variant } from './shape.ts'

const CONNECTIONS = Number(process.env['CONNECTIONS'] ?? 200)
const REPEATS = Number(process.env['ROUNDS'] ?? 9)

const SHAPES: Shape[] = [
  { what: 'an event a commit', eventsPerCommit: 1, rounds: 200 },
  { what: '8 events a commit', eventsPerCommit: 8, rounds: 60 },
]

/** Events per second, by the clock and by processor seconds of the server. */
interface Rates {
  clock: number
  processor: number
  loop: number
}

interface Round {
  netra: Rates
  /** The bare loop at Netra's own pace, so that readers and kernel are as busy as with Netra. */
  paced: Rates
  /** The bare loop as fast as it can. */
  bare: Rates
}

interface Measure {
  what: string
  of: keyof Rates
  against: 'paced' | 'bare'
  goal?: Row['goal']
}

const MEASURES: Measure[] = [
  { what: 'per second of the event loop', of: 'loop', against: 'paced', goal: { least: 0.8 } },
  { what: 'per second of all threads', of: 'processor', against: 'paced' },
  { what: 'per second by the clock', of: 'clock', against: 'bare' },
]

async function run(): Promise<Row[]> {
  await using server = startChild<ServerRequest>(new URL('./server.ts', import.meta.url))
  await using reader = startChild<ReaderRequest>(new URL('./reader.ts', import.meta.url))
  const follow = await server.ask<Follow>({ kind: 'open', connections: CONNECTIONS })
  await reader.ask({ kind: 'follow', ...follow })

  const measure = async (variant: Variant, shape: Shape, paceMs = 0): Promise<Rates> => {
    const eventsEach = shape.rounds * shape.eventsPerCommit
    const events = eventsEach * CONNECTIONS
    const started = performance.now()
    const received = reader.ask({ kind: 'receive', variant, eventsEach })
    await server.ask({ kind: 'run', variant, shape, paceMs })
    await received
    const seconds = (performance.now() - started) / 1_000
    const cost = await server.ask<Cost>({ kind: 'cost' })
    return { clock: events / seconds, processor: events / cost.processor, loop: events / cost.loop }
  }

  const rows: Row[] = []
  for (const shape of SHAPES) {
    const rounds: Round[] = []
    for (let round = -1; round < REPEATS; round += 1) {
      const netra = await measure('netra', shape)
      const paceMs = (CONNECTIONS * shape.eventsPerCommit * 1_000) / netra.clock
      const paced = await measure('bare', shape, paceMs)
      const bare = await measure('bare', shape)
      note(
        `${shape.what}, round ${round}: ${describe(netra)} / ${describe(paced)} / ${describe(bare)}`,
      )
      // The first round warms all of them up.
      if (round >= 0) rounds.push({ netra, paced, bare })
    }
    rows.push(...MEASURES.map((measured) => rowOf(shape, measured, rounds)))
  }
  return rows
}

function rowOf(shape: Shape, { what, of, against, goal }: Measure, rounds: Round[]): Row {
  const ratios = rounds.map((round) => round.netra[of] / round[against][of])
  return {
    what: `${shape.what}, events ${what}`,
    ours: thousands(median(rounds.map(({ netra }) => netra[of]))),
    bare: thousands(median(rounds.map((round) => round[against][of]))),
    ratio: median(ratios),
    spread: spread(ratios),
    ...(goal && { goal }),
  }
}

const describe = ({ loop, processor, clock }: Rates): string =>
  [loop, processor, clock].map((rate) => thousands(rate)).join(' ')

export const socketPath: Bench = {
  name: 'socket-path',
  about: `durable commit → hub → outbox → ws against a bare ws loop with the same frames, ${CONNECTIONS} connections`,
  run,
}
