import {
  below,
  deviation,
  distinct,
  groupBy,
  mean,
  numbersOf,
  pick,
  quantile,
  sum,
  type Random,
  type RandomTable,
  type Row,
} from './random-table.ts'

/** What the answer must say; computed here without DuckDB. */
export type Expected =
  | { kind: 'figures'; values: number[] }
  | { kind: 'groups'; groups: { keys: string[]; values: number[] }[] }
  | { kind: 'chart'; points: number; highest: number; lowest: number }

export interface Phrasing {
  question: string
  expected: Expected
}

export interface Scene {
  table: RandomTable
  random: Random
}

export type Template = (scene: Scene) => Phrasing

/** A column's name as people write it: as it is, in quotes, or as plain words. */
export function say(name: string, random: Random): string {
  const plain = name
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .replaceAll(/[_.-]+/g, ' ')
    .toLowerCase()
  return pick(random, [name, `"${name}"`, `\`${name}\``, plain, plain])
}

export const sayValue = (value: string, random: Random): string =>
  pick(random, value.includes(' ') ? [`"${value}"`, `'${value}'`] : [value, `"${value}"`])

export const figures = (question: string, ...values: number[]): Phrasing => ({
  question,
  expected: { kind: 'figures', values },
})

export const groups = (
  question: string,
  entries: Iterable<readonly [string, number[]]>,
): Phrasing => ({
  question,
  expected: {
    kind: 'groups',
    groups: [...entries].map(([key, values]) => ({ keys: key.split('\u0000'), values })),
  },
})

export const key = (row: Row, name: string): string => String(row[name] ?? '(empty)')

export const byGroup = (
  rows: readonly Row[],
  name: string,
  measure: (rows: Row[]) => number,
): [string, number[]][] =>
  [...groupBy(rows, (row) => key(row, name))].map(([value, members]) => [value, [measure(members)]])

const valueOf = ([, [value = Number.NaN]]: [string, number[]]): number => value

/** The first `limit` by value, with all that tie with the last of them. */
export function ranked(
  entries: [string, number[]][],
  limit: number,
  sign: 1 | -1,
): [string, number[]][] {
  const kept = entries.filter((entry) => !Number.isNaN(valueOf(entry)))
  return kept.filter(
    (entry) => kept.filter((other) => sign * valueOf(other) > sign * valueOf(entry)).length < limit,
  )
}

const amount = ({ table, random }: Scene): string => pick(random, table.amounts)
export const numeric = ({ table, random }: Scene): string =>
  pick(random, [...table.amounts, table.decimal])

/** Minimum or maximum without spreading, and NaN for nothing. */
const extreme = (values: readonly number[], sign: 1 | -1): number =>
  values.length === 0 ? Number.NaN : sign * Math.max(...values.map((value) => sign * value))

export const NOUNS = ['rows', 'requests', 'records', 'entries', 'calls']

const counting: Template[] = [
  ({ table, random }) =>
    figures(
      pick(random, [
        'How many rows?',
        'How many requests are there?',
        'count the rows',
        'What is the number of records?',
        'total requests',
        'How many entries are in the data?',
      ]),
      table.rows.length,
    ),
  ({ table, random }) => {
    const column = pick(random, table.groups)
    const name = say(column, random)
    return figures(
      pick(random, [
        `How many distinct ${name}?`,
        `count distinct ${name}`,
        `number of unique ${name}`,
        `How many different values of ${name} are there?`,
      ]),
      distinct(table.rows, column),
    )
  },
  ({ table, random }) => {
    const value = pick(random, table.values[0])
    const count = table.rows.filter((row) => row[table.groups[0]] === value).length
    const [noun, name, said] = [
      pick(random, NOUNS),
      say(table.groups[0], random),
      sayValue(value, random),
    ]
    return figures(
      pick(random, [
        `How many ${noun} where ${name} is ${said}?`,
        `How many ${noun} have ${name} = ${said}?`,
        `count ${noun} with ${name} equal to ${said}`,
        `How many ${noun} for ${said}?`,
        `number of ${noun} whose ${name} is ${said}`,
      ]),
      count,
    )
  },
  ({ table, random }) => {
    const value = pick(random, table.values[0])
    const count = table.rows.filter((row) => row[table.groups[0]] !== value).length
    return figures(
      `How many ${pick(random, NOUNS)} where ${say(table.groups[0], random)} ${pick(random, ['is not', '!=', "isn't"])} ${sayValue(value, random)}?`,
      count,
    )
  },
  (scene) => {
    const { table, random } = scene
    const column = numeric(scene)
    const limit = below(random, column === table.amounts[1] ? 40 : 700)
    const [words, test] = pick(random, COMPARISONS)
    const count = numbersOf(table.rows, column).filter((value) => test(value, limit)).length
    const name = say(column, random)
    return figures(
      pick(random, [
        `How many ${pick(random, NOUNS)} with ${name} ${words} ${limit}?`,
        `How many ${pick(random, NOUNS)} where ${name} is ${words} ${limit}?`,
        `number of rows that have ${name} ${words} ${limit}`,
      ]),
      count,
    )
  },
  (scene) => {
    const { table, random } = scene
    const column = numeric(scene)
    const [low, high] = [below(random, 200), 300 + below(random, 500)]
    const count = numbersOf(table.rows, column).filter(
      (value) => value >= low && value <= high,
    ).length
    const name = say(column, random)
    return figures(`How many rows have ${name} between ${low} and ${high}?`, count)
  },
  ({ table, random }) => {
    const wanted = random() < 0.5
    const count = table.rows.filter((row) => row[table.flag] === wanted).length
    return figures(`How many rows where ${say(table.flag, random)} is ${wanted}?`, count)
  },
  ({ table, random }) => {
    const missing = random() < 0.5
    const column = table.groups[1]
    const count = table.rows.filter((row) => (row[column] === null) === missing).length
    return figures(
      `How many rows where ${say(column, random)} is ${missing ? 'empty' : 'not empty'}?`,
      count,
    )
  },
  ({ table, random }) => {
    const value = pick(random, table.values[0])
    const part = value.slice(0, 3)
    const [words, test] = pick(random, [
      ['contains', (text: string) => text.includes(part.toLowerCase())],
      ['starts with', (text: string) => text.startsWith(part.toLowerCase())],
    ] as const)
    const count = table.rows.filter((row) => test(key(row, table.groups[0]).toLowerCase())).length
    return figures(`How many rows where ${say(table.groups[0], random)} ${words} "${part}"?`, count)
  },
]

