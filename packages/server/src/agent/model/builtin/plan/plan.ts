import { unreachable } from '../../../../platform/unreachable.ts'
import type { TableProfile } from '../../../tools/data/schemas.ts'
import { sourceSql } from '../question/derived.ts'
import { code, groupingLabel, measureLabel, resultNames, scopeText } from '../question/labels.ts'
import {
  UNITS,
  type AggregateQuestion,
  type PriceQuestion,
  type Question,
  type RowsQuestion,
  type TimeUnit,
} from '../question/question.ts'
import { groupingSql, measureSql, quoteName, whereSql } from '../question/sql.ts'
import { planRepeats, planShape } from './plan-shape.ts'
import { planSpend } from './plan-spend.ts'
import { conditions, query, where, type Plan, type PlannedCall } from './planned-call.ts'

/** Bars beyond this are too thin to read: the largest are drawn. */
export const MOST_BARS = 40

export function planFor(question: Question, profile: TableProfile): Plan {
  switch (question.intent) {
    case 'columns':
      return { calls: [], thought: 'The profile of the table has the answer.' }
    case 'rows':
      return planRows(question, profile)
    case 'price':
      return planPrice(question, profile)
    case 'spend':
      return planSpend(question, profile)
    case 'histogram':
      return planHistogram(question, profile)
    case 'repeats':
      return planRepeats(question, profile)
    case 'aggregate':
      return question.shape
        ? planShape(question, question.shape, profile)
        : planAggregate(question, profile)
    default:
      return unreachable(question)
  }
}

function planRows(question: RowsQuestion, profile: TableProfile): Plan {
  const { order, filters, limit } = question
  const sorted = order
    ? ` ORDER BY ${quoteName(order.column)} ${order.direction === 'descending' ? 'DESC' : 'ASC'} NULLS LAST`
    : ''
  const sql = `SELECT * FROM ${sourceSql(question, profile)}${where(whereSql(filters))}${sorted} LIMIT ${limit}`
  const by = order ? ` by ${code(order.column)}, ${order.direction}` : ''
  return {
    calls: [query(profile, sql)],
    thought: `I will read rows${by}${scopeText(filters)}.`,
  }
}

function planPrice(question: PriceQuestion, profile: TableProfile): Plan {
  const condition = whereSql(question.filters)
  const providers = [...new Set(question.models.map((model) => model.provider))]
  const calls = providers.map((provider): PlannedCall => ({
    toolName: 'price_workload',
    input: {
      file_id: profile.file_id,
      models: question.models
        .filter((model) => model.provider === provider)
        .map(({ name }) => name),
      ...(provider !== undefined && { provider }),
      ...(condition !== '' && { where: condition }),
    },
  }))
  const names = question.models.map(({ name }) => code(name)).join(' and ')
  return {
    calls,
    thought: `I will price each row${scopeText(question.filters)} by its input and output tokens on ${names}.`,
  }
}

const HISTOGRAM_BINS = 20

function planHistogram(
  question: Extract<Question, { intent: 'histogram' }>,
  profile: TableProfile,
): Plan {
  const column = quoteName(question.column)
  const scope = where(
    [`${column} IS NOT NULL`, whereSql(question.filters)].filter(Boolean).join(' AND '),
  )
  const source = sourceSql(question, profile)
  const sql = [
    `WITH bounds AS (SELECT min(${column}) AS low, max(${column}) AS high FROM ${source}${scope})`,
    `SELECT low + least(floor((${column} - low) * ${HISTOGRAM_BINS} / nullif(high - low, 0)), ${HISTOGRAM_BINS - 1}) * (high - low) / ${HISTOGRAM_BINS} AS "from",`,
    `count(*) AS rows FROM ${source}, bounds${scope} GROUP BY 1 ORDER BY 1`,
  ].join(' ')
  return {
    calls: [
      {
        toolName: 'chart_table',
        input: {
          file_id: profile.file_id,
          sql,
          kind: 'bar',
          title: `Distribution of ${question.column}`.slice(0, 200),
          x: 'from',
          y: ['rows'],
        },
      },
    ],
    thought: `I will count rows in equal steps of ${code(question.column)}${scopeText(question.filters)} and draw them.`,
  }
}

