const NO_BREAK = '\u00A0'

/** A number stays on one line with its percent sign. */
export const keptTogether = (text: string): string => text.replaceAll(/(\d) %/g, `$1${NO_BREAK}%`)

const DATE = /(?<![\d-])(\d{4}-\d{2}-\d{2})(?![\d-])/

/** A text in pieces, of which every second one is a date as `2026-03-02`: lines break at its hyphens. */
export const aroundDates = (text: string): string[] => text.split(DATE)

/** `1,234.5`, `$0.02`, `-3 %`, `1.2M`, `350 ms`: a number as tables show it. */
const NUMBER = /^[-−+~≈]?\s?[$€£]?\d[\d,.\s]*(?:[kKMGT]B?|%|ms|s|USD|x|×)?$/
/** Where there is no number. */
const NOTHING = /^(?:[-–—]|n\/a|none|not measurable|)$/i

/** Whether the cells of a column are numbers, so that it is read from the right. */
export function areNumbers(cells: readonly string[]): boolean {
  const texts = cells.map((cell) => cell.trim()).filter((cell) => !NOTHING.test(cell))
  return texts.length > 0 && texts.every((text) => NUMBER.test(text))
}
