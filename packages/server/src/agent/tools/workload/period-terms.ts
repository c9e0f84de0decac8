import type { Charged, Group, Side, Term } from './lmdi.ts'
import type { Cell, Split } from './period-cells.ts'
import type { Counted } from './period-comparison.ts'
import { PARTS } from './rates.ts'

const NOTHING: Charged = { tokens: 0, cost: 0n }

/**
 * A term for each model of a group: what was charged for it in both periods, of each of `KINDS`.
 * Counted in tokens, what stands for requests in the decomposition are tokens of every kind.
 */
export function termsOf(cells: readonly Cell[], split: Split, countedIn: Counted): Group {
  const byModel = Object.groupBy(cells, ({ model }) => JSON.stringify(model))
  return Object.values(byModel).map((own = []): Term => {
    const priced = own.filter((cell) => cell.priced.rows > 0)
    // What is told apart in one period alone would read as kinds of tokens that came or went.
    const isSplit = split !== 'whole' && priced.every((cell) => listCost(cell) > 0n)
    const side = (period: Cell['period']): Side | undefined => {
      const cell = priced.find((each) => each.period === period)
      if (!cell) return undefined
      const requests = countedIn === 'tokens' ? tokensOf(cell) : cell.priced.requests
      return { requests, kinds: kindsOf(cell, split, isSplit) }
    }
    return { baseline: side('baseline'), comparison: side('comparison') }
  })
}

const listCost = ({ priced }: Cell): bigint =>
  priced.parts.reduce((sum, { cost }) => sum + cost, 0n)

function kindsOf(cell: Cell, split: Split, isSplit: boolean): Charged[] {
  const { cost, parts } = cell.priced
  if (split === 'list') return [...parts, NOTHING]
  if (!isSplit) return [...parts.map(() => NOTHING), { tokens: tokensOf(cell), cost }]
  return [...shared(parts, cost), NOTHING]
}

/** What was paid, shared as list prices share it; what division leaves goes to the dearest kind. */
function shared(parts: readonly Charged[], paid: bigint): Charged[] {
  const list = parts.reduce((sum, { cost }) => sum + cost, 0n)
  const own = parts.map(({ tokens, cost }) => ({ tokens, cost: (paid * cost) / list }))
  const left = paid - own.reduce((sum, { cost }) => sum + cost, 0n)
  const dearest = parts.reduce(
    (most, { cost }, place) => (cost > (parts[most]?.cost ?? 0n) ? place : most),
    0,
  )
  return own.map((each, place) => (place === dearest ? { ...each, cost: each.cost + left } : each))
}

/** Input and output together; a price of requests themselves is charged for no token. */
export const tokensOf = ({ priced }: Cell): number =>
  priced.parts.reduce(
    (sum, { tokens }, place) => (PARTS[place] === 'request' ? sum : sum + tokens),
    0,
  )
