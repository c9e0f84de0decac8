import { startChild } from '../support/child.ts'
import { note, thousands, type Bench, type Row } from '../support/report.ts'
import { median, spread } from '../support/statistics.ts'
import type { Cost, Follow, ReaderRequest, ServerRequest, Shape, Variant } from './shape.ts'

const CONNECTIONS = Number(process.env['CONNECTIONS'] ?? 200)
const REPEATS = Number(process.env['ROUNDS'] ?? 7)

const SHAPES: Shape[] = [
  { what: 'an event a commit', eventsPerCommit: 1, rounds: 200 },
  { what: '8 events a commit', eventsPerCommit: 8, rounds: 60 },
]

/** Events per second, by the clock and by processor seconds of the sender. */
interface Rates {
  clock: number
  processor: number
  loop: number
}

/** The bare loops run at Netra's own pace, so that readers and kernel are as busy, and at full speed. */
interface Round {
  netra: Rates
  paced: { bare: Rates; c: Rates | undefined }
  free: { bare: Rates; c: Rates | undefined }
}

interface Measure {
  what: string
  of: keyof Rates
  against: 'paced' | 'free'
  goal?: Row['goal']
}

const MEASURES: Measure[] = [
  { what: 'per second of the event loop', of: 'loop', against: 'paced', goal: { least: 0.8 } },
  { what: 'per second of all threads', of: 'processor', against: 'paced' },
  { what: 'per second by the clock', of: 'clock', against: 'free' },
]

async function run(): Promise<Row[]> {
  await using server = startChild<ServerRequest>(new URL('./server.ts', import.meta.url))
  await using reader = startChild<ReaderRequest>(new URL('./reader.ts', import.meta.url))
  const follow = await server.ask<Follow>({ kind: 'open', connections: CONNECTIONS })
  await reader.ask({ kind: 'follow', ...follow })
  await server.ask({ kind: 'followed' })

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
  const measureBoth = async (shape: Shape, paceMs?: number): Promise<Round['free']> => ({
    bare: await measure('bare', shape, paceMs),
    c: follow.cPort === undefined ? undefined : await measure('c', shape, paceMs),
  })

  const rows: Row[] = []
  for (const shape of SHAPES) {
    const rounds: Round[] = []
    for (let round = -1; round < REPEATS; round += 1) {
      const netra = await measure('netra', shape)
      const paceMs = (CONNECTIONS * shape.eventsPerCommit * 1_000) / netra.clock
      const paced = await measureBoth(shape, paceMs)
      const free = await measureBoth(shape)
      note(`${shape.what}, round ${round}: ${describe({ netra, paced, free })}`)
      // The first round warms all of them up.
      if (round >= 0) rounds.push({ netra, paced, free })
    }
    rows.push(...MEASURES.map((measured) => rowOf(shape, measured, rounds)))
  }
  return rows
}

function rowOf(shape: Shape, { what, of, against, goal }: Measure, rounds: Round[]): Row {
  const ratios = rounds.map((round) => round.netra[of] / round[against].bare[of])
  return {
    what: `${shape.what}, events ${what}`,
    ours: thousands(median(rounds.map(({ netra }) => netra[of]))),
    against: `ws loop ${thousands(median(rounds.map((round) => round[against].bare[of])))}`,
    ratio: median(ratios),
    spread: spread(ratios),
    c: besideC(rounds.map((round) => ({ netra: round.netra[of], ...ratesOf(round[against], of) }))),
    ...(goal && { goal }),
  }
}

const ratesOf = ({ bare, c }: Round['free'], of: keyof Rates) => ({ bare: bare[of], c: c?.[of] })

function besideC(rounds: { netra: number; bare: number; c: number | undefined }[]): string {
  const withC = rounds.flatMap(({ netra, bare, c }) =>
    c === undefined ? [] : [{ netra, bare, c }],
  )
  if (withC.length === 0) return 'no C compiler (cc)'
  const ratio = (of: 'netra' | 'bare') =>
    median(withC.map((round) => round[of] / round.c)).toFixed(2)
  return `${thousands(median(withC.map(({ c }) => c)))}: Netra ${ratio('netra')}, ws ${ratio('bare')}`
}

const describe = ({ netra, paced, free }: Round): string =>
  [netra, paced.bare, paced.c, free.bare, free.c]
    .map((rates) => (rates ? `${thousands(rates.loop)} ${thousands(rates.clock)}` : 'none'))
    .join(' / ')

export const socketPath: Bench = {
  name: 'socket-path',
  about: `durable commit → hub → outbox → ws against bare loops with the same frames, ${CONNECTIONS} connections`,
  run,
}
