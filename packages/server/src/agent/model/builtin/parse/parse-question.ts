import { ambiguous, bareColumn, emptyDraft, Reader, type Draft } from '../question/draft.ts'
import { isNumeric, type ColumnIndex } from '../question/match-columns.ts'
import type { Question } from '../question/question.ts'
import type { Term } from '../question/term.ts'
import { explained, unplaced } from '../question/unclear.ts'
import { isNumberOfColumn, readCounted, readFigures, readFlag } from '../read/read-figures.ts'
import { readColumnCondition, readCondition, readConditions } from '../read/read-filters.ts'
import { readBy, readRanked, readRatio, takeGrouping, addGrouping } from '../read/read-groups.ts'
import { readEdge, takeHavingOfFigure } from '../read/read-shape.ts'
import { asComparison, asksYesOrNo } from '../read/yes-or-no.ts'
/* oxlint-disable typescript/switch-exhaustiveness-check -- A reader takes the few kinds of terms that it knows; all others are for its caller. */
import { annotate } from '../tokens/annotate.ts'
import { aboutMoney } from './about-money.ts'
import { finish } from './finish.ts'
import { followUp } from './follow-up.ts'
import { asDifference } from './parse-difference.ts'
import { asksPrice, readPrice, readRepricing } from './parse-price.ts'
import { readSpend } from './parse-spend.ts'
import { sameInOtherWords } from './same-in-other-words.ts'

/**
 * What one sentence asks of a table. Every word of it is used or known to mean nothing here.
 * @param previous The question before it in the thread, for `the same by hour`.
 * @throws Unclear
 */
export function parseQuestion(
  asked: string,
  index: ColumnIndex,
  previous: Question | undefined,
): Question {
  const source = sameInOtherWords(asked)
  const comparison = asksYesOrNo(source) ? asComparison(source, index) : undefined
  if (comparison !== undefined) return parseQuestion(comparison, index, undefined)
  const difference = asDifference(source)
  if (difference !== undefined) return readDifference(difference, index)
  const reader = new Reader(annotate(source, index), index)
  const beyond = reader.terms.find((term) => term.kind === 'beyond')
  if (beyond && /^(?:expensive|cheap)/i.test(beyond.text)) {
    throw explained(
      'I know prices of models only for a whole workload: `What would this workload cost on gpt-4o?`, and what each cost here: `Which model cost the most?`. Where the table has a column of costs, name it with a figure, such as its total by user.',
    )
  }
  if (beyond) throw unplaced(beyond.text)
  if (asksYesOrNo(source)) {
    throw explained(
      'I do not answer with yes or no; ask for the figure that would tell, such as “how many”.',
    )
  }
  const draft = emptyDraft()
  const priced = aboutMoney(reader, source)
  const spend = readSpend(priced, source, previous)
  if (spend) return spend
  priced.place = 0
  if (asksPrice(priced)) return readPrice(priced, source, draft)
  const repriced =
    previous?.intent === 'price' ? readRepricing(source, reader, previous) : undefined
  if (repriced) return repriced
  while (reader.peek()) readNext(reader, source, draft)
  return followUp(draft, previous, reader.terms) ?? finish(draft, index)
}

function readDifference(asked: string, index: ColumnIndex): Question {
  const reader = aboutMoney(new Reader(annotate(asked, index), index), 'would')
  const question = readPrice(reader, asked, emptyDraft())
  if (question.models.length !== 2)
    throw explained('Name the two models that I am to compare, such as gpt-4o and gpt-4o-mini.')
  return { ...question, difference: true }
}

function readNext(reader: Reader, source: string, draft: Draft): void {
  const term = reader.peek()
  if (!term) return
  switch (term.kind) {
    case 'function':
    case 'percentile':
    case 'ordinal':
      return readFigures(reader, draft)
    case 'count':
      reader.take()
      return readCounted(reader, draft)
    case 'rows':
      return readRows(reader, draft, term.noun)
    case 'column':
      return readColumn(reader, source, draft, term)
    case 'ambiguous':
      throw ambiguous(term)
    case 'by':
      return readBy(reader, draft)
    case 'unit':
      return readUnit(reader, draft, term)
    case 'over-time':
      return addGrouping(draft, takeGrouping(reader))
    case 'top':
    case 'extreme':
      return readRank(reader, draft, term)
    case 'number':
      return readNumber(reader, draft, term)
    case 'where':
      return readConditions(reader, source, draft)
    case 'period':
    case 'weekday':
    case 'not':
      if (!readCondition(reader, source, draft, undefined)) throw unplaced(term.text)
      return
    case 'edge':
      return readEdge(reader, draft)
    case 'part':
      return readPart(reader, draft)
    case 'comparison':
    case 'between':
      if (takeHavingOfFigure(reader, draft)) return
      if (!readCondition(reader, source, draft, undefined)) throw unplaced(term.text)
      return
    case 'text':
      return readStray(reader, source, draft)
    default:
      return readMark(reader, draft, term)
  }
}

type MarkTerm = Exclude<
  Term,
  {
    kind:
      | 'function'
      | 'percentile'
      | 'ordinal'
      | 'count'
      | 'rows'
      | 'column'
      | 'ambiguous'
      | 'by'
      | 'unit'
      | 'over-time'
      | 'top'
      | 'extreme'
      | 'number'
      | 'where'
      | 'comparison'
      | 'between'
      | 'text'
      | 'period'
      | 'weekday'
      | 'not'
      | 'edge'
      | 'part'
  }
>

