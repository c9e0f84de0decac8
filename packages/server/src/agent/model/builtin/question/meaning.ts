import type {
  AggregateFunction,
  ChartKind,
  Comparison,
  Direction,
  TimePart,
  TimeUnit,
} from './question.ts'

/** What a known word or phrase means to the parser. */
export type Meaning =
  | { kind: 'filler' }
  | { kind: 'count' }
  | { kind: 'function'; function: AggregateFunction }
  | { kind: 'percentile'; percent?: number }
  | { kind: 'rows'; noun: string }
  /** `by`, `for each`, and `per`, which may also divide. */
  | { kind: 'by'; divides: boolean }
  | { kind: 'unit'; unit: TimeUnit; alone: boolean }
  | { kind: 'over-time' }
  | { kind: 'top'; direction: Direction }
  /** The first rows in the order of the file. */
  | { kind: 'first' }
  | { kind: 'extreme'; direction: Direction; counts: boolean }
  | { kind: 'comparison'; comparison: Comparison }
  | { kind: 'match'; match: 'contains' | 'starts' | 'ends' }
  | { kind: 'empty' }
  | { kind: 'between' }
  | { kind: 'and' }
  | { kind: 'or' }
  | { kind: 'not' }
  | { kind: 'be' }
  | { kind: 'which' }
  /** `weak`: a verb such as `used`, which a column of that name takes the place of. */
  | { kind: 'where'; comparison?: Comparison; weak?: true }
  | { kind: 'chart'; chart: ChartKind | 'auto' | 'histogram' }
  | { kind: 'price' }
  | { kind: 'compare' }
  | { kind: 'columns' }
  | { kind: 'list' }
  | { kind: 'ratio' }
  | { kind: 'to' }
  | { kind: 'same' }
  | { kind: 'breakdown' }
  | { kind: 'share' }
  | { kind: 'plus' }
  | { kind: 'repeats' }
  /** The same hour of each day, the same day of each week. */
  | { kind: 'part'; part: TimePart }
  | { kind: 'weekday'; days: number[] }
  /** When rows begin or end. */
  | { kind: 'edge'; ends: ('minimum' | 'maximum')[] }
  /** `slower`, `slowest`, `took`: about the one column of durations. */
  | { kind: 'duration'; comparison?: Comparison; direction?: Direction }
  | { kind: 'who' }
  /** Known to change what is asked, and not something this model does. */
  | { kind: 'beyond' }
