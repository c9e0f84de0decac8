import { dollars } from './money.ts'
import type { Cell } from './period-cells.ts'
import type { LeftOut } from './period-comparison.ts'

/** The parts of two periods that have a price may differ by so much. */
const MOST_APART = 0.05

/**
 * What has a price in one period and none in the other would read as cost that came or went: such
 * models of a group are taken to have no price in either.
 */
export function comparable(cells: readonly Cell[]): { cells: Cell[]; leftOut: LeftOut[] } {
  const leftOut: LeftOut[] = []
  const found = Object.values(
    Object.groupBy(cells, ({ isRest, group, model }) => JSON.stringify([isRest, group, model])),
  ).flatMap((own = []) => {
    const [baseline, comparison] = (['baseline', 'comparison'] as const).map((period) =>
      own.find((cell) => cell.period === period),
    )
    // What is in one period alone is new or gone.
    if (!baseline || !comparison) return own
    const shares = { baseline: pricedShare(baseline), comparison: pricedShare(comparison) }
    if (Math.abs(shares.comparison - shares.baseline) <= MOST_APART) return own
    leftOut.push({
      group: baseline.group,
      model: baseline.model,
      priced_share: shares,
      cost_usd: {
        baseline: dollars(baseline.priced.cost),
        comparison: dollars(comparison.priced.cost),
      },
    })
    return own.map(withoutPrice)
  })
  return { cells: found, leftOut }
}

const pricedShare = ({ rows, priced }: Cell): number => priced.rows / rows

const withoutPrice = (cell: Cell): Cell => ({
  ...cell,
  countedCost: 0n,
  priced: {
    requests: 0,
    rows: 0,
    uncounted: 0,
    cost: 0n,
    parts: cell.priced.parts.map(() => ({ tokens: 0, cost: 0n })),
  },
})
