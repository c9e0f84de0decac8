import type { ColumnProfile } from '../../../tools/data/schemas.ts'
import type { ColumnIndex } from './match-columns.ts'
import type {
  ChartKind,
  Direction,
  Figure,
  Filter,
  Grouping,
  Measure,
  Shape,
  TimeUnit,
} from './question.ts'
import type { Term } from './term.ts'
import { explained, Unclear } from './unclear.ts'

export interface BareColumn {
  column: ColumnProfile
  plural: boolean
  text: string
}

/** What has been read of one sentence; `finish.ts` makes a question of it or says why it cannot. */
export interface Draft {
  measures: Measure[]
  /** Functions named without a column, such as `and the median?`. */
  figures: Figure[]
  /** Columns named without a function. */
  columns: BareColumn[]
  /** Rows named without a function: `requests per minute`. */
  noun?: string
  groupings: Grouping[]
  /** Times named without `by`: `the hour with the most requests`. */
  units: TimeUnit[]
  filters: Filter[]
  rank?: { direction: Direction; limit: number | undefined; counts: boolean }
  /** `which` and `top` say what is ranked. */
  asksWhich: boolean
  /** `how many` without a noun so far. */
  counts: boolean
  first?: number
  chart?: ChartKind | 'auto' | 'histogram'
  compare: boolean
  columnsAsked: boolean
  lists: boolean
  perRow: boolean
  same: boolean
  /** `breakdown`, `distribution`: needs groups. */
  breakdown?: string
  share: boolean
  /** Figures over groups: `average requests per hour`. */
  each?: Figure[]
  having?: Extract<Shape, { kind: 'having' }>
  /** `repeated`, `duplicate`: the word as it stands. */
  repeats?: string
  /** Words without a meaning: perhaps values of the data. */
  strays: { text: string; start: number; end: number }[]
}

export const emptyDraft = (): Draft => ({
  measures: [],
  figures: [],
  columns: [],
  groupings: [],
  units: [],
  filters: [],
  asksWhich: false,
  counts: false,
  compare: false,
  columnsAsked: false,
  lists: false,
  perRow: false,
  same: false,
  share: false,
  strays: [],
})

/** Whether more is asked than figures, groups and rows. */
export const isShaped = (draft: Draft): boolean =>
  draft.share ||
  draft.breakdown !== undefined ||
  draft.repeats !== undefined ||
  draft.each !== undefined ||
  draft.having !== undefined

/** A cursor over the terms of one sentence. */
export class Reader {
  readonly terms: readonly Term[]
  readonly index: ColumnIndex
  place = 0

  constructor(terms: readonly Term[], index: ColumnIndex) {
    this.terms = terms
    this.index = index
  }

  peek(ahead = 0): Term | undefined {
    return this.terms[this.place + ahead]
  }

  kind(ahead = 0): Term['kind'] | undefined {
    return this.peek(ahead)?.kind
  }

  take(): Term | undefined {
    const term = this.terms[this.place]
    this.place += 1
    return term
  }

  skip(...kinds: Term['kind'][]): void {
    for (let kind = this.kind(); kind && kinds.includes(kind); kind = this.kind()) this.place += 1
  }

  /** Text of the words that follow one another without a meaning, taken as one. */
  takeTextRun(source: string): Extract<Term, { kind: 'text' }> | undefined {
    const first = this.peek()
    if (first?.kind !== 'text') return undefined
    this.place += 1
    if (first.quoted) return first
    let end = first.end
    for (let next = this.peek(); next; next = this.peek()) {
      if (next.kind !== 'number' && (next.kind !== 'text' || next.quoted)) break
      if (!/^\s*$/.test(source.slice(end, next.start))) break
      end = next.end
      this.place += 1
    }
    // A single word may have lost its ending: `user-7's` is `user-7`.
    if (end === first.end) return first
    const text = source.slice(first.start, end)
    return { ...first, end, text, value: text }
  }
}

/** The one column of time, or the reason why there is none to use. */
export function timeColumn(index: ColumnIndex): ColumnProfile {
  const times = index.columns.filter((column) => column.kind === 'time')
  const [only] = times
  if (!only) {
    throw explained('The table has no column of dates or times, so nothing can be placed in time.')
  }
  if (times.length > 1) {
    throw new Unclear({
      kind: 'ambiguous',
      phrase: 'time',
      candidates: times.map((column) => column.name),
    })
  }
  return only
}

export const ambiguous = (term: Extract<Term, { kind: 'ambiguous' }>): Unclear =>
  new Unclear({ kind: 'ambiguous', phrase: term.text, candidates: term.candidates })

export function bareColumn(term: Term): BareColumn | undefined {
  if (term.kind !== 'column') return undefined
  return { column: term.column, plural: term.plural, text: term.text }
}