const COMPARISONS: [string, (value: number, limit: number) => boolean][] = [
  ['more than', (value, limit) => value > limit],
  ['over', (value, limit) => value > limit],
  ['>', (value, limit) => value > limit],
  ['at least', (value, limit) => value >= limit],
  ['≥', (value, limit) => value >= limit],
  ['>=', (value, limit) => value >= limit],
  ['less than', (value, limit) => value < limit],
  ['below', (value, limit) => value < limit],
  ['at most', (value, limit) => value <= limit],
  ['<=', (value, limit) => value <= limit],
]

const FUNCTIONS: [string[], (values: number[]) => number][] = [
  [['total', 'sum of', 'the sum of'], sum],
  [['average', 'mean', 'avg', 'the average value of'], mean],
  [['median', 'the median of'], (values) => quantile(values, 0.5)],
  [['minimum', 'min', 'lowest', 'smallest'], (values) => extreme(values, -1)],
  [['maximum', 'max', 'highest', 'largest'], (values) => extreme(values, 1)],
  [['standard deviation of', 'stddev of'], deviation],
  [['95th percentile of', 'p95 of', 'the 95th percentile of'], (values) => quantile(values, 0.95)],
  [['99.9th percentile of', 'p99.9'], (values) => quantile(values, 0.999)],
  [['10th percentile of', '0.1 quantile of'], (values) => quantile(values, 0.1)],
]

const measuring: Template[] = [
  (scene) => {
    const { table, random } = scene
    const [words, compute] = pick(random, FUNCTIONS)
    const column = numeric(scene)
    const phrase = `${pick(random, words)} ${say(column, random)}`
    return figures(
      pick(random, [`What is ${phrase}?`, phrase, `Show me ${phrase}`, `${phrase}, please`]),
      compute(numbersOf(table.rows, column)),
    )
  },
  (scene) => {
    const { table, random } = scene
    const column = numeric(scene)
    const values = numbersOf(table.rows, column)
    return figures(
      pick(random, [
        `min, max and mean of ${say(column, random)}`,
        `What are the minimum, the maximum and the average ${say(column, random)}?`,
      ]),
      extreme(values, -1),
      extreme(values, 1),
      mean(values),
    )
  },
  ({ table, random }) => {
    const [first, second] = table.amounts
    return figures(
      `How many requests, and ${pick(random, ['what is the total', 'the sum of'])} ${say(first, random)} and ${say(second, random)}?`,
      table.rows.length,
      sum(numbersOf(table.rows, first)),
      sum(numbersOf(table.rows, second)),
    )
  },
  (scene) => {
    const { table, random } = scene
    const column = numeric(scene)
    const value = pick(random, table.values[0])
    const [words, compute] = pick(random, FUNCTIONS)
    const rows = table.rows.filter((row) => row[table.groups[0]] === value)
    return figures(
      `${pick(random, words)} ${say(column, random)} ${pick(random, ['where', 'for', 'with'])} ${say(table.groups[0], random)} is ${sayValue(value, random)}`,
      compute(numbersOf(rows, column)),
    )
  },
  (scene) => {
    const { table, random } = scene
    const column = numeric(scene)
    const [one, other] = [pick(random, table.values[0]), pick(random, table.values[1])]
    const rows = table.rows.filter(
      (row) => row[table.groups[0]] === one && row[table.groups[1]] === other,
    )
    const values = numbersOf(rows, column)
    const question = `total ${say(column, random)} where ${say(table.groups[0], random)} is ${sayValue(one, random)} and ${say(table.groups[1], random)} is ${sayValue(other, random)}`
    return values.length > 0
      ? figures(question, sum(values))
      : figures('How many rows?', table.rows.length)
  },
  ({ table, random }) => {
    const [first, second] = table.amounts
    return figures(
      `ratio of ${say(second, random)} to ${say(first, random)}`,
      sum(numbersOf(table.rows, second)) / sum(numbersOf(table.rows, first)),
    )
  },
]

