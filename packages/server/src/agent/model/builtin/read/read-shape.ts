import { timeColumn, type Draft, type Reader } from '../question/draft.ts'
import type { Comparison, Figure, Measure } from '../question/question.ts'
import { explained } from '../question/unclear.ts'
import { addsUp, isDimension } from './additive.ts'
import { addGrouping, bucketOf } from './read-groups.ts'

const PER =
  /^(?:per|each|every|for each|for every|a|an|in .+|(?:hour|dai|minute|week|month|year|annual)\w*)$/i

/** `average requests per hour`, `peak requests in one hour`: figures of what the groups count. */
export function takeEach(reader: Reader, draft: Draft, figures: Figure[]): boolean {
  const ahead = reader.kind() === 'count' ? 1 : 0
  if (reader.kind(ahead) !== 'rows' || !groupsFollow(reader, ahead + 1)) return false
  if (draft.each || draft.measures.length > 0) return false
  const rows = reader.peek(ahead)
  reader.place += ahead + 1
  draft.each = figures
  if (rows?.kind === 'rows') draft.noun = rows.noun
  return true
}

/** Whether the rows are counted for each of something, rather than `by` it. */
function groupsFollow(reader: Reader, ahead: number): boolean {
  for (let place = ahead; reader.peek(place); place += 1) {
    const term = reader.peek(place)
    if (term?.kind === 'unit' && term.alone) return true
    if (term?.kind === 'by') return PER.test(term.text)
  }
  return false
}

/** `peak tokens per hour`, `average tokens a day` could be of one row, or of what each adds up to. */
function refuseFigureOfTotals(reader: Reader): void {
  const [figure, column] = [reader.peek(), reader.peek(1)]
  if (figure?.kind !== 'function' || figure.function === 'sum' || column?.kind !== 'column') return
  const bare = { column: column.column, plural: column.plural, text: column.text }
  const isPeak = figure.text.toLowerCase() === 'peak' && groupsFollow(reader, 2)
  const isCounted = column.column.name === reader.index.profile.roles.requests
  const ofCounted = isCounted && groupsFollow(reader, 2)
  if (!addsUp(bare) || !(isPeak || ofCounted || oneUnitFollows(reader))) return
  throw explained(
    `“${figure.text}” of \`${column.column.name}\` could be of single rows or of the total of each: ask for it \`by\` the time that you mean, or for the time with the highest total.`,
  )
}

/** `in one hour`, `a day`. */
const oneUnitFollows = (reader: Reader): boolean =>
  reader.terms
    .slice(reader.place)
    .some((term) => term.kind === 'unit' && term.alone && /^(?:in|an?)\b/i.test(term.text))

/** `peak hour` is the one with the most rows. */
export function takePeak(reader: Reader, draft: Draft): boolean {
  const unit = reader.peek(1)
  refuseFigureOfTotals(reader)
  const isPeak = reader.kind() === 'function' && reader.peek()?.text.toLowerCase() === 'peak'
  if (!isPeak || unit?.kind !== 'unit' || unit.alone || draft.rank) return false
  reader.place += 2
  draft.rank = { direction: 'descending', limit: undefined, counts: true }
  addGrouping(draft, bucketOf(reader.index, unit.unit))
  return true
}

/** `when was the first request`, `time period`. */
export function readEdge(reader: Reader, draft: Draft): void {
  const term = reader.take()
  if (term?.kind !== 'edge') return
  const { name } = timeColumn(reader.index)
  if (reader.kind() === 'rows') reader.take()
  for (const end of term.ends) {
    draft.measures.push({ kind: 'aggregate', function: end, column: name })
  }
}

/** `more than 100 requests`, after what groups them: a condition on each group. */
export function takeHaving(reader: Reader, draft: Draft): boolean {
  const [comparison, number, third] = [reader.peek(), reader.peek(1), reader.peek(2)]
  if (comparison?.kind !== 'comparison' || number?.kind !== 'number' || !hasGroups(draft)) {
    return false
  }
  if (third?.kind === 'rows') {
    reader.place += 3
    return setHaving(
      draft,
      { kind: 'count', noun: third.noun },
      comparison.comparison,
      number.value,
    )
  }
  const column = reader.peek(3)
  if (third?.kind === 'function' && third.function === 'sum' && column?.kind === 'column') {
    reader.place += 4
    const total: Measure = { kind: 'aggregate', function: 'sum', column: column.column.name }
    return setHaving(draft, total, comparison.comparison, number.value)
  }
  return false
}

/** `users whose average latency is above 5`: the figure was read before the comparison. */
export function takeHavingOfFigure(reader: Reader, draft: Draft): boolean {
  const [comparison, number] = [reader.peek(), reader.peek(1)]
  const figure = draft.measures.at(-1)
  const before = reader.kind(-1)
  const fits =
    comparison?.kind === 'comparison' &&
    number?.kind === 'number' &&
    (before === 'column' || before === 'rows') &&
    figure !== undefined &&
    reader.kind(2) !== 'column' &&
    reader.kind(2) !== 'rows'
  if (!fits || !hasGroups({ ...draft, measures: draft.measures.slice(0, -1) })) return false
  if (figure.kind === 'aggregate' && figure.function === 'distinct') return false
  reader.place += 2
  draft.measures.pop()
  return setHaving(draft, figure, comparison.comparison, number.value)
}

function setHaving(draft: Draft, measure: Measure, comparison: Comparison, value: string): true {
  if (draft.having) throw explained('I take one condition on groups at a time.')
  draft.having = { kind: 'having', measure, comparison, value, counted: false }
  return true
}

/** Words that can only say which groups: nothing else has been asked of them yet. */
function hasGroups({ columns, groupings, measures, noun, units }: Draft): boolean {
  const [counted] = measures
  const countsGroups =
    measures.length === 1 && counted?.kind === 'aggregate' && counted.function === 'distinct'
  const named = columns.length + groupings.length
  if (noun !== undefined || units.length > 0) return false
  if (countsGroups) return named === 0
  const dimensions = columns.every((bare) => isDimension(bare.column))
  return measures.length === 0 && named === 1 && dimensions
}