function planAggregate(question: AggregateQuestion, profile: TableProfile): Plan {
  const sql = aggregateSql(question, profile)
  const what = question.measures.map((measure) => measureLabel(measure, code)).join(', ')
  const by = question.groupings.map((grouping) => code(groupingLabel(grouping))).join(' and ')
  const groups = by === '' ? '' : ` by ${by}`
  const scope = scopeText(question.filters)
  if (question.chart === undefined) {
    return { calls: [query(profile, sql)], thought: `I will query ${what}${groups}${scope}.` }
  }
  const names = resultNames(question.groupings, question.measures)
  const [x = ''] = resultNames(drawable(question, profile).groupings, question.measures)
  const title = `${question.measures.map((measure) => measureLabel(measure)).join(', ')} by ${x}`
  const drawn = drawable(question, profile)
  const chart: PlannedCall = {
    toolName: 'chart_table',
    input: {
      file_id: profile.file_id,
      sql: drawn === question ? sql : aggregateSql(drawn, profile),
      kind: chartKind(question),
      title: `${title.charAt(0).toUpperCase()}${title.slice(1)}`.slice(0, 200),
      x,
      y: names.slice(1, 9),
    },
  }
  return {
    calls: [chart, query(profile, chartSummarySql(sql, names))],
    thought: `I will draw ${what}${groups}${scope}, and query its highest point.`,
  }
}

const MOST_POINTS = 2_000

const MILLISECONDS: Record<TimeUnit, number> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
  month: 30 * 86_400_000,
  year: 365 * 86_400_000,
}

/** The question by a coarser unit of time, when a chart of its own would have too many points. */
export function drawable(question: AggregateQuestion, profile: TableProfile): AggregateQuestion {
  const [grouping] = question.groupings
  if (grouping?.kind !== 'time') return question
  if (
    question.filters.some((filter) => filter.kind !== 'values' && filter.column === grouping.column)
  ) {
    return question
  }
  const column = profile.columns.find(({ name }) => name === grouping.column)
  const range = Date.parse(String(column?.max)) - Date.parse(String(column?.min))
  const fits = (unit: TimeUnit): boolean =>
    !(Math.min(range / MILLISECONDS[unit] + 2, profile.rows) > MOST_POINTS)
  const unit = UNITS.slice(UNITS.indexOf(grouping.unit)).find(fits) ?? grouping.unit
  return unit === grouping.unit ? question : { ...question, groupings: [{ ...grouping, unit }] }
}

function chartKind(question: AggregateQuestion): string {
  if (question.chart !== undefined && question.chart !== 'auto') return question.chart
  return question.groupings[0]?.kind === 'time' ? 'line' : 'bar'
}

/** A model sees only the first points of a chart: what it says of the whole comes from this. */
function chartSummarySql(sql: string, names: readonly string[]): string {
  const [x = '', y = ''] = names.map(quoteName)
  return [
    `WITH points AS (${sql})`,
    `SELECT count(*) AS points, min(${x}) AS first, max(${x}) AS last, min(${y}) AS lowest, max(${y}) AS highest,`,
    `(SELECT min(${x}) FROM points WHERE ${y} = (SELECT max(${y}) FROM points)) AS highest_at FROM points`,
  ].join(' ')
}

export function aggregateSql(question: AggregateQuestion, profile: TableProfile): string {
  const { groupings, measures } = question
  const names = resultNames(groupings, measures)
  const parts = [...groupings.map(groupingSql), ...measures.map(measureSql)]
  const selected = parts.map((part, place) => `${part} AS ${quoteName(names[place] ?? '')}`)
  const base = `SELECT ${selected.join(', ')} FROM ${sourceSql(question, profile)}${where(conditions(question))}`
  if (groupings.length === 0) return base
  const keys = groupings.map((_, place) => place + 1).join(', ')
  return `${base} GROUP BY ${keys}${orderSql(question, profile, parts)}`
}

/** Ranked by the first measure, ties included; otherwise in the order of time, or largest first. */
function orderSql(
  question: AggregateQuestion,
  profile: TableProfile,
  parts: readonly string[],
): string {
  const { groupings, rank } = question
  const keys = groupings.map((_, place) => `${place + 1}`)
  const measure = parts[groupings.length] ?? ''
  const place = groupings.length + 1
  if (rank) {
    const direction = rank.direction === 'descending' ? 'DESC' : 'ASC'
    return ` HAVING ${measure} IS NOT NULL QUALIFY rank() OVER (ORDER BY ${measure} ${direction}) <= ${rank.limit} ORDER BY ${place} ${direction}, ${keys.join(', ')}`
  }
  if (groupings[0] && groupings[0].kind !== 'column') return ` ORDER BY ${keys.join(', ')}`
  const bars = isCrowded(question, profile) ? ` LIMIT ${MOST_BARS}` : ''
  return ` ORDER BY ${place} DESC NULLS LAST, ${keys.join(', ')}${bars}`
}

/** A bar chart over more values than can be told apart. */
export function isCrowded(question: AggregateQuestion, profile: TableProfile): boolean {
  const [grouping] = question.groupings
  if (question.chart === undefined || grouping?.kind !== 'column') return false
  const column = profile.columns.find(({ name }) => name === grouping.column)
  return (column?.distinct ?? 0) > MOST_BARS
}
