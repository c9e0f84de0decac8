import { unreachable } from '../../../../platform/unreachable.ts'
import type { TableProfile } from '../../../tools/data/schemas.ts'
import { sourceSql } from '../question/derived.ts'
import { code, groupingLabel, measureLabel, resultNames, scopeText } from '../question/labels.ts'
import type { AggregateQuestion, Figure, Measure, Question, Shape } from '../question/question.ts'
import { groupingSql, measureSql, quoteName, whereSql } from '../question/sql.ts'
import { conditions, query, where, type Plan } from './planned-call.ts'

/** The function of a figure over the values `v` of groups. */
export const figureOf = (figure: Figure): Measure =>
  figure.kind === 'percentile'
    ? { kind: 'percentile', percent: figure.percent, column: 'v' }
    : { kind: 'aggregate', function: figure.function, column: 'v' }

export function planShape(question: AggregateQuestion, shape: Shape, profile: TableProfile): Plan {
  const sql = shapeSql(question, shape, profile)
  const what = question.measures.map((measure) => measureLabel(measure, code)).join(', ')
  const by = question.groupings.map((grouping) => code(groupingLabel(grouping))).join(' and ')
  const groups = by === '' ? '' : ` by ${by}`
  const thoughts: Record<Shape['kind'], string> = {
    share: `I will query which part of the ${what} they are${groups}`,
    each: `I will query ${what}${groups} and take figures of these`,
    having: `I will query ${what}${groups} and keep the groups that pass the condition`,
  }
  return {
    calls: [query(profile, sql)],
    thought: `${thoughts[shape.kind]}${scopeText(question.filters)}.`,
  }
}

function shapeSql(question: AggregateQuestion, shape: Shape, profile: TableProfile): string {
  const [measure] = question.measures
  const source = sourceSql(question, profile)
  if (!measure) throw new Error('A shaped question has a measure.')
  switch (shape.kind) {
    case 'share':
      return shareSql(question, measure, source)
    case 'each':
      return eachSql(question, shape, measure, source)
    case 'having':
      return havingSql(question, shape, measure, source)
    default:
      return unreachable(shape)
  }
}

function shareSql(question: AggregateQuestion, measure: Measure, source: string): string {
  const value = measureSql(measure)
  const [grouping] = question.groupings
  if (!grouping) {
    const part = `${value} FILTER (WHERE ${whereSql(question.filters)})`
    return `SELECT 100.0 * coalesce(${part}, 0) / nullif(${value}, 0) AS "percent", coalesce(${part}, 0) AS "part", ${value} AS "whole" FROM ${source}`
  }
  const [key = '', name = ''] = resultNames([grouping], [measure])
  const order = grouping.kind === 'column' ? '2 DESC NULLS LAST, 1' : '1'
  return `SELECT ${groupingSql(grouping)} AS ${quoteName(key)}, ${value} AS ${quoteName(name)}, 100.0 * ${value} / nullif(sum(${value}) OVER (), 0) AS "percent" FROM ${source}${where(conditions(question))} GROUP BY 1 ORDER BY ${order}`
}

const notEmpty = (question: AggregateQuestion, name: string): string =>
  [whereSql(question.filters), `${quoteName(name)} IS NOT NULL`].filter(Boolean).join(' AND ')

/** Over time, units without any row between the first and the last are told apart. */
function eachSql(
  question: AggregateQuestion,
  { figures }: Extract<Shape, { kind: 'each' }>,
  measure: Measure,
  source: string,
): string {
  const [grouping] = question.groupings
  if (!grouping) throw new Error('Figures over groups need groups.')
  const values = figures.map((figure, place) => `${measureSql(figureOf(figure))} AS "f${place}"`)
  const span =
    grouping.kind === 'time'
      ? `date_diff('${grouping.unit}', min(k), max(k)) + 1`
      : 'CAST(NULL AS BIGINT)'
  const inner = `SELECT ${groupingSql(grouping)} AS k, ${measureSql(measure)} AS v FROM ${source} WHERE ${notEmpty(question, grouping.column)} GROUP BY 1`
  return `WITH each_group AS (${inner}) SELECT ${values.join(', ')}, count(*) AS "groups", ${span} AS "span", sum(v) / nullif(${span}, 0) AS "over_span" FROM each_group`
}

function havingSql(
  question: AggregateQuestion,
  { measure: tested, comparison, value, counted }: Extract<Shape, { kind: 'having' }>,
  measure: Measure,
  source: string,
): string {
  const [grouping] = question.groupings
  if (!grouping) throw new Error('A condition on groups needs groups.')
  const [key = '', name = ''] = resultNames([grouping], [measure])
  const passing = `SELECT ${groupingSql(grouping)} AS ${quoteName(key)}, ${measureSql(measure)} AS ${quoteName(name)} FROM ${source} WHERE ${notEmpty(question, grouping.column)} GROUP BY 1 HAVING ${measureSql(tested)} ${comparison === '!=' ? '<>' : comparison} ${value}`
  return counted
    ? `SELECT count(*) AS "groups" FROM (${passing}) AS passing`
    : `${passing} ORDER BY 2 DESC NULLS LAST, 1`
}

/** How many values there are, how many come more than once, and in how many rows. */
export function planRepeats(
  question: Extract<Question, { intent: 'repeats' }>,
  profile: TableProfile,
): Plan {
  const column = quoteName(question.column)
  const scope = [`${column} IS NOT NULL`, whereSql(question.filters)].filter(Boolean).join(' AND ')
  const sql = `WITH each_value AS (SELECT ${column}, count(*) AS n FROM ${sourceSql(question, profile)} WHERE ${scope} GROUP BY 1) SELECT count(*) AS "values", count(*) FILTER (WHERE n > 1) AS "repeated", coalesce(sum(n) FILTER (WHERE n > 1), 0) AS "rows" FROM each_value`
  return {
    calls: [query(profile, sql)],
    thought: `I will count how often each value of ${code(question.column)} occurs${scopeText(question.filters)}.`,
  }
}
