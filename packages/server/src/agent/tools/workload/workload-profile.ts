import type { Clock } from '../../../platform/clock.ts'
import { NAMES_NO_DAY, NO_COMMON_CLOCK } from '../../workload/clock.ts'
import { columnOf, isCycle, isTime, type Dimension } from '../../workload/dimensions.ts'
import type { Workloads } from '../../workload/workloads.ts'
import type { Cell } from '../data/schemas.ts'
import { ToolError, type Tool } from '../tool.ts'
import { keyOf, sqlOf } from './dimension-sql.ts'
import { figuresOf, figuresSql, formulaOfFigures } from './figures.ts'
import { bigOf, numberOf, numberOrNull } from './money.ts'
import { openPricing, unpricedOf } from './pricing.ts'
import { workloadProfileInput, type NotMeasurable, type WorkloadProfile } from './schemas.ts'
import { ofSingleRequests, openSubject, uncountedOf, type Subject } from './subject.ts'

const GROUPS_SHOWN = 20

/** How much was asked, of which model, by whom and when, how fast, and what it cost. */
export const workloadProfile = (workloads: Workloads, clock: Clock): Tool => ({
  name: 'workload_profile',
  description:
    'Figures of the usage in attached files: requests, input, output and cached tokens, errors, cost in US dollars, and percentiles of tokens and latency (ms), of the whole and by up to two dimensions (model, user, project, operation, source, status, hour, day, weekday, …). Cost is what the files say, or list prices of each request’s own model, or of one model named in pricing.',
  input: workloadProfileInput,
  timeoutMs: 120_000,
  repeatable: true,
  effect: 'reads',
  async run(input, context): Promise<WorkloadProfile> {
    const asked = workloadProfileInput.parse(input)
    const subject = await openSubject(workloads, asked, context)
    const pricing = await openPricing(subject, asked.pricing, clock)
    const priced = 'what' in pricing ? undefined : pricing
    const by = [...new Set(asked.by ?? [])]
    groupable(subject, by)
    const from = priced?.from ?? subject.from
    const figures = figuresSql(subject, priced !== undefined)
    const [whole = []] = await subject.ask(`SELECT ${figures.join(', ')} FROM ${from} AS w`)
    const total = { requests: numberOrNull(whole[0]), cost: priced && bigOf(whole[5]) }
    const read = (cells: readonly Cell[]) => figuresOf(cells, subject, total)
    const grouped =
      by.length === 0
        ? []
        : await groups(subject, { from, by, figures, top: asked.top ?? GROUPS_SHOWN })
    return {
      covered: subject.covered,
      pricing: priced?.shown ?? null,
      total: read(whole),
      by,
      groups: grouped.map((cells) => ({
        key: Object.fromEntries(
          by.map((dimension, index) => [dimension, keyOf(dimension, cells[index + 1])]),
        ),
        ...read(cells.slice(by.length + 1)),
      })),
      groups_in_all: numberOf(grouped[0]?.[0]),
      formula: formulaOfFigures(priced),
      not_measurable: notMeasurable(subject, 'what' in pricing ? [pricing] : unpricedOf(pricing)),
    }
  },
})

/** @throws ToolError when the files do not hold what is asked for. */
function groupable(subject: Subject, by: readonly Dimension[]): void {
  const { columns, covered } = subject
  const missing = by.filter((dimension) => !subject.has(columnOf(dimension)))
  if (covered.clocks_differ && missing.some(isTime)) throw new ToolError(NO_COMMON_CLOCK)
  if (missing.length > 0) {
    throw new ToolError(
      `Not measurable by ${missing.join(' and ')}: the files have no ${missing.map(columnOf).join(', ')}. They have: ${[...columns].join(', ')}.`,
    )
  }
  const cycles = by.filter(isCycle)
  if (covered.relative && cycles.length > 0)
    throw new ToolError(`Not measurable by ${cycles.join(' and ')}: ${NAMES_NO_DAY}`)
}

function groups(
  subject: Subject,
  {
    from,
    by,
    figures,
    top,
  }: { from: string; by: readonly Dimension[]; figures: readonly string[]; top: number },
): Promise<Cell[][]> {
  const keys = by.map((dimension, index) => `${sqlOf(dimension)} AS key_${index}`)
  const places = by.map((_, index) => index + 2)
  // Cost comes sixth and requests first among the figures.
  const biggest = [`${by.length + 7} DESC NULLS LAST`, `${by.length + 2} DESC NULLS LAST`]
  const order = by.some(isTime) ? places : [...biggest, ...places]
  return subject.ask(
    `SELECT count(*) OVER () AS in_all, ${keys.join(', ')}, ${figures.join(', ')}
     FROM ${from} AS w GROUP BY ${by.map((_, index) => `key_${index}`).join(', ')} ORDER BY ${order.join(', ')} LIMIT ${top}`,
  )
}

function notMeasurable(subject: Subject, others: NotMeasurable[]): NotMeasurable[] {
  const absent = (
    [
      ['input_tokens', 'input tokens'],
      ['output_tokens', 'output tokens'],
      ['cached_input_tokens', 'cached input tokens'],
      ['latency_ms', 'latency'],
      ['first_token_ms', 'time to the first token'],
      ['status', 'errors and error rate'],
      ['at', 'anything over time'],
    ] as const
  ).flatMap(([column, what]) => (subject.has(column) ? [] : [subject.lacking(what, column)]))
  const single = subject.aggregated
    ? [ofSingleRequests('percentiles of tokens and latency of single requests')]
    : []
  return [...uncountedOf(subject), ...absent, ...single, ...others]
}
