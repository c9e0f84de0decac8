import type { Dimension } from '../../workload/dimensions.ts'
import { HOUR_MS } from './calendar.ts'
import { coveredShare, type Periods, type Span } from './choose-periods.ts'
import { comparable } from './comparable.ts'
import {
  costOfGroup,
  decompose,
  EFFECTS,
  noEffects,
  type Effect,
  type Effects,
  type Group,
} from './lmdi.ts'
import { dollars, dollarText, rounded, shareOf } from './money.ts'
import type { Cell, Split } from './period-cells.ts'
import {
  KINDS,
  type Counted,
  type GroupShown,
  type PeriodComparison,
  type PeriodFigures,
  type SideFigures,
} from './period-comparison.ts'
import { termsOf, tokensOf } from './period-terms.ts'
import type { Subject } from './subject.ts'

interface About {
  periods: Periods
  /** The time that the data cover. */
  data: Span
  by: Dimension | null
  /** Undefined where nothing has a price. */
  split: Split | undefined
  subject: Subject
  /** Groups shown at most. */
  top: number
  /** In all. */
  groups: number
}

type Explained = Pick<
  PeriodComparison,
  | 'baseline'
  | 'comparison'
  | 'difference'
  | 'by'
  | 'counted_in'
  | 'left_out'
  | 'effects'
  | 'tokens'
  | 'groups'
  | 'groups_in_all'
  | 'others'
>

type Period = Cell['period']

interface Found {
  cells: Cell[]
  group: Group
  effects: Effects
  /** Femto-dollars; requests where nothing has a price. */
  difference: bigint
}

/** Both periods, their difference, and what it is made of. */
export function explain(all: readonly Cell[], about: About): Explained {
  const { periods, data, by, split, top } = about
  const countedIn: Counted = all.some(({ uncounted }) => uncounted > 0) ? 'tokens' : 'requests'
  const { cells, leftOut } = comparable(all)
  const sides = {
    baseline: sideOf(cells, 'baseline', about),
    comparison: sideOf(cells, 'comparison', about),
  }
  // Of a period without any price the difference is not that of the other one.
  const isPriced = sides.baseline.cost_usd !== null && sides.comparison.cost_usd !== null
  const byGroup = Object.values(
    Object.groupBy(cells, ({ isRest, group }) => JSON.stringify([isRest, group])),
  ).map((own) => own ?? [])
  const groups = byGroup.map((own) => termsOf(own, split ?? 'whole', countedIn))
  const hours = (period: Period): number =>
    ((periods[period].to - periods[period].from) / HOUR_MS) * coveredShare(periods[period], data)
  const parts = decompose(groups, {
    baseline: hours('baseline'),
    comparison: hours('comparison'),
  })
  const found = byGroup.map((own, place): Found => {
    const group = groups[place] ?? []
    const difference = isPriced
      ? costOfGroup(group, 'comparison') - costOfGroup(group, 'baseline')
      : BigInt(countOf(own, 'comparison') - countOf(own, 'baseline'))
    return {
      cells: own,
      group,
      effects: (isPriced && parts[place]?.effects) || noEffects(),
      difference,
    }
  })
  const whole = sumOf(found.map(({ effects }) => effects))
  const difference = EFFECTS.reduce((sum, effect) => sum + whole[effect], 0n)
  const ranked = found
    .filter(({ cells: [first] }) => first?.isRest === false)
    .toSorted((one, other) => compare(size(other.difference), size(one.difference)))
  const shown = by === null ? [] : ranked.slice(0, top)
  const rest = found.filter((each) => by !== null && !shown.includes(each))
  return {
    baseline: { ...spanOf(periods.baseline, cells, 'baseline', data), ...sides.baseline },
    comparison: { ...spanOf(periods.comparison, cells, 'comparison', data), ...sides.comparison },
    difference: differenceOf(sides, isPriced ? difference : undefined, costIn(groups, 'baseline')),
    by,
    counted_in: countedIn,
    left_out: leftOut,
    effects: isPriced
      ? EFFECTS.map((effect) => ({ effect, ...moneyOf(whole[effect], difference) }))
      : null,
    tokens: isPriced && split !== 'whole' ? kindsOf(parts.map(({ tokens }) => tokens)) : null,
    groups: shown.map((each) => groupOf(each, isPriced ? difference : undefined, about)),
    groups_in_all: by === null ? 0 : about.groups,
    others: othersOf(rest, about.groups - shown.length, countedIn),
  }
}

const countOf = (cells: readonly Cell[], period: Period): number =>
  cells.reduce((sum, cell) => sum + (cell.period === period ? cell.requests : 0), 0)

const costIn = (groups: readonly Group[], period: Period): bigint =>
  groups.reduce((sum, group) => sum + costOfGroup(group, period), 0n)

function sumOf(all: readonly Effects[]): Effects {
  const sum = noEffects()
  for (const effects of all) for (const effect of EFFECTS) sum[effect] += effects[effect]
  return sum
}

function spanOf(
  span: Span,
  cells: readonly Cell[],
  period: Period,
  data: Span,
): Omit<PeriodFigures, keyof SideFigures> {
  const own = cells.filter((cell) => cell.period === period)
  return {
    from: isoOf(span.from),
    to: isoOf(span.to),
    hours: rounded((span.to - span.from) / HOUR_MS, 6),
    covered_share: rounded(coveredShare(span, data), 6),
    first: own.length === 0 ? null : isoOf(Math.min(...own.map(({ first }) => first))),
    last: own.length === 0 ? null : isoOf(Math.max(...own.map(({ last }) => last))),
  }
}

const isoOf = (at: number): string => new Date(at).toISOString()

