import type { ColumnIndex } from '../question/match-columns.ts'
import { durationColumn } from '../tokens/durations.ts'

const YES_OR_NO = /^\s*(?:is|are|was|were|do|does|did|has|have|had)\b/i
const SPEED = /^\s*(?:is|are|was|were)\s+(.+?)\s+(slower|faster|quicker)\s+than\s+(.+?)\s*\??\s*$/i
const AMOUNT =
  /^\s*(?:do|does|did|has|have)\s+(.+?)\s+(?:have|had|has|use|used|make|made|get|got|send|sent|generate|generated|produce|produced|handle|handled)\s+(?:more|fewer|less)\s+(.+?)\s+than\s+(.+?)\s*\??\s*$/i
/** One name on each side, whatever it holds. */
const NAME = /^(?:"[^"]+"|'[^']+'|`[^`]+`|[^\s,]+)$/

export const asksYesOrNo = (source: string): boolean => YES_OR_NO.test(source)

/**
 * `is a slower than b` as the comparison that would tell; undefined for any other question.
 * The reader of figures has the last word on each of its words.
 */
export function asComparison(source: string, index: ColumnIndex): string | undefined {
  const [, one = '', word = '', other = ''] = SPEED.exec(source) ?? []
  if (word !== '') {
    if (!NAME.test(one) || !NAME.test(other)) return undefined
    const { name } = durationColumn(index, word)
    const quoted = name.includes('"') ? `\`${name}\`` : `"${name}"`
    return `average, median and p95 of ${quoted} of ${one} vs ${other}`
  }
  const [, first = '', what = '', second = ''] = AMOUNT.exec(source) ?? []
  if (what === '' || !NAME.test(first) || !NAME.test(second)) return undefined
  const isRows = index.match(what.split(/\s+/)) === undefined && !/tokens?$/i.test(what)
  return isRows
    ? `number of ${what} of ${first} vs ${second}`
    : `total and average ${what} of ${first} vs ${second}`
}