const grouping: Template[] = [
  ({ table, random }) => {
    const column = pick(random, table.groups)
    const name = say(column, random)
    return groups(
      pick(random, [
        `How many rows by ${name}?`,
        `rows per ${name}`,
        `count of requests for each ${name}`,
        `number of requests grouped by ${name}`,
      ]),
      byGroup(table.rows, column, (rows) => rows.length),
    )
  },
  (scene) => {
    const { table, random } = scene
    const column = pick(random, table.groups)
    const measured = numeric(scene)
    const [words, compute] = pick(random, FUNCTIONS.slice(0, 5))
    return groups(
      `${pick(random, words.slice(0, 2))} ${say(measured, random)} ${pick(random, ['by', 'per', 'for each', 'broken down by'])} ${say(column, random)}`,
      byGroup(table.rows, column, (rows) => compute(numbersOf(rows, measured))),
    )
  },
  ({ table, random }) => {
    const [first, second] = table.groups
    const entries = groupBy(table.rows, (row) => `${key(row, first)}\u0000${key(row, second)}`)
    return groups(
      `How many rows by ${say(first, random)} and ${say(second, random)}?`,
      [...entries].map(([name, rows]) => [name, [rows.length]] as const),
    )
  },
  (scene) => {
    const { table, random } = scene
    const limit = 1 + below(random, 3)
    const column = table.groups[0]
    const measured = numeric(scene)
    const [words, sign] = pick(random, [
      ['top', 1],
      ['bottom', -1],
    ] as const)
    return groups(
      `${words} ${limit} ${say(column, random)} by ${pick(random, ['total', 'sum of'])} ${say(measured, random)}`,
      ranked(
        byGroup(table.rows, column, (rows) => sum(numbersOf(rows, measured))),
        limit,
        sign,
      ),
    )
  },
  ({ table, random }) => {
    const column = table.groups[0]
    const [words, sign] = pick(random, [
      ['most', 1],
      ['fewest', -1],
    ] as const)
    return groups(
      `Which ${say(column, random)} has the ${words} ${pick(random, NOUNS)}?`,
      ranked(
        byGroup(table.rows, column, (rows) => rows.length),
        1,
        sign,
      ),
    )
  },
  (scene) => {
    const { table, random } = scene
    const column = table.groups[0]
    const measured = numeric(scene)
    return groups(
      `Which ${say(column, random)} has the ${pick(random, ['highest', 'largest'])} average ${say(measured, random)}?`,
      ranked(
        byGroup(table.rows, column, (rows) => mean(numbersOf(rows, measured))),
        1,
        1,
      ),
    )
  },
  (scene) => {
    const { table, random } = scene
    const column = table.groups[0]
    const measured = numeric(scene)
    const [one = '', other = ''] = table.values[0]
    const rows = table.rows.filter((row) => row[column] === one || row[column] === other)
    const [first, second] = [sayValue(one, random), sayValue(other, random)]
    return groups(
      pick(random, [
        `compare ${first} and ${second} by average ${say(measured, random)}`,
        `average ${say(measured, random)} of ${first} vs ${second}`,
      ]),
      byGroup(rows, column, (members) => mean(numbersOf(members, measured))),
    )
  },
]

export const day = (row: Row, time: string): string => String(row[time]).slice(0, 10)
export const hour = (row: Row, time: string): string => `${String(row[time]).slice(0, 13)}:00:00`