/** Words that set one thing and take nothing after them. */
function readMark(reader: Reader, draft: Draft, term: MarkTerm): void {
  switch (term.kind) {
    case 'which':
      reader.take()
      draft.asksWhich = true
      return readRanked(reader, draft)
    case 'chart':
      draft.chart = term.chart === 'auto' ? (draft.chart ?? 'auto') : term.chart
      break
    case 'compare':
      draft.compare = true
      break
    case 'columns':
      draft.columnsAsked = true
      break
    case 'list':
      draft.lists = true
      break
    case 'same':
      draft.same = true
      break
    case 'first':
      return readFirst(reader, draft)
    case 'ratio':
      return readRatio(reader, draft)
    case 'and':
    case 'be':
      break
    case 'share':
      requireFirst(draft, term.text)
      draft.share = true
      break
    case 'breakdown':
      draft.breakdown = term.text
      break
    case 'repeats':
      draft.repeats ??= term.text
      break
    default:
      throw unplaced(term.text)
  }
  reader.take()
}

const isFlag = (term: Term): boolean => term.kind === 'column' && term.column.kind === 'boolean'

function readRows(reader: Reader, draft: Draft, noun: string): void {
  const [before, rows] = [reader.peek(-1), reader.take()]
  const describes = before?.kind === 'column'
  if (describes && !isFlag(before) && rows?.start === before.end + 1) {
    throw explained(`I cannot tell what “${before.text} ${rows.text}” are.`)
  }
  if (draft.counts) {
    draft.counts = false
    draft.measures.push({ kind: 'count', noun })
    return
  }
  draft.noun ??= noun
}

function readColumn(
  reader: Reader,
  source: string,
  draft: Draft,
  term: Extract<Term, { kind: 'column' }>,
): void {
  if (readFlag(reader, draft)) return
  if (readColumnCondition(reader, source, draft, term.column)) return
  const bare = bareColumn(term)
  reader.take()
  if (bare) draft.columns.push(bare)
}

function readUnit(reader: Reader, draft: Draft, term: Extract<Term, { kind: 'unit' }>): void {
  if (term.alone) return addGrouping(draft, takeGrouping(reader))
  reader.take()
  draft.units.push(term.unit)
}

function readRank(
  reader: Reader,
  draft: Draft,
  term: Extract<Term, { kind: 'top' | 'extreme' }>,
): void {
  reader.take()
  if (draft.rank) throw explained('I can rank by one thing at a time.')
  if (term.kind === 'top' && draft.measures.length > 0) {
    throw explained('I cannot tell what makes those the top: say `top 5 users by average …`.')
  }
  const number = reader.peek()
  let limit: number | undefined
  if (number?.kind === 'number') {
    reader.take()
    limit = Number(number.value)
    if (!Number.isInteger(limit) || limit < 1) throw unplaced(number.text)
  }
  draft.rank = {
    direction: term.direction,
    limit: limit ?? (term.kind === 'top' ? 10 : undefined),
    counts: term.kind === 'extreme' && term.counts,
  }
  // `the largest number of input tokens` is that of one row.
  const ranksColumn = term.kind === 'extreme' && limit === undefined && !draft.asksWhich
  if (ranksColumn && isNumberOfColumn(reader)) reader.take()
  readRanked(reader, draft)
}

/** `the 5 users with the most requests`: a number before what is ranked. */
function readNumber(reader: Reader, draft: Draft, term: Extract<Term, { kind: 'number' }>): void {
  const next = reader.kind(1)
  if (next === 'percentile') return readFigures(reader, draft)
  if (next === 'column' && term.value === '0' && readNone(reader, draft)) return
  const ranked = reader.terms.some((other) => other.kind === 'extreme' || other.kind === 'top')
  if (
    (next === 'column' || next === 'unit' || next === 'rows' || next === 'extreme') &&
    ranked &&
    draft.first === undefined
  ) {
    reader.take()
    draft.first = Number(term.value)
    if (next !== 'rows' && next !== 'extreme') readRanked(reader, draft)
    return
  }
  throw unplaced(term.text)
}

/** What was asked before a share would be lost in it. */
function requireFirst(draft: Draft, word: string): void {
  const before = draft.measures.length + draft.columns.length + draft.figures.length
  if (before > 0 || draft.noun !== undefined || draft.counts || draft.share) {
    throw explained(`Ask for the ${word.replace(/ of$/i, '')} in a question of its own.`)
  }
}

/** `zero output tokens`. */
function readNone(reader: Reader, draft: Draft): boolean {
  const term = reader.peek(1)
  if (term?.kind !== 'column' || !isNumeric(term.column)) return false
  reader.place += 2
  const value = { kind: 'number', text: '0' } as const
  draft.filters.push({ kind: 'compare', column: term.column.name, comparison: '=', value })
  return true
}

/** `busiest hour of the day`: a part of time that is named, not grouped by. */
function readPart(reader: Reader, draft: Draft): void {
  const term = reader.peek()
  if (!draft.rank && !draft.asksWhich) throw unplaced(term?.text ?? '')
  addGrouping(draft, takeGrouping(reader))
}

function readFirst(reader: Reader, draft: Draft): void {
  const word = reader.take()
  const number = reader.peek()
  const rows = reader.peek(1)
  const counted = number?.kind === 'number' && rows?.kind === 'rows'
  if (!counted) {
    if (number?.kind !== 'rows') throw unplaced(word?.text ?? 'first')
    throw explained('Say how many of the first rows to show: `show the first ten rows`.')
  }
  reader.place += 2
  draft.first = Number(number.value)
  draft.lists = true
  draft.noun = rows.noun
}

function readStray(reader: Reader, source: string, draft: Draft): void {
  const run = reader.takeTextRun(source)
  if (!run) return
  // `latency of a and b` asks about each.
  if (reader.kind() === 'and' && reader.kind(1) === 'text') draft.compare = true
  draft.strays.push({ text: run.value, start: run.start, end: run.end })
}
