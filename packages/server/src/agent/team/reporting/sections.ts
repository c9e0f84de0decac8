import { asMarkdown } from '../../plain-markdown.ts'
import type { Answered, WorkloadProfile } from '../../tools/workload/schemas.ts'
import { NO_COMMON_CLOCK } from '../../workload/clock.ts'
import type { Case } from '../case.ts'
import { joined, say, type Called, type Said } from '../facts.ts'
import type { Block, Fact, Report } from '../report.ts'
import { humanTime } from './human-time.ts'

export type Section = Report['sections'][number]

export const textBlock = ({ text, facts }: Said): Block => ({ kind: 'text', text, facts })

/** A table whose cells are facts or words. */
export function tableBlock(
  title: string,
  names: readonly string[],
  rows: readonly (readonly (Fact | string)[])[],
): Block {
  const cells = rows.flat().filter((cell): cell is Fact => typeof cell !== 'string')
  return {
    kind: 'table',
    title,
    columns: names.map((name) => ({ name, kind: 'text' })),
    rows: rows.map((row) => row.map((cell) => (typeof cell === 'string' ? cell : cell.text))),
    facts: [...new Set(cells.map(({ id }) => id))],
  }
}

export const section = (heading: string, blocks: readonly (Block | undefined)[]): Section[] => {
  const held = blocks.filter((block) => block !== undefined)
  return held.length > 0 ? [{ heading, blocks: held }] : []
}

const MOST_GROUPS = 10
const MOST_POINTS = 100

/** What the files hold. */
export function dataSection(on: Case): Section[] {
  const { triage, facts, findings } = on
  const { files, rejected_rows: rejected, unusable } = triage.result.data
  const list = files.map((file) => {
    const rows = facts.derived(
      { what: `rows of ${file.name}`, value: file.rows, text: file.rows.toLocaleString('en-US') },
      'rows that could be read',
      { tool: triage.tool, tool_call_id: triage.callId },
    )
    return [file.name, file.format, rows] as const
  })
  const covered = findings.profile?.result.covered
  const span = covered?.clocks_differ
    ? say`${NO_COMMON_CLOCK}`
    : covered?.from && covered.to
      ? covered.relative
        ? say`The times of the data are relative: they begin at zero and name no day.`
        : say`The requests were made between ${humanTime(covered.from)} and ${humanTime(covered.to)} (UTC)${covered.where === '' ? '' : `, where ${asMarkdown(covered.where)}`}.`
      : undefined
  const notes = [
    ...(rejected > 0
      ? [`${rejected.toLocaleString('en-US')} rows could not be read and are not in any figure.`]
      : []),
    ...unusable.map(({ name, why }) => `${name} was left out: ${why}`),
  ]
  return section('Data', [
    list.length > 0 ? tableBlock('Files', ['File', 'Format', 'Rows'], list) : undefined,
    span && textBlock(span),
    notes.length > 0 ? { kind: 'notes', tone: 'warning', notes, facts: [] } : undefined,
  ])
}

