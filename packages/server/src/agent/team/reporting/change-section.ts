import type {
  EffectShown,
  GroupShown,
  PeriodComparison,
} from '../../tools/workload/period-comparison.ts'
import type { Case } from '../case.ts'
import type { Called, FactsOf } from '../facts.ts'
import type { Block, Fact } from '../report.ts'
import { cellText, NOT_MEASURABLE, orNone, section, tableBlock, type Section } from './sections.ts'
import { effectName, periodOf } from './summary-change.ts'

type Row = (Fact | string)[]

/** What changed from one period to another: effects, both periods, groups; then other groups. */
export function changeSection({ findings, facts }: Case): Section[] {
  const [first, ...others] = findings.changes
  if (!first) return []
  const from = facts.of(first)
  const { method, chosen } = first.result
  return [
    ...section('What changed', [
      effectTable(first, from),
      periodTable(first, from),
      groupTable(first, from),
      effectChart(first, from),
      {
        kind: 'notes',
        tone: 'assumption',
        notes: [`${method.name}: ${method.applied}. ${method.reference}.`, `Periods: ${chosen}.`],
        facts: [],
      },
    ]),
    ...section(
      'What changed, by other groups',
      others.map((called) => groupTable(called, facts.of(called))),
    ),
  ]
}

/** Effects that the groups can have, with what they come to. */
function shownEffects({ effects, by }: PeriodComparison): EffectShown[] {
  const all = (effects ?? []).reduce((sum, { cost_usd: usd }) => sum + Math.abs(usd), 0)
  return (effects ?? [])
    .map((each) =>
      Math.abs(each.cost_usd) < all * LEAST_SHARE
        ? {
            ...each,
            cost_usd: 0,
            share_of_difference: each.share_of_difference === null ? null : 0,
          }
        : each,
    )
    .filter(
      ({ effect, cost_usd: usd }) =>
        usd !== 0 ||
        ['volume', 'tokens', 'price'].includes(effect) ||
        (effect === 'mix' && by !== null),
    )
}

/** Of all effects, whichever way: what is less reads as 0.0 %, and is none. */
const LEAST_SHARE = 0.0005

function effectTable({ result }: Called<PeriodComparison>, from: FactsOf): Block | undefined {
  const { effects, tokens, difference } = result
  if (!effects) return undefined
  const rows = shownEffects(result).flatMap(
    ({ effect, cost_usd: usd, share_of_difference: share }): Row[] => {
      const name = effectName(effect, result)
      const kinds = effect === 'tokens' ? (tokens ?? []).filter((kind) => kind.cost_usd !== 0) : []
      return [
        [
          name,
          from.signedUsd(`effect of ${name}`, usd, effect),
          orNone(share, (value) =>
            from.share(`effect of ${name}, its share`, value, 'share_of_difference'),
          ),
        ],
        ...kinds.map((kind): Row => {
          const of = kind.kind.replaceAll('_', ' ')
          return [
            `of these ${of}`,
            from.signedUsd(`effect of ${of} tokens per request`, kind.cost_usd, 'tokens'),
            '',
          ]
        }),
      ]
    },
  )
  const whole = from.signedUsd(
    'difference of cost',
    difference.cost_usd ?? 0,
    'difference.cost_usd',
  )
  return tableBlock(
    'Why the cost differs',
    ['Effect', 'Cost', 'Of the difference'],
    [...rows, ['sum: the difference', whole, '']],
  )
}

