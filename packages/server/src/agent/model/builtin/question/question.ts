/** What a person asked, once understood. Everything after the parser works on these alone. */

import { NAME_COLUMNS, TIME_CYCLES, TIME_STEPS } from '../../../workload/dimensions.ts'

export type AggregateFunction =
  | 'sum'
  | 'average'
  | 'median'
  | 'minimum'
  | 'maximum'
  | 'deviation'
  | 'distinct'

export type Measure =
  /** Rows, called as the question calls them: `requests`, `rows`, `calls`. */
  | { kind: 'count'; noun: string }
  | { kind: 'aggregate'; function: AggregateFunction; column: string }
  | { kind: 'percentile'; percent: number; column: string }
  /** Total of one column divided by the total of another. */
  | { kind: 'ratio'; numerator: string; denominator: string }

export const UNITS = ['second', 'minute', 'hour', 'day', 'week', 'month', 'year'] as const
export type TimeUnit = (typeof UNITS)[number]

export type Grouping =
  | { kind: 'column'; column: string }
  | { kind: 'time'; column: string; unit: TimeUnit }
  /** The same hour of every day, the same day of every week. */
  | { kind: 'part'; column: string; part: TimePart }

export type TimePart = 'hour of day' | 'day of week'

export type Comparison = '=' | '!=' | '>' | '<' | '>=' | '<='

export type Literal =
  | { kind: 'number'; text: string }
  | { kind: 'text'; text: string }
  | { kind: 'boolean'; value: boolean }
  /** `2023-11-16`, compared with the day of a moment. */
  | { kind: 'date'; text: string }
  /** `18:30:00`, compared with the time of day. */
  | { kind: 'time'; text: string }
  | { kind: 'moment'; text: string }

export type Filter =
  | { kind: 'compare'; column: string; comparison: Comparison; value: Literal }
  | { kind: 'between'; column: string; low: Literal; high: Literal }
  | { kind: 'in'; column: string; values: string[]; numeric: boolean; negated?: true }
  | {
      kind: 'match'
      column: string
      match: 'contains' | 'starts' | 'ends'
      text: string
      negated: boolean
    }
  | { kind: 'empty'; column: string; negated: boolean }
  /** Days of the week: 1 is Monday, 7 is Sunday. */
  | { kind: 'weekday'; column: string; days: number[] }
  /**
   * Any of these values, in a column that the question does not name: looked up before use.
   * `replaces`: what an earlier question said of that column no longer holds.
   * `negated`: all rows but those with these values.
   */
  | { kind: 'values'; values: string[]; replaces?: true; negated?: true }

export type Direction = 'descending' | 'ascending'

export type ChartKind = 'line' | 'bar' | 'area' | 'scatter'

/** A function that still waits for its column. */
export type Figure =
  | { kind: 'function'; function: AggregateFunction }
  | { kind: 'percentile'; percent: number }

/** What is made of the groups, or of the figure, instead of being shown as they are. */
export type Shape =
  /** Percent of the whole: of each group, or of the rows that the conditions keep. */
  | { kind: 'share' }
  /** Figures over the groups: `average requests per hour`. */
  | { kind: 'each'; figures: Figure[] }
  /** Only groups whose own figure passes; `counted`: how many these are. */
  | {
      kind: 'having'
      measure: Measure
      comparison: Comparison
      value: string
      counted: boolean
    }

export interface AggregateQuestion {
  intent: 'aggregate'
  measures: Measure[]
  filters: Filter[]
  groupings: Grouping[]
  /** Groups are ranked by the first measure. */
  rank?: { direction: Direction; limit: number }
  /** `auto`: a line over time, bars over categories. */
  chart?: ChartKind | 'auto'
  /** Two or more values of one column, side by side. */
  compare: boolean
  /** Excludes a rank, a chart and a comparison. */
  shape?: Shape
}

export interface RowsQuestion {
  intent: 'rows'
  filters: Filter[]
  order?: { column: string; direction: Direction }
  limit: number
}

export interface PriceQuestion {
  intent: 'price'
  models: { name: string; provider?: string }[]
  filters: Filter[]
  /** What the first of two models costs less, or more, than the second. */
  difference?: true
}

/** What rows cost as they were: as the file says, or at list prices of each row's own model. */
export interface SpendQuestion {
  intent: 'spend'
  by: SpendDimension[]
  filters: Filter[]
  rank?: { direction: Direction; limit: number }
}

export const SPEND_DIMENSIONS = [...NAME_COLUMNS, 'status', ...TIME_STEPS, ...TIME_CYCLES] as const
export type SpendDimension = (typeof SPEND_DIMENSIONS)[number]

export type Question =
  | AggregateQuestion
  | RowsQuestion
  | PriceQuestion
  | SpendQuestion
  | { intent: 'columns' }
  | { intent: 'histogram'; column: string; filters: Filter[] }
  /** How often values of a column occur more than once. */
  | { intent: 'repeats'; column: string; filters: Filter[] }
