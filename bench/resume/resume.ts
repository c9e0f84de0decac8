import { startChild } from '../support/child.ts'
import type { Follower } from '../support/people.ts'
import { milliseconds, note, thousands, type Bench, type Row } from '../support/report.ts'
import { median, spread } from '../support/statistics.ts'
import type { Arrivals, Cost, CrowdRequest, Ready, ServerRequest, Variant } from './messages.ts'

const CLIENTS = Number(process.env['CONNECTIONS'] ?? 2_000)
const REPEATS = Number(process.env['ROUNDS'] ?? 7)

type Measured = Arrivals & Cost
type Round = Record<Variant, Measured>

interface Measure {
  what: string
  of: keyof Measured
  unit: (value: number) => string
  hasGoal?: true
}

const seconds = (value: number): string => milliseconds(value * 1_000)

const MEASURES: Measure[] = [
  { what: 'until all are live', of: 'all', unit: milliseconds, hasGoal: true },
  { what: 'until a client is live, p99', of: 'p99', unit: milliseconds, hasGoal: true },
  { what: 'until a client is live, p50', of: 'p50', unit: milliseconds },
  { what: 'processor time of the server', of: 'processor', unit: seconds },
  { what: 'of which its event loop', of: 'loop', unit: seconds },
]

async function run(): Promise<Row[]> {
  await using server = startChild<ServerRequest>(new URL('./server.ts', import.meta.url), [
    '--expose-gc',
  ])
  await using crowd = startChild<CrowdRequest>(new URL('./crowd.ts', import.meta.url))
  const followers = await server.ask<Follower[]>({ kind: 'prepare', clients: CLIENTS })
  await crowd.ask({ kind: 'prepare', followers })

  const measure = async (variant: Variant): Promise<Measured> => {
    const ready = await server.ask<Ready>({ kind: 'ready', variant })
    const arrivals = await crowd.ask<Arrivals>({ kind: 'come', variant, ready })
    return { ...arrivals, ...(await server.ask<Cost>({ kind: 'cost' })) }
  }

  const rounds: Round[] = []
  for (let round = -1; round < REPEATS; round += 1) {
    const measured: Round = {
      netra: await measure('netra'),
      bare: await measure('bare'),
      restarted: await measure('restarted'),
    }
    note(`round ${round}: ${Object.entries(measured).map(describe).join('; ')}`)
    // The first round warms all of them up.
    if (round >= 0) rounds.push(measured)
  }
  return [
    ...MEASURES.map((measured) => rowOf('after a cut', 'netra', measured, rounds)),
    ...MEASURES.slice(0, 2).map((measured) =>
      rowOf('after a restart', 'restarted', measured, rounds),
    ),
  ]
}

const describe = ([variant, { all, p99, loop, processor }]: [string, Measured]): string =>
  `${variant} ${milliseconds(all)}, p99 ${milliseconds(p99)}, loop ${seconds(loop)} of ${seconds(processor)}`

function rowOf(when: string, variant: Variant, measured: Measure, rounds: Round[]): Row {
  const { what, of, unit, hasGoal } = measured
  const ratios = rounds.map((round) => round[variant][of] / round.bare[of])
  return {
    what: `${when}, ${what}`,
    ours: unit(median(rounds.map((round) => round[variant][of]))),
    against: `upgrades ${unit(median(rounds.map(({ bare }) => bare[of])))}`,
    ratio: median(ratios),
    spread: spread(ratios),
    ...(hasGoal && { goal: { most: 2 } }),
  }
}

export const resume: Bench = {
  name: 'resume',
  about: `${thousands(CLIENTS)} clients at once, a few events behind, against as many plain authenticated upgrades of bare ws`,
  run,
}
