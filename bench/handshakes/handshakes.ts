import { startChild } from '../support/child.ts'
import { note, thousands, type Bench, type Row } from '../support/report.ts'
import { median, spread } from '../support/statistics.ts'
import type { Cost, CrowdRequest, ServerRequest, Variant } from './messages.ts'

const HANDSHAKES = Number(process.env['CONNECTIONS'] ?? 2_000)
const REPEATS = Number(process.env['ROUNDS'] ?? 7)
/** Twenty sockets each at most, and so many are under way at once. */
const ACCOUNTS = 40

type Round = Record<Variant, Cost>

async function run(): Promise<Row[]> {
  await using server = startChild<ServerRequest>(new URL('./server.ts', import.meta.url), [
    '--expose-gc',
  ])
  await using crowd = startChild<CrowdRequest>(new URL('./crowd.ts', import.meta.url))
  const tokens = await server.ask<string[]>({ kind: 'prepare', accounts: ACCOUNTS })
  await crowd.ask({ kind: 'prepare', tokens })

  const measure = async (variant: Variant): Promise<Cost> => {
    const port = await server.ask<number>({ kind: 'ready', variant })
    const arrived = await crowd.ask<number>({ kind: 'come', variant, port, count: HANDSHAKES })
    if (arrived !== HANDSHAKES) throw new Error(`${arrived} of ${HANDSHAKES} arrived`)
    return server.ask<Cost>({ kind: 'cost' })
  }

  const rounds: Round[] = []
  for (let round = -1; round < REPEATS; round += 1) {
    const measured: Round = {
      netra: await measure('netra'),
      bare: await measure('bare'),
      checked: await measure('checked'),
    }
    const said = Object.entries(measured).map(
      ([name, { processor }]) => `${name} ${processor.toFixed(2)} s`,
    )
    note(`round ${round}: ${said.join(', ')}`)
    // The first round warms all of them up.
    if (round >= 0) rounds.push(measured)
  }
  return [
    { ...row('accepted per processor second', 'bare', 'processor', rounds), goal: { least: 0.5 } },
    row('accepted per second of the event loop', 'bare', 'loop', rounds),
    row(
      'accepted per processor second, beside upgrades with the same look at the token',
      'checked',
      'processor',
      rounds,
    ),
  ]
}

function row(what: string, against: 'bare' | 'checked', of: keyof Cost, rounds: Round[]): Row {
  const rate = (variant: Variant, round: Round): number => HANDSHAKES / round[variant][of]
  const ratios = rounds.map((round) => rate('netra', round) / rate(against, round))
  return {
    what,
    ours: thousands(median(rounds.map((round) => rate('netra', round)))),
    against: `upgrades ${thousands(median(rounds.map((round) => rate(against, round))))}`,
    ratio: median(ratios),
    spread: spread(ratios),
  }
}

export const handshakes: Bench = {
  name: 'handshakes',
  about: `${thousands(HANDSHAKES)} sockets, each up to the welcome with its token checked, against as many plain upgrades of bare ws`,
  run,
}