const timing: Template[] = [
  ({ table, random }) =>
    groups(
      pick(random, [
        'requests per day',
        'How many rows by day?',
        'daily requests',
        'number of calls each day',
      ]),
      [...groupBy(table.rows, (row) => day(row, table.time))].map(
        ([at, rows]) => [at, [rows.length]] as const,
      ),
    ),
  (scene) => {
    const { table, random } = scene
    const column = numeric(scene)
    return groups(
      `total ${say(column, random)} per ${pick(random, ['hour', 'hour'])}`,
      [...groupBy(table.rows, (row) => hour(row, table.time))].map(
        ([at, rows]) => [at, [sum(numbersOf(rows, column))]] as const,
      ),
    )
  },
  ({ table, random }) => {
    const date = `2024-05-${10 + below(random, 3)}`
    const [words, test] = pick(random, [
      ['on', (at: string) => at === date],
      ['after', (at: string) => at > date],
      ['before', (at: string) => at < date],
      ['since', (at: string) => at >= date],
    ] as const)
    return figures(
      `How many requests ${words} ${date}?`,
      table.rows.filter((row) => test(day(row, table.time))).length,
    )
  },
  ({ table, random }) => {
    const [low, high] = [`0${8 + below(random, 2)}:30`, `1${1 + below(random, 2)}:15`]
    const clock = (row: Row): string => String(row[table.time]).slice(11)
    return figures(
      `How many requests between ${low} and ${high}?`,
      table.rows.filter((row) => clock(row) >= `${low}:00` && clock(row) <= `${high}:00`).length,
    )
  },
  ({ table, random }) => {
    const counts = [...groupBy(table.rows, (row) => hour(row, table.time)).values()].map(
      (rows) => rows.length,
    )
    return {
      question: pick(random, [
        'requests per hour as a chart',
        'plot requests per hour',
        'Show me a line chart of rows by hour',
        'graph the requests by hour',
      ]),
      expected: {
        kind: 'chart',
        points: counts.length,
        highest: extreme(counts, 1),
        lowest: extreme(counts, -1),
      },
    }
  },
  (scene) => {
    const { table, random } = scene
    const column = table.groups[0]
    const measured = numeric(scene)
    const values = byGroup(table.rows, column, (rows) => mean(numbersOf(rows, measured))).flatMap(
      ([, [value = Number.NaN]]) => (Number.isNaN(value) ? [] : [value]),
    )
    return {
      question: `${pick(random, ['plot', 'chart'])} average ${say(measured, random)} by ${say(column, random)}`,
      expected: {
        kind: 'chart',
        points: values.length,
        highest: extreme(values, 1),
        lowest: extreme(values, -1),
      },
    }
  },
]

const TEMPLATES: Template[] = [...counting, ...measuring, ...measuring, ...grouping, ...timing]

/** One phrasing of each template over one table. */
export const phrasingsFor = (table: RandomTable, random: Random): Phrasing[] =>
  TEMPLATES.map((template) => template({ table, random }))

/** Questions that have no certain answer over any such table. */
export function refusedFor(table: RandomTable, random: Random): string[] {
  const [one, other] = table.groups.map((name) => say(name, random))
  const number = say(amount({ table, random }), random)
  const value = sayValue(table.values[0][0] ?? '', random)
  return [
    'average zqxwv',
    `average zqxwv by ${one}`,
    `total ${number} by zqxwv`,
    `How many rows where zqxwv is ${value}?`,
    `How many rows where ${one} is zqxwv?`,
    'How many zqxwv rows?',
    `total ${number} for zqxwv`,
    `median of ${one}`,
    `sum of ${table.time}`,
    number,
    one ?? '',
    `What is the trend of ${number}?`,
    `Predict ${number} for tomorrow`,
    `correlation of ${number} and ${say(table.decimal, random)}`,
    `How many rows today?`,
    `requests last week`,
    `How many rows where ${one} is ${value} or ${other} is empty?`,
    `How many rows where ${one} is ${value} and ${one} is ${sayValue(table.values[0][1] ?? '', random)}?`,
    `How many rows where ${one} > 5`,
    `How many rows where ${number} is ${value}?`,
    `150th percentile of ${number}`,
    `percentile of ${number}`,
    `top 5 by ${number}`,
    `rows by ${say(table.decimal, random)}`,
    `${number} minus ${say(table.decimal, random)}`,
    `${number} / ${say(table.decimal, random)}`,
    `running total of ${number}`,
    `Who is the best ${one}?`,
    `Why is ${number} so high?`,
    `What is the weather in Paris?`,
    `Write a poem about ${one}`,
    `delete all rows where ${one} is ${value}`,
    `chart of ${number}`,
    `rows by ${one} and ${other} as a chart`,
    `total ${number} with flavour`,
    `How many rows at 12:00?`,
    `How many rows with 5?`,
    `How many rows over 5?`,
    `colourless green ideas sleep furiously`,
    `the average`,
    `by ${one}`,
    `as a chart`,
    `the same for ${number}`,
    `average ${number} times two`,
    `How many rows have the wrong ${one}?`,
  ]
}