function sideOf(
  cells: readonly Cell[],
  period: Period,
  { split, subject }: Pick<About, 'split' | 'subject'>,
): SideFigures {
  const own = cells.filter((cell) => cell.period === period)
  const requests = countOf(own, period)
  const rows = own.reduce((sum, cell) => sum + cell.rows, 0)
  const uncounted = own.reduce((sum, cell) => sum + cell.uncounted, 0)
  const isCounted = uncounted === 0 || requests > 0
  const pricedRows = own.reduce((sum, cell) => sum + cell.priced.rows, 0)
  const countedCost = own.reduce((sum, cell) => sum + cell.countedCost, 0n)
  const cost = own.reduce((sum, cell) => sum + cell.priced.cost, 0n)
  const priced = own.reduce((sum, cell) => sum + cell.priced.requests, 0)
  const tokens = own.reduce((sum, cell) => sum + tokensOf(cell), 0)
  // No request costs nothing; one without a price costs nobody knows what.
  const isPriced = split !== undefined && (pricedRows > 0 || rows === 0)
  const perRequest = (kind: keyof Cell['tokens']): number | null => {
    const column = COLUMNS[kind]
    // Of rows that count their requests none may say it.
    if (!subject.has(column) || requests === 0) return null
    if (uncounted > 0 && own.every((cell) => cell.tokens[kind] === null)) return null
    return rounded(own.reduce((sum, cell) => sum + (cell.tokens[kind] ?? 0), 0) / requests, 3)
  }
  return {
    requests: isCounted ? requests : null,
    ...(uncounted > 0 && {
      uncounted_rows: uncounted,
      unpriced_rows: uncounted - own.reduce((sum, cell) => sum + cell.priced.uncounted, 0),
    }),
    unpriced_requests: requests - priced,
    cost_usd: isPriced ? dollars(cost) : null,
    cost_text: isPriced ? dollarText(cost) : null,
    usd_per_request: isPriced && priced > 0 ? significant(dollars(countedCost) / priced) : null,
    input_tokens_per_request: perRequest('input'),
    cached_input_tokens_per_request: perRequest('cached'),
    output_tokens_per_request: perRequest('output'),
    usd_per_million_tokens:
      isPriced && tokens > 0 ? significant((dollars(cost) / tokens) * 1_000_000) : null,
  }
}

const COLUMNS = {
  input: 'input_tokens',
  cached: 'cached_input_tokens',
  output: 'output_tokens',
} as const

const significant = (value: number): number => Number(value.toPrecision(9))

function differenceOf(
  { baseline, comparison }: Record<Period, SideFigures>,
  cost: bigint | undefined,
  before: bigint,
): PeriodComparison['difference'] {
  const requests =
    comparison.requests === null || baseline.requests === null
      ? null
      : comparison.requests - baseline.requests
  return {
    requests,
    requests_share:
      requests === null || !baseline.requests ? null : shareOf(requests, baseline.requests),
    cost_usd: cost === undefined ? null : dollars(cost),
    cost_text: cost === undefined ? null : dollarText(cost),
    cost_share: cost === undefined || before === 0n ? null : shareOf(cost, before),
  }
}

const moneyOf = (femto: bigint, difference: bigint) => ({
  cost_usd: dollars(femto),
  cost_text: dollarText(femto),
  share_of_difference: difference === 0n ? null : shareOf(femto, difference),
})

function kindsOf(all: readonly (readonly bigint[])[]): PeriodComparison['tokens'] {
  return KINDS.flatMap((kind, place) => {
    if (kind === 'request') return []
    const femto = all.reduce((sum, tokens) => sum + (tokens[place] ?? 0n), 0n)
    if (kind === 'all' && femto === 0n) return []
    return [{ kind, cost_usd: dollars(femto), cost_text: dollarText(femto) }]
  })
}

const usdOf = (effects: Effects): Record<Effect, number> => ({
  length: dollars(effects.length),
  volume: dollars(effects.volume),
  mix: dollars(effects.mix),
  models: dollars(effects.models),
  tokens: dollars(effects.tokens),
  price: dollars(effects.price),
  new: dollars(effects.new),
  gone: dollars(effects.gone),
})

function groupOf(
  { cells, effects, difference }: Found,
  whole: bigint | undefined,
  about: About,
): GroupShown {
  const has = (period: Period): boolean => cells.some((cell) => cell.period === period)
  const side = (period: Period): SideFigures | null =>
    has(period) ? sideOf(cells, period, about) : null
  return {
    key: cells[0]?.group ?? null,
    state: has('baseline') ? (has('comparison') ? 'stays' : 'gone') : 'new',
    baseline: side('baseline'),
    comparison: side('comparison'),
    difference: whole === undefined ? NO_MONEY : moneyOf(difference, whole),
    effects: usdOf(effects),
  }
}

const NO_MONEY = { cost_usd: 0, cost_text: dollarText(0n), share_of_difference: null }

function othersOf(
  rest: readonly Found[],
  groups: number,
  countedIn: Counted,
): PeriodComparison['others'] {
  if (rest.length === 0) return null
  const effects = sumOf(rest.map((each) => each.effects))
  const femto = EFFECTS.reduce((sum, effect) => sum + effects[effect], 0n)
  return {
    groups,
    requests:
      countedIn === 'tokens'
        ? null
        : rest.reduce(
            (sum, { cells }) => sum + countOf(cells, 'comparison') - countOf(cells, 'baseline'),
            0,
          ),
    cost_usd: dollars(femto),
    cost_text: dollarText(femto),
    effects: usdOf(effects),
  }
}

const size = (value: bigint): bigint => (value < 0n ? -value : value)
const compare = (one: bigint, other: bigint): number => (one < other ? -1 : one > other ? 1 : 0)
