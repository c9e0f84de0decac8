/* oxlint-disable typescript/switch-exhaustiveness-check -- A reader takes the few kinds of terms that it knows; all others make it another question. */
import { NAME_COLUMNS, NAME_WORDS } from '../../../workload/dimensions.ts'
import { emptyDraft, type Draft, type Reader } from '../question/draft.ts'
import {
  SPEND_DIMENSIONS,
  type TimeUnit,
  type Question,
  type SpendDimension,
  type SpendQuestion,
} from '../question/question.ts'
import type { Term } from '../question/term.ts'
import { explained } from '../question/unclear.ts'
import { usageColumnsOf, type UsageColumns } from '../question/usage-columns.ts'
import { readColumnCondition, readCondition, readConditions } from '../read/read-filters.ts'
import { readWithout } from '../read/read-without.ts'

/**
 * Reads `what did my calls cost per project in March`: what rows cost as they were. Undefined when the
 * sentence is another question, such as what they would cost on a model that it names.
 *
 * @throws Unclear when it is this question, and asks for what the table does not hold.
 */
export function readSpend(
  reader: Reader,
  source: string,
  previous: Question | undefined,
): SpendQuestion | undefined {
  const usage = usageColumnsOf(reader.index.profile)
  if (!usage.hasCost) return undefined
  return new SpendReader(reader, source, usage).whole(previous)
}

const WORDS = NAME_COLUMNS.map((name) => ({
  name,
  words: new RegExp(`^(?:${NAME_WORDS[name]})$`, 'i'),
}))

const isDimension = (name: string | undefined): name is SpendDimension =>
  (SPEND_DIMENSIONS as readonly (string | undefined)[]).includes(name)

class SpendReader {
  readonly #reader: Reader
  readonly #source: string
  readonly #usage: UsageColumns
  readonly #draft: Draft = emptyDraft()
  readonly #by: SpendDimension[] = []
  #rank: SpendQuestion['rank']
  #asks = false

  constructor(reader: Reader, source: string, usage: UsageColumns) {
    this.#reader = reader
    this.#source = source
    this.#usage = usage
  }

