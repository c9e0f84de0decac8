export type ReadNumber = { value: number } | { problem: string }

/** Without thousands separators; the exponent is how JavaScript writes what is very small. */
const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
/** Half of the world reads it as thousands, the other half as thousandths. */
const EITHER = /^[+-]?[1-9]\d{0,2},\d{3}$/
const COMMA_GROUPS = /^[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?$/
const POINT_GROUPS = /^[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?$/
const SPACE_GROUPS = /^[+-]?[1-9]\d{0,2}(?:[ \u00A0\u202F]\d{3})+(?:[.,]\d*)?$/
const DECIMAL_COMMA = /^[+-]?\d*,\d+$/

/**
 * A number as a person types it: `1.5` and `1,5`, `1,500.25` and `1.500,25`. A point alone is always
 * a decimal point, as everywhere in the app; a comma that may be either is refused, never guessed.
 * The problem is a predicate, to follow the name of the field.
 */
export function readNumber(typed: string): ReadNumber {
  const text = typed.trim()
  if (PLAIN.test(text)) return { value: Number(text) }
  if (EITHER.test(text)) {
    const [thousands, decimal] = [text.replace(',', ''), text.replace(',', '.')].map(Number)
    return { problem: `can be read in two ways: write ${thousands} or ${decimal}.` }
  }
  if (COMMA_GROUPS.test(text)) return { value: Number(text.replaceAll(',', '')) }
  if (POINT_GROUPS.test(text)) {
    return { value: Number(text.replaceAll('.', '').replace(',', '.')) }
  }
  if (SPACE_GROUPS.test(text))
    return { value: Number(text.replaceAll(/\s/g, '').replace(',', '.')) }
  if (DECIMAL_COMMA.test(text)) return { value: Number(text.replace(',', '.')) }
  return { problem: 'must be a number, such as 1500 or 1.5.' }
}
