/** Seeded tables with names and values that no lexicon knows, and their figures in plain JavaScript. */

export type Random = () => number

/** mulberry32: the same seed gives the same table for ever. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export const below = (random: Random, limit: number): number => Math.floor(random() * limit)

export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[below(random, items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

export type Row = Record<string, string | number | boolean | null>

export interface RandomTable {
  name: string
  /** Two whole-number columns, one decimal, two of text, one of time, one of true and false. */
  amounts: [string, string]
  decimal: string
  groups: [string, string]
  time: string
  flag: string
  /** Values of the two text columns. */
  values: [string[], string[]]
  rows: Row[]
  csv: string
}

const CONSONANTS = ['b', 'd', 'f', 'g', 'k', 'l', 'm', 'n', 'p', 'r', 't', 'v', 'z']
const VOWELS = ['a', 'e', 'i', 'o', 'u']

const syllable = (random: Random): string => `${pick(random, CONSONANTS)}${pick(random, VOWELS)}`

export const pseudoWord = (random: Random): string =>
  Array.from({ length: 3 }, () => syllable(random)).join('')

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

const STYLES: ((words: string[]) => string)[] = [
  (words) => words.map((word, place) => (place === 0 ? word : capital(word))).join(''),
  (words) => words.map(capital).join(''),
  (words) => words.join('_'),
  (words) => words.join('_').toUpperCase(),
  (words) => words.map(capital).join(' '),
  (words) => words.join('-'),
  (words) => words.join('.'),
]

export function randomTable(seed: number): RandomTable {
  const random = seeded(seed)
  const style = pick(random, STYLES)
  const name = (): string => style([pseudoWord(random), pseudoWord(random)])
  const table: Omit<RandomTable, 'rows' | 'csv'> = {
    name: `${pseudoWord(random)}.csv`,
    amounts: [name(), name()],
    decimal: name(),
    groups: [name(), name()],
    time: name(),
    flag: name(),
    values: [randomValues(random, 5), randomValues(random, 4)],
  }
  const rows = Array.from({ length: 80 + below(random, 120) }, () => randomRow(table, random))
  return { ...table, rows, csv: csvOf(rows) }
}

function randomValues(random: Random, count: number): string[] {
  const makers = [
    () => pseudoWord(random),
    () => capital(pseudoWord(random)),
    () => `${pseudoWord(random)}-${1 + below(random, 9)}${pick(random, CONSONANTS)}`,
    () => `${capital(pseudoWord(random))} ${capital(pseudoWord(random))}`,
  ]
  return Array.from({ length: count }, (_, place) =>
    (makers[place % makers.length] ?? (() => ''))(),
  )
}

const two = (value: number): string => String(value).padStart(2, '0')

function randomRow(table: Omit<RandomTable, 'rows' | 'csv'>, random: Random): Row {
  const maybe = <T>(value: T): T | null => (random() < 0.04 ? null : value)
  const time = `2024-05-${two(10 + below(random, 3))} ${two(8 + below(random, 5))}:${two(below(random, 60))}:${two(below(random, 60))}`
  return {
    [table.time]: time,
    [table.groups[0]]: pick(random, table.values[0]),
    [table.groups[1]]: maybe(pick(random, table.values[1])),
    [table.amounts[0]]: maybe(below(random, 5_000)),
    [table.amounts[1]]: below(random, 90) - 30,
    [table.decimal]: maybe(below(random, 1_000_000) / 1_000),
    [table.flag]: random() < 0.5,
  }
}

function csvOf(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {})
  const cell = (value: Row[string] | undefined): string => {
    const text = value === null || value === undefined ? '' : String(value)
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  const lines = rows.map((row) => names.map((name) => cell(row[name])).join(','))
  return `${[names.map(cell).join(','), ...lines].join('\n')}\n`
}

export const numbersOf = (rows: readonly Row[], column: string): number[] =>
  rows.map((row) => row[column]).filter((value) => typeof value === 'number')

/** Nothing has no total, as in SQL. */
export const sum = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((total, value) => total + value, 0)

export const mean = (values: readonly number[]): number => sum(values) / values.length

/** Linear between the two nearest ranks. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  const place = (sorted.length - 1) * fraction
  const low = sorted[Math.floor(place)] ?? Number.NaN
  const high = sorted[Math.ceil(place)] ?? Number.NaN
  return low + (high - low) * (place - Math.floor(place))
}

export function deviation(values: readonly number[]): number {
  const middle = mean(values)
  return Math.sqrt(sum(values.map((value) => (value - middle) ** 2)) / (values.length - 1))
}

export const distinct = (rows: readonly Row[], column: string): number =>
  new Set(rows.map((row) => row[column]).filter((value) => value !== null)).size

export const groupBy = (rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> =>
  Map.groupBy(rows, keyOf)