/** Where the money goes. */
export function costSection(on: Case): Section[] {
  const { findings, facts } = on
  const { drivers, profile } = findings
  if (!drivers || !profile) return []
  const from = facts.of(drivers)
  const { parts, concentration, pareto } = drivers.result
  const rows = (parts ?? [])
    .filter(({ cost_usd: usd, tokens }) => usd > 0 || tokens > 0)
    .map((part) => {
      const name = PART_NAMES[part.part]
      return [
        name,
        from.count(`tokens of ${name}`, part.tokens, 'parts.tokens'),
        from.usd(`cost of ${name}`, part.cost_usd, 'parts.cost_usd'),
        from.share(`share of cost of ${name}`, part.share_of_cost, 'parts.share_of_cost'),
      ] as const
    })
  const dearest = concentration?.find(({ share_of_requests: share }) => share >= 0.1)
  const spread = [
    dearest &&
      say`The dearest ${from.share('share of the dearest requests', dearest.share_of_requests, 'concentration.share_of_requests')} of the requests cost ${from.usd('cost of the dearest requests', dearest.cost_usd, 'concentration.cost_usd')}, ${from.share('share of cost of the dearest requests', dearest.share_of_cost, 'concentration.share_of_cost')} of everything.`,
    pareto &&
      say`${from.count('requests that make up 80 % of the cost', pareto.requests, 'pareto.requests')} requests (${from.share('share of requests that make up 80 % of the cost', pareto.share_of_requests, 'pareto.share_of_requests')}) make up four fifths of it.`,
  ].filter((said) => said !== undefined && said !== null)
  return section('Where the money goes', [
    rows.length > 0
      ? tableBlock('Cost by kind of token', ['What', 'Tokens', 'Cost', 'Share of cost'], rows)
      : undefined,
    ...drivers.result.by
      .filter(({ dimension, groups }) => groups.length > 1 && !isShown(on, dimension))
      .slice(0, 4)
      .map(({ dimension, groups }) =>
        tableBlock(
          `Cost by ${dimension}`,
          [dimension, 'Requests', 'Cost', 'Share of cost'],
          groups.slice(0, MOST_GROUPS).map((group) => {
            const key = `${dimension} ${group.key ?? '(none)'}`
            return [
              cellText(group.key),
              orNone(group.requests, (n) => from.count(`requests of ${key}`, n, 'by.requests')),
              ...(group.is_unpriced
                ? [NOT_MEASURABLE, NOT_MEASURABLE]
                : [
                    from.usd(`cost of ${key}`, group.cost_usd, 'by.cost_usd'),
                    from.share(`share of cost of ${key}`, group.share_of_cost, 'by.share_of_cost'),
                  ]),
            ]
          }),
        ),
      ),
    spread.length > 0 ? textBlock(joined(spread)) : undefined,
    timeChart(on),
  ])
}

/** The section on usage shows cost by it, beside tokens and requests. */
const isShown = ({ findings }: Case, dimension: string): boolean =>
  findings.groups.some(({ result }) => result.by.some((by) => by === dimension))

export const NOT_MEASURABLE = 'not measurable'

const PART_NAMES = {
  input: 'input tokens',
  cached_input: 'cached input tokens',
  cache_write: 'tokens written to the cache',
  output: 'output tokens',
  per_request: 'price per request',
} as const

export const cellText = (value: string | null | undefined): string =>
  value === null || value === undefined || value === '' ? '(none)' : value

/** Cost, or requests where there is no cost, along time. */
export function timeChart({ findings, facts }: Case): Block | undefined {
  const { overTime } = findings
  const [bucket] = overTime?.result.by ?? []
  if (!overTime || bucket === undefined || overTime.result.groups.length < 2) return undefined
  const { groups, total } = overTime.result
  const hasCost = total.cost_usd !== null
  if (!hasCost && total.requests === null) return undefined
  const y = hasCost ? 'cost in US dollars' : 'requests'
  const rows = groups
    .slice(0, MOST_POINTS)
    .map((group) => [
      group.key[bucket] ?? null,
      hasCost ? (group.cost_usd ?? 0) : (group.requests ?? 0),
    ])
  const whole = wholeOf(overTime, hasCost, facts)
  return {
    kind: 'chart',
    columns: [
      { name: bucket, kind: 'time' },
      { name: y, kind: 'number' },
    ],
    rows,
    row_count: rows.length,
    truncated: overTime.result.groups_in_all > rows.length,
    chart: {
      kind: 'line',
      title: `${hasCost ? 'Cost' : 'Requests'} per ${bucket}`,
      x: { column: bucket, kind: 'time' },
      y: [{ column: y }],
    },
    facts: [whole.id],
  }
}

/** Names the call that the points are of. */
function wholeOf(
  called: Called<WorkloadProfile & Answered>,
  hasCost: boolean,
  facts: Case['facts'],
): Fact {
  const { total } = called.result
  const from = facts.of(called)
  return hasCost
    ? from.usd('sum of the points of the chart', total.cost_usd ?? 0, 'cost_usd')
    : from.count('sum of the points of the chart', total.requests ?? 0, 'requests')
}

/** What is not known stays empty in a table. */
export const orNone = <T>(value: T | null | undefined, fact: (value: T) => Fact): Fact | string =>
  value === null || value === undefined ? NOT_MEASURABLE : fact(value)