  whole(previous: Question | undefined): SpendQuestion | undefined {
    const before = previous?.intent === 'spend' ? previous : undefined
    const [first] = this.#reader.terms
    while (this.#reader.peek()) if (!this.#next()) return undefined
    const { filters } = this.#draft
    if (!this.#asks) {
      const goesOn = before && (first?.kind === 'and' || first?.kind === 'by')
      if (!goesOn || this.#rank || this.#by.length === 0 || filters.length > 0) return undefined
      return { ...before, by: this.#by }
    }
    if (this.#by.length > 2) throw explained('I group by two things at most.')
    if (this.#rank && this.#by.length !== 1) return undefined
    return {
      intent: 'spend',
      by: this.#by,
      filters,
      ...(this.#rank && { rank: this.#rank }),
    }
  }

  #next(): boolean {
    const reader = this.#reader
    const term = reader.peek()
    switch (term?.kind) {
      case 'price':
        this.#asks = true
        reader.take()
        return true
      case 'and':
      case 'be':
      case 'list':
      case 'count':
      case 'rows':
      case 'which':
        reader.take()
        return true
      case 'function':
        reader.take()
        return term.function === 'sum'
      case 'by':
        reader.take()
        reader.skip('list', 'by')
        // `top projects by cost`: what ranks them is what was asked for.
        return (this.#rank !== undefined && this.#isCost(reader.peek())) || this.#takeDimension()
      case 'unit':
        return term.alone && this.#takeDimension()
      case 'top':
      case 'extreme':
        return this.#takeRank(term)
      case 'where':
        return this.#takeConditions()
      case 'period':
      case 'weekday':
        return readCondition(reader, this.#source, this.#draft, undefined)
      case 'not':
        readWithout(reader, this.#source, this.#draft)
        return true
      case 'column':
      case 'ambiguous':
        return this.#takeColumn(term)
      case 'text':
        return this.#takeWord()
      default:
        return false
    }
  }

  /** `top 5 projects by cost`, `which model cost the most`. */
  #takeRank(term: Extract<Term, { kind: 'top' | 'extreme' }>): boolean {
    if (this.#rank) return false
    const reader = this.#reader
    reader.take()
    const number = reader.peek()
    let limit = term.kind === 'top' ? 10 : 1
    if (number?.kind === 'number') {
      reader.take()
      limit = Number(number.value)
      if (!Number.isInteger(limit) || limit < 1 || limit > 100) return false
    }
    this.#rank = { direction: term.direction, limit }
    return true
  }

  #isCost(term: Term | undefined): boolean {
    if (term?.kind === 'price') return true
    return term?.kind === 'column' && this.#usage.meaningOf(term.column.name) === 'cost_usd'
  }

  #takeColumn(term: Extract<Term, { kind: 'column' | 'ambiguous' }>): boolean {
    const reader = this.#reader
    if (term.kind === 'column') {
      if (this.#usage.meaningOf(term.column.name) === 'cost_usd') {
        // A whole column that is called by its name is asked about as it is.
        if (term.exact && term.column.nulls === 0) return false
        this.#asks = true
        reader.take()
        return true
      }
      if (readColumnCondition(reader, this.#source, this.#draft, term.column)) return true
    }
    const ranks = this.#rank !== undefined || reader.kind(-1) === 'which'
    return ranks && this.#takeDimension()
  }

  /** `which team cost the most`: words for what the table calls otherwise. */
  #takeWord(): boolean {
    const before = this.#reader.kind(-1)
    if (before === 'which' || before === 'top' || before === 'number') return this.#takeDimension()
    // `calls of ana`, `how much did Support spend`.
    const isWhose = before === 'rows' || (before === 'count' && spendFollows(this.#reader))
    if (!isWhose || !isPast(this.#source)) return false
    this.#takeValues()
    return true
  }

  #takeValues(): void {
    const reader = this.#reader
    const values: string[] = []
    for (;;) {
      const run = reader.takeTextRun(this.#source)
      if (run) values.push(run.value)
      const joint = reader.kind() === 'and' || reader.kind() === 'or'
      if (!joint || reader.kind(1) !== 'text') break
      reader.take()
    }
    this.#draft.filters.push({ kind: 'values', values })
  }

  /** `on gpt-4o` is a condition of what was paid, and a model to price on of what would be. */
  #takeConditions(): boolean {
    const reader = this.#reader
    if (reader.kind(1) === 'text') {
      if (!isPast(this.#source)) return false
      reader.take()
      this.#takeValues()
      return true
    }
    const before = reader.place
    readConditions(reader, this.#source, this.#draft)
    return reader.place > before
  }

  #takeDimension(): boolean {
    const term = this.#reader.peek()
    const dimension = term && this.#dimensionOf(term)
    if (!dimension) return false
    this.#reader.take()
    if (!this.#by.includes(dimension)) this.#by.push(dimension)
    return true
  }

  #dimensionOf(term: Term): SpendDimension | undefined {
    if (term.kind === 'unit') return term.unit === 'year' ? undefined : this.#timeUnit(term.unit)
    if (term.kind === 'part')
      return this.#needs('at', term.part === 'hour of day' ? 'hour_of_day' : 'weekday')
    if (term.kind === 'column') {
      const meaning: string | undefined = this.#usage.meaningOf(term.column.name)
      if (meaning === 'at') return this.#timeUnit('day')
      if (isDimension(meaning)) return meaning
    }
    if (term.kind === 'ambiguous') {
      const known = term.candidates
        .map((name): string | undefined => this.#usage.meaningOf(name))
        .filter(isDimension)
      if (known.length === 1) return known[0]
    }
    if (term.kind !== 'text' && term.kind !== 'column' && term.kind !== 'ambiguous')
      return undefined
    const name = WORDS.find(({ words }) => words.test(term.text))?.name
    return name && this.#needs(name, name)
  }

  #timeUnit(unit: TimeUnit): SpendDimension | undefined {
    return isDimension(unit) ? this.#needs('at', unit) : undefined
  }

  #needs(column: Parameters<UsageColumns['has']>[0], dimension: SpendDimension): SpendDimension {
    if (this.#usage.has(column)) return dimension
    throw explained(
      `The table does not say ${column === 'at' ? 'when each request was made' : `the ${column.replace('_', ' ')} of each request`}, so cost cannot be told by it.`,
    )
  }
}

function spendFollows(reader: Reader): boolean {
  let ahead = 0
  while (reader.kind(ahead) === 'text' || reader.kind(ahead) === 'number') ahead += 1
  return reader.kind(ahead) === 'price' || reader.kind(ahead) === 'column'
}

/** What was paid, not what it would come to. */
const isPast = (source: string): boolean =>
  /\b(?:did|was|were|spend|spent|paid|have|has|had)\b/i.test(source) &&
  !/\b(?:would|could|might|if)\b/i.test(source)
