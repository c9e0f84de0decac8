import type { ColumnProfile } from '../../../tools/data/schemas.ts'
import type { Reader } from '../question/draft.ts'
import { isNumeric, type ColumnIndex } from '../question/match-columns.ts'
import { explained, Unclear, unplaced } from '../question/unclear.ts'
import { singularWords } from '../question/words.ts'

const ABOUT_DURATION = new Set(['latency', 'duration', 'elapsed'])

const UNIT_MS: Record<string, number> = {
  ms: 1,
  msec: 1,
  millisecond: 1,
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  minute: 60_000,
  min: 60_000,
  hour: 3_600_000,
}

export const isDuration = (column: ColumnProfile): boolean =>
  isNumeric(column) && singularWords(column.name).some((word) => ABOUT_DURATION.has(word))

/** The one column of how long something took. @throws Unclear */
export function durationColumn(index: ColumnIndex, word: string): ColumnProfile {
  const found = index.columns.filter(isDuration)
  const [only] = found
  if (!only) throw unplaced(word)
  if (found.length > 1) {
    throw new Unclear({
      kind: 'ambiguous',
      phrase: word,
      candidates: found.map(({ name }) => name),
    })
  }
  return only
}

/** The milliseconds of the unit that stands `ahead`, if one does. */
export function unitAhead(reader: Reader, ahead = 0): number | undefined {
  const term = reader.peek(ahead)
  const isWord = term?.kind === 'text' || (term?.kind === 'unit' && !term.alone)
  const [word = ''] = isWord && term ? singularWords(term.text) : []
  return Object.hasOwn(UNIT_MS, word) ? UNIT_MS[word] : undefined
}

/** Takes a unit after a number, and tells that number in the unit of `column`. */
export function takeInUnit(reader: Reader, column: ColumnProfile, number: string): string {
  const stated = unitAhead(reader)
  if (stated === undefined) return number
  const term = reader.take()
  const own = singularWords(column.name)
    .map((word) => UNIT_MS[word])
    .find((unit) => unit !== undefined)
  if (!isDuration(column) && own === undefined) {
    throw explained(`\`${column.name}\` is not measured in “${term?.text ?? ''}”.`)
  }
  if (own === undefined) {
    throw explained(
      `\`${column.name}\` does not say its unit: compare it with a number alone, in the unit that it has.`,
    )
  }
  return String(Number(((Number(number) * stated) / own).toPrecision(12)))
}