function periodTable({ result }: Called<PeriodComparison>, from: FactsOf): Block {
  const sides = [result.baseline, result.comparison] as const
  const names = sides.map(periodOf)
  const row = (
    name: string,
    of: (side: (typeof sides)[number], what: string) => Fact | string | null,
  ): Row[] => {
    const cells = sides.map((side, at) => of(side, `${name.toLowerCase()}, ${names[at] ?? ''}`))
    const held = cells.filter((cell) => cell !== null)
    return held.length < cells.length ? [] : [[name, ...held]]
  }
  const amount = (name: string, field: 'input' | 'cached_input' | 'output'): Row[] =>
    row(name, (side, what) => {
      const value = side[`${field}_tokens_per_request`]
      return value === null ? null : from.count(what, value, `${field}_tokens_per_request`)
    })
  return tableBlock(
    'Both periods',
    ['', ...names],
    [
      ...row('Cost', ({ cost_usd: usd }, what) =>
        usd === null ? null : from.usd(what, usd, 'cost_usd'),
      ),
      ...row('Requests', ({ requests }, what) =>
        requests === null ? NOT_MEASURABLE : from.count(what, requests, 'requests'),
      ),
      ...row('Cost of a request', ({ usd_per_request: usd }, what) =>
        usd === null ? null : from.usd(what, usd, 'usd_per_request'),
      ),
      ...amount('Input tokens per request', 'input'),
      ...amount('Cached input tokens per request', 'cached_input'),
      ...amount('Output tokens per request', 'output'),
      ...row('Price of a million tokens', ({ usd_per_million_tokens: usd }, what) =>
        usd === null ? null : from.usd(what, usd, 'usd_per_million_tokens'),
      ),
    ],
  )
}

function groupTable({ result }: Called<PeriodComparison>, from: FactsOf): Block | undefined {
  const { by, groups, others, effects } = result
  if (by === null || groups.length < 2) return undefined
  const name = by.replaceAll('_', ' ')
  const rows = groups.map((group): Row => {
    const key = cellText(group.key)
    const of = `${by} ${key}`
    const side = (at: 'baseline' | 'comparison'): Fact | string => {
      const figures = group[at]
      if (figures === null) return 'none'
      return effects
        ? orNone(figures.cost_usd, (usd) => from.usd(`cost of ${of}, ${at}`, usd, 'cost_usd'))
        : orNone(figures.requests, (n) => from.count(`requests of ${of}, ${at}`, n, 'requests'))
    }
    if (!effects) return [key, side('baseline'), side('comparison')]
    const usd = group.difference.cost_usd
    return [
      key,
      side('baseline'),
      side('comparison'),
      from.signedUsd(`difference of cost of ${of}`, usd, 'difference.cost_usd'),
      mostly(group, result),
    ]
  })
  const rest: Row[] =
    others && effects
      ? [
          [
            `${others.groups} others`,
            '',
            '',
            from.signedUsd(
              `difference of cost of other ${by}s`,
              others.cost_usd,
              'difference.cost_usd',
            ),
            '',
          ],
        ]
      : []
  return tableBlock(
    `By ${name}, what contributes most first`,
    effects
      ? [name, 'Before', 'After', 'Difference', 'Most of it']
      : [name, 'Requests before', 'Requests after'],
    [...rows, ...rest],
  )
}

/** The greatest effect of a group, in words. */
function mostly({ effects }: GroupShown, result: PeriodComparison): string {
  const [most] = Object.entries(effects).toSorted(([, a], [, b]) => Math.abs(b) - Math.abs(a))
  if (!most || most[1] === 0) return ''
  return effectName(most[0] as keyof GroupShown['effects'], result)
}

function effectChart({ result }: Called<PeriodComparison>, from: FactsOf): Block | undefined {
  const shown = shownEffects(result).filter(({ cost_usd: usd }) => usd !== 0)
  if (shown.length < 2) return undefined
  const y = 'effect in US dollars'
  return {
    kind: 'chart',
    columns: [
      { name: 'effect', kind: 'text' },
      { name: y, kind: 'number' },
    ],
    rows: shown.map(({ effect, cost_usd: usd }) => [effectName(effect, result), usd]),
    row_count: shown.length,
    truncated: false,
    chart: {
      kind: 'bar',
      title: 'Why the cost differs',
      x: { column: 'effect', kind: 'text' },
      y: [{ column: y }],
    },
    facts: [
      from.usd('difference of cost', result.difference.cost_usd ?? 0, 'difference.cost_usd').id,
    ],
  }
}
